import type { AnswerChoice, LlmAnswer } from "../../../src/llm/answer.ts";
import type { FinishReason } from "../../../src/llm/event.ts";
import type { OutputPart } from "../../../src/llm/request.ts";
import type { Signature } from "../../../src/llm/signature.ts";

const END: FinishReason = { unified: "stop", raw: "any" };
const USAGE = { inputTokens: 7, cacheReadTokens: 5, cacheWriteTokens: 0, outputTokens: 11, reasoningTokens: 2 };

/** An answer as far as it can be told apart: vendors' own words and ids are no part of what it says. */
export interface Told {
  readonly choices: readonly { readonly parts: readonly OutputPart[]; readonly finish: object }[];
  readonly usage: LlmAnswer["usage"];
}

export function toldBy({ choices, usage }: LlmAnswer): Told {
  return {
    choices: choices.map(({ parts, finish: { raw: _raw, ...finish } }) => ({
      parts: parts.map(withoutItemId),
      finish,
    })),
    usage,
  };
}

/** OpenAI's id of the item that a signature stood in, which every written item has. */
export function withoutItemId(part: OutputPart): OutputPart {
  if (!("signature" in part) || !part.signature) return part;
  return { ...part, signature: { vendor: part.signature.vendor, value: part.signature.value } };
}

/** Everything that the neutral answer has a place for, by name. */
export function answerCases(signature: Signature): Readonly<Record<string, LlmAnswer>> {
  const text = { type: "text", text: "Grüße 🦊" } as const;
  const call = { type: "tool_call", id: "c1", name: "f", arguments: '{"a":[1,"ü"]}', signature: null } as const;
  const thought = { type: "reasoning", text: "plan", signature, redacted: false } as const;
  const media = { source: { kind: "data", base64: "AAAA" }, name: null, detail: null } as const;
  const calling: FinishReason = { unified: "tool_calls", raw: "any" };
  const citation = { url: "https://a", title: "A", citedText: null, start: 0, end: 5 };
  return {
    nothing: answer([]),
    text: answer([text]),
    "thoughts, signed": answer([thought, text]),
    "thoughts, not signed": answer([{ ...thought, signature: null }, text]),
    "thoughts without words": answer([{ ...thought, text: "" }, text]),
    "thoughts, withheld": answer([{ ...thought, text: "", redacted: true }, text]),
    "thoughts on the way": answer(
      [thought, call, { ...thought, text: "then", signature: { ...signature, value: "S2" } }, { ...call, id: "c2" }],
      calling,
    ),
    "text, signed": answer([{ ...text, signature }]),
    "text with sources": answer([{ ...text, citations: [citation] }]),
    "a call": answer([call], calling),
    "a call, signed": answer([{ ...call, signature }], calling),
    "a call without arguments": answer([{ ...call, arguments: "{}" }], calling),
    "parallel calls behind text": answer([text, call, { ...call, id: "c2", name: "g" }], calling),
    "text behind a call": answer([call, text], calling),
    "a refusal in words": answer([{ type: "refusal", text: "no" }]),
    "a picture": answer([{ type: "image", mediaType: "image/png", ...media }]),
    sound: answer([{ type: "audio", mediaType: "audio/wav", ...media }]),
    "several answers": several([
      { parts: [text], finish: END },
      { parts: [{ ...text, text: "b" }], finish: END },
    ]),
    "its end: length": answer([text], { unified: "length", raw: "any" }),
    "its end: content_filter": answer([text], { unified: "content_filter", raw: "any" }),
    "its end: refusal": answer([], { unified: "refusal", raw: "any", explanation: "why" }),
    "its end: pause": answer([text], { unified: "pause", raw: "any" }),
    "its end: other": answer([text], { unified: "other", raw: "any" }),
    "the stop sequence": answer([text], { unified: "stop", raw: "any", stopSequence: "END" }),
    "usage with tokens written to a cache": { ...answer([text]), usage: { ...USAGE, cacheWriteTokens: 3 } },
  };
}

function answer(parts: readonly OutputPart[], finish = END): LlmAnswer {
  return several([{ parts, finish }]);
}

function several(choices: readonly AnswerChoice[]): LlmAnswer {
  return { id: null, model: null, choices, usage: USAGE, rawUsage: null };
}
