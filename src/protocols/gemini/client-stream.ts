import type { BlockStart, FinishReason, LlmEvent } from "../../llm/event.ts";
import type { Citation } from "../../llm/request.ts";
import { sequential } from "../../llm/sequence.ts";
import type { Signature } from "../../llm/signature.ts";
import type { Usage } from "../../llm/usage.ts";
import type { AnswerContext, StreamEncoder } from "../codec.ts";
import { thoughtSignature, type WrittenPart, writePart } from "./answer-parts.ts";
import { finishFields } from "./client-answer.ts";
import { writeGrounding } from "./grounding.ts";
import { writeGeminiUsage } from "./usage.ts";

interface Choice {
  readonly inOrder: (event: LlmEvent) => readonly LlmEvent[];
  /** Parts that went out, to number the one that citations mean. */
  blocks: number;
  isBroken: boolean;
  finish: FinishReason | null;
  grounding: Record<string, unknown> | null;
}

interface OpenBlock {
  readonly start: BlockStart;
  text: string;
  signature: Signature | null;
  readonly citations: Citation[];
}

/**
 * A GenerateContentResponse for each piece, as data-only frames. Gemini's streams carry calls whole (`partialArgs` is not in the
 * Gemini API, SDK typing), so a call waits for its end; finish reasons and usage wait for the last frame.
 */
export function encodeGeminiStream(context: AnswerContext): StreamEncoder {
  const choices = new Map<number, Choice>();
  const blocks = new Map<number, { readonly choice: Choice; readonly index: number }>();
  const open = new Map<number, OpenBlock>();
  let usage: Usage | null = null;
  const tail = `,"modelVersion":${JSON.stringify(context.model)},"responseId":${JSON.stringify(context.requestId)}}\n\n`;

  const choiceOf = (index: number): Choice => {
    let choice = choices.get(index);
    if (choice === undefined) {
      choice = { inOrder: sequential(), blocks: 0, isBroken: false, finish: null, grounding: null };
      choices.set(index, choice);
    }
    return choice;
  };
  const frame = (part: WrittenPart, index: number) =>
    `data: {"candidates":[{"content":{"parts":[${JSON.stringify(part)}],"role":"model"},"index":${index}}]${tail}`;

  const write = (event: LlmEvent, choice: Choice, index: number): string => {
    switch (event.type) {
      case "block_start":
        open.set(event.block, { start: event, text: "", signature: null, citations: [] });
        return "";
      case "delta": {
        const block = open.get(event.block);
        if (block === undefined) return "";
        block.text += event.text;
        if (block.start.kind === "tool_call") return "";
        return frame(
          block.start.kind === "reasoning" ? { text: event.text, thought: true } : { text: event.text },
          index,
        );
      }
      case "signature":
      case "citation": {
        const block = open.get(event.block);
        if (event.type === "signature" && block !== undefined) block.signature = event.signature;
        if (event.type === "citation") block?.citations.push(event.citation);
        return "";
      }
      case "block_end": {
        const block = open.get(event.block);
        open.delete(event.block);
        return block === undefined
          ? ""
          : endBlock(block, choice)
              .map((part) => frame(part, index))
              .join("");
      }
      default:
        return "";
    }
  };

  return {
    sequence: 0,
    push(event) {
      if (event.type === "usage") usage = event.usage;
      if (event.type === "finish") choiceOf(event.choice).finish = event.reason;
      if (!("block" in event)) return "";
      if (event.type === "block_start")
        blocks.set(event.block, { choice: choiceOf(event.choice), index: event.choice });
      const place = blocks.get(event.block);
      if (place === undefined) return "";
      let out = "";
      for (const each of place.choice.inOrder(event)) out += write(each, place.choice, place.index);
      return out;
    },
    end() {
      const candidates = [...choices]
        .sort(([a], [b]) => a - b)
        .flatMap(([index, { finish, isBroken, grounding }]) =>
          finish === null
            ? []
            : [
                {
                  content: { parts: [{ text: "" }], role: "model" },
                  ...finishFields(finish, isBroken),
                  index,
                  ...(grounding === null ? {} : { groundingMetadata: grounding }),
                },
              ],
        );
      const counts = usage === null ? "" : `,"usageMetadata":${JSON.stringify(writeGeminiUsage(usage))}`;
      return `data: {"candidates":${JSON.stringify(candidates)}${counts}${tail}`;
    },
  };
}

/** What is left to send of a block: a call or a picture whole, for text and thoughts only the signature. */
function endBlock({ start, text, signature, citations }: OpenBlock, choice: Choice): readonly WrittenPart[] {
  const partIndex = choice.blocks++;
  if (citations.length > 0) choice.grounding = writeGrounding(citations, text, partIndex);
  switch (start.kind) {
    case "text":
    case "refusal":
      return signature === null ? [] : [{ text: "", ...thoughtSignature(signature) }];
    case "reasoning":
      return signature === null ? [] : [{ text: "", thought: true, ...thoughtSignature(signature, start.redacted) }];
    case "tool_call": {
      const parts = writePart({ type: "tool_call", id: start.id, name: start.name, arguments: text, signature });
      if (parts.length === 0) choice.isBroken = true;
      return parts;
    }
    case "media":
      return writePart({
        type: "file",
        mediaType: start.mediaType,
        source: { kind: "data", base64: start.base64 },
        name: null,
        detail: null,
        ...(signature === null ? {} : { signature }),
      });
  }
}
