import { describe, expect, test } from "bun:test";
import { foldEvents, type LlmAnswer } from "../../../src/llm/answer.ts";
import type { LlmEvent } from "../../../src/llm/event.ts";
import { EMPTY_REQUEST, type LlmRequest, type OutputPart } from "../../../src/llm/request.ts";
import { responsesClient, responsesUpstream } from "../../../src/protocols/openai-responses/codec.ts";
import { seededRandom } from "../../support/random.ts";
import { withoutPaths } from "../without-paths.ts";
import {
  answerContext,
  called,
  cited,
  decodeContext,
  drawn,
  ended,
  refused,
  said,
  started,
  thought,
  upstreamTarget,
  used,
} from "./fixtures.ts";
import { writeStream } from "./ladder.ts";

/** What one side writes the other reads: nothing that the format can carry is lost between them. */

const RUNS = 200;

function randomAnswer(random: () => number): LlmEvent[] {
  const below = (count: number) => Math.floor(random() * count);
  const words = () => Array.from({ length: 1 + below(3) }, () => ["a", "é🦊", "\n\n", '"', "</x>"][below(5)]!);
  const blocks: LlmEvent[][] = Array.from({ length: below(6) }, (_, block) => {
    switch (below(6)) {
      case 0:
        return thought(block, words(), {
          type: "signature",
          block,
          signature: { vendor: "openai", value: `g${block}` },
        });
      case 1:
        return thought(block, words());
      case 2:
        return called(block, `call_${block}`, "f", ['{"x":', `${block}`, "}"]);
      case 3:
        return refused(block, words());
      case 4:
        return drawn(block, "image/png", `AAA${block}`);
      default:
        return said(block, words(), cited(block, { title: "T", start: 0, end: 1 }));
    }
  });
  return [started, ...interleave(blocks, below), ended(blocks.length % 2 === 0 ? "stop" : "length"), used];
}

/** Blocks begin in their order and may run side by side. */
function interleave(blocks: readonly LlmEvent[][], below: (count: number) => number): LlmEvent[] {
  const out: LlmEvent[] = [];
  const open: LlmEvent[][] = [];
  let next = 0;
  while (next < blocks.length || open.length > 0) {
    if (next < blocks.length && (open.length === 0 || below(3) === 0)) open.push([...blocks[next++]!]);
    const chosen = below(open.length);
    out.push(open[chosen]!.shift()!);
    if (open[chosen]!.length === 0) open.splice(chosen, 1);
  }
  return out;
}

/** What neither loses: OpenAI's items give their id to a signature that had none; an empty answer has an empty text. */
const comparable = (answer: LlmAnswer) => ({
  usage: answer.usage,
  choices: answer.choices.map(({ parts, finish }) => ({
    finish: finish.unified === "tool_calls" ? "stop" : finish.unified,
    parts: parts.map((part: OutputPart) => {
      if (part.type !== "reasoning" || part.signature === null) return part;
      return { ...part, signature: { vendor: part.signature.vendor, value: part.signature.value } };
    }),
  })),
});
const fold = (events: readonly LlmEvent[]): LlmAnswer => {
  const folded = foldEvents(events);
  if (folded.kind !== "answer") throw new Error(folded.kind);
  return folded.answer;
};

