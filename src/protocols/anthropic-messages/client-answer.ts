import type { LlmAnswer } from "../../llm/answer.ts";
import type { FinishReason } from "../../llm/event.ts";
import type { OutputPart } from "../../llm/request.ts";
import { packSignature, placeOfCall, type Signature, writeSignature } from "../../llm/signature.ts";
import type { AnswerContext } from "../codec.ts";
import { citationShape, mediaNote, messageShape, toolUseShape, UNSIGNED, usageShape } from "./answer-shape.ts";
import { writeStop } from "./finish.ts";
import { readInput } from "./tool-input.ts";

type Block = Record<string, unknown>;

const NOTHING: FinishReason = { unified: "other", raw: null };

/** A message object; of several choices the first, since this format has one. */
export function encodeAnswer(answer: LlmAnswer, context: AnswerContext): unknown {
  const choice = answer.choices[0];
  const parts = choice?.parts ?? [];
  const refusals = parts.flatMap((part) => (part.type === "refusal" ? [part.text] : []));
  return {
    ...messageShape(context),
    content: contentOf(parts),
    ...writeStop(choice?.finish ?? NOTHING, {
      hasCalls: parts.some(({ type }) => type === "tool_call"),
      refusal: refusals.length === 0 ? null : refusals.join(""),
    }),
    container: null,
    diagnostics: null,
    usage: usageShape(answer.usage),
  };
}

function contentOf(parts: readonly OutputPart[]): Block[] {
  const blocks: Block[] = [];
  /** Puts another's signature into the thinking block right before, when nobody signed that, else into one of its own. */
  const carry = (signature: string) => {
    const last = blocks.at(-1);
    if (last?.type === "thinking" && last.signature === UNSIGNED) last.signature = signature;
    else blocks.push({ type: "thinking", thinking: "", signature });
  };
  for (const part of parts) {
    switch (part.type) {
      case "text":
        if (part.signature !== undefined)
          carry(packSignature(part.signature, part.text === "" ? "empty_text" : "next"));
        if (part.text !== "") blocks.push(textBlock(part.text, part.citations?.map(citationShape)));
        break;
      case "refusal":
        if (part.text !== "") blocks.push(textBlock(part.text));
        break;
      case "reasoning":
        if (part.redacted) {
          if (part.signature !== null) blocks.push(redactedBlock(writeSignature(part.signature, "anthropic")));
        } else if (part.text !== "" || part.signature !== null) {
          blocks.push({ type: "thinking", thinking: part.text, signature: sign(part.signature) });
        }
        break;
      case "tool_call":
        if (part.signature !== null) carry(packSignature(part.signature, placeOfCall(part.id)));
        blocks.push(toolUseShape(part.id, part.name, readInput(part.arguments)));
        break;
      default:
        blocks.push(textBlock(mediaNote(part.mediaType)));
    }
  }
  return blocks;
}

function sign(signature: Signature | null): string {
  return signature === null ? UNSIGNED : writeSignature(signature, "anthropic");
}

function textBlock(text: string, citations?: readonly unknown[]): Block {
  return { type: "text", text, citations: citations === undefined || citations.length === 0 ? null : citations };
}

function redactedBlock(data: string): Block {
  return { type: "redacted_thinking", data };
}