describe("an answer that is written and read again", () => {
  test("is the same, streamed or whole", () => {
    for (let seed = 1; seed <= RUNS; seed++) {
      const events = randomAnswer(seededRandom(seed));
      const expected = { seed, ...comparable(fold(events)) };
      const decoder = responsesUpstream.decodeStream(decodeContext());
      const frames = writeStream(events, answerContext());
      const read = frames.flatMap((frame) => decoder.push(frame.type, JSON.stringify(frame)));
      expect({ seed, ...comparable(fold(read)) }).toEqual(expected);
      expect(decoder.end()).toEqual([]);
      const whole = responsesClient.encodeAnswer(fold(events), answerContext());
      const again = responsesUpstream.decodeAnswer(JSON.parse(JSON.stringify(whole)), decodeContext());
      expect({ seed, ...comparable(again) }).toEqual(expected);
    }
  });

  test("is the same as a part of the next request", () => {
    for (let seed = 1; seed <= RUNS; seed++) {
      const answer = fold(randomAnswer(seededRandom(seed)));
      const { output } = responsesClient.encodeAnswer(answer, answerContext()) as { output: unknown[] };
      const request = withoutPaths(
        responsesClient.decodeRequest({ model: "m", input: output }, { model: null, stream: false }),
      );
      const withoutCitations = answer.choices[0]!.parts.map((part) => {
        if (part.type !== "text") return part;
        return { type: "text", text: part.text };
      });
      const parts = request.messages.flatMap((message) => (message.role === "assistant" ? message.parts : []));
      const bare = parts.map((part) =>
        part.type === "reasoning" && part.signature !== null
          ? { ...part, signature: { vendor: part.signature.vendor, value: part.signature.value } }
          : part,
      );
      expect({ seed, parts: bare }).toEqual({ seed, parts: withoutCitations as never });
    }
  });
});

test("a request that is written and read again keeps every field that the format has", () => {
  const request: LlmRequest = {
    ...EMPTY_REQUEST,
    model: "gpt-6-astra",
    stream: true,
    system: [{ type: "text", text: "be brief" }],
    messages: [
      {
        role: "user",
        parts: [
          { type: "text", text: "look" },
          {
            type: "image",
            mediaType: "image/png",
            source: { kind: "data", base64: "AAAA" },
            name: null,
            detail: "high",
          },
          { type: "image", mediaType: null, source: { kind: "url", url: "https://x" }, name: null, detail: "auto" },
          {
            type: "file",
            mediaType: "application/pdf",
            source: { kind: "data", base64: "AAAA" },
            name: "a.pdf",
            detail: null,
          },
          { type: "file", mediaType: null, source: { kind: "file_id", id: "file-1" }, name: null, detail: null },
        ],
      },
      { role: "developer", parts: [{ type: "text", text: "by the way" }] },
      {
        role: "assistant",
        parts: [
          {
            type: "reasoning",
            text: "hm",
            signature: { vendor: "openai", value: "gAAA", id: "rs_1" },
            redacted: false,
          },
          { type: "text", text: "a" },
          { type: "refusal", text: "b" },
          { type: "tool_call", id: "c1", name: "f", arguments: '{"x":1}', signature: null },
        ],
      },
      {
        role: "tool",
        results: [{ callId: "c1", name: null, parts: [{ type: "text", text: "18" }], isError: false }],
      },
      { role: "user", parts: [{ type: "text", text: "go on" }] },
    ],
    tools: [{ name: "f", description: "d", parameters: { type: "object" }, strict: true }],
    hostedTools: [{ kind: "web_search", type: "web_search", raw: { type: "web_search" }, path: "tools[1]" }],
    toolChoice: { type: "allowed", names: ["f"], required: true },
    parallelToolCalls: false,
    maxOutputTokens: 100,
    reasoning: { effort: "high", budgetTokens: null, visible: true },
    responseFormat: { type: "json_schema", name: "n", description: "d", schema: { type: "object" }, strict: true },
    verbosity: "low",
    user: "u",
    metadata: { a: "b" },
    serviceTier: "flex",
    promptCacheKey: "k",
  };
  const { body, dropped } = responsesUpstream.encodeRequest(request, upstreamTarget());
  expect(dropped).toEqual([]);
  const again = withoutPaths(
    responsesClient.decodeRequest(JSON.parse(JSON.stringify(body)), { model: null, stream: false }),
  );
  // A list of allowed functions leaves OpenAI's own tools out.
  expect(again).toEqual({ ...request, hostedTools: [] });
});
