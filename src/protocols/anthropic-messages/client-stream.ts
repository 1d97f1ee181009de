import type { BlockStart, FinishReason, LlmEvent } from "../../llm/event.ts";
import { sequential } from "../../llm/sequence.ts";
import { packSignature, placeOfCall, type Signature, writeSignature } from "../../llm/signature.ts";
import type { Usage } from "../../llm/usage.ts";
import type { AnswerContext, StreamEncoder } from "../codec.ts";
import {
  citationShape,
  deltaUsageShape,
  mediaNote,
  messageDeltaShape,
  messageShape,
  NOT_STOPPED,
  toolUseShape,
  UNSIGNED,
  usageShape,
} from "./answer-shape.ts";
import { writeStop } from "./finish.ts";

/** The neutral block that is being written. Its wire block opens with its first content: the format refuses empty ones. */
interface Current {
  readonly start: BlockStart;
  isOpen: boolean;
  /** A tool call's first piece, held until it is known whether a signature comes: Gemini's calls come whole, then signed. */
  firstPiece: string | null;
  /** The reasoning's own, a text's that came before it, or another's that came when the wire block was open already. */
  signature: Signature | null;
}

const NOTHING: FinishReason = { unified: "other", raw: null };

/**
 * Writes a Messages stream: message_start, one block after the other, one message_delta with usage, message_stop. Usage may come
 * after the finish, so the last two wait for `end`.
 */
export function encodeStream(context: AnswerContext): StreamEncoder {
  const inOrder = sequential();
  const ignored = new Set<number>();
  let hasBegun = false;
  let hasFailed = false;
  /** Index of the newest wire block. */
  let index = -1;
  let current: Current | null = null;
  /** A thinking block is open on the wire that nobody has signed: what follows may have a signature to carry in it. */
  let isUnsealed = false;
  let hasCalls = false;
  let refusal: string | null = null;
  let finish: FinishReason | null = null;
  let usage: Usage | null = null;
  let out = "";

  const open = (block: unknown) => {
    index++;
    out += frame("content_block_start", { index, content_block: block });
  };
  const delta = (type: string, field: string, text: string) => {
    out += `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":{"type":"${type}","${field}":${JSON.stringify(text)}}}\n\n`;
  };
  const close = () => {
    out += frame("content_block_stop", { index });
  };
  const begin = () => {
    if (hasBegun) return;
    hasBegun = true;
    out += frame("message_start", {
      message: {
        ...messageShape(context),
        content: [],
        ...NOT_STOPPED,
        container: null,
        diagnostics: null,
        usage: usageShape(null),
      },
    });
  };
  /** Ends the open thinking block with the signature it gets, in one delta: a second one would overwrite it (wire.md 1). */
  const seal = (signature: string) => {
    delta("signature_delta", "signature", signature);
    close();
    isUnsealed = false;
  };
  const settle = () => {
    if (isUnsealed) seal(UNSIGNED);
  };
  const openThinking = () => {
    settle();
    open({ type: "thinking", thinking: "", signature: "" });
  };
  const carry = (signature: string) => {
    if (!isUnsealed) openThinking();
    seal(signature);
  };
  /** Opens the current block's wire block, once. */
  const ensureOpen = (block: Current) => {
    if (block.isOpen) return;
    block.isOpen = true;
    const { start, signature } = block;
    if (start.kind === "text" && signature !== null) {
      carry(packSignature(signature, "next"));
      block.signature = null;
    }
    settle();
    if (start.kind === "reasoning") openThinking();
    else if (start.kind === "tool_call") {
      open(toolUseShape(start.id, start.name, {}));
      if (block.firstPiece !== null) delta("input_json_delta", "partial_json", block.firstPiece);
    } else open({ type: "text", text: "", citations: null });
  };

  const onStart = (start: BlockStart) => {
    current = { start, isOpen: false, firstPiece: null, signature: null };
    if (start.kind === "tool_call") hasCalls = true;
    if (start.kind !== "media") return;
    ensureOpen(current);
    delta("text_delta", "text", mediaNote(start.mediaType));
  };
  const onDelta = (block: Current, text: string) => {
    switch (block.start.kind) {
      case "tool_call":
        if (!block.isOpen && block.firstPiece === null) {
          block.firstPiece = text;
          return;
        }
        ensureOpen(block);
        delta("input_json_delta", "partial_json", text);
        return;
      case "reasoning":
        ensureOpen(block);
        delta("thinking_delta", "thinking", text);
        return;
      case "refusal":
        refusal = (refusal ?? "") + text;
        break;
      default:
    }
    ensureOpen(block);
    delta("text_delta", "text", text);
  };
  const onSignature = (block: Current, signature: Signature) => {
    const { start } = block;
    if (start.kind === "reasoning" || block.isOpen) block.signature = signature;
    else if (start.kind === "tool_call") carry(packSignature(signature, placeOfCall(start.id)));
    else if (start.kind === "text") block.signature = signature; // there may be no text at all
  };
  const onEnd = (block: Current) => {
    const { start, signature } = block;
    current = null;
    if (start.kind === "reasoning") {
      endReasoning(block, start.redacted);
      return;
    }
    if (start.kind === "tool_call") ensureOpen(block);
    if (block.isOpen) close();
    if (signature === null) return;
    if (start.kind === "tool_call") carry(packSignature(signature, placeOfCall(start.id)));
    else if (start.kind === "text") carry(packSignature(signature, block.isOpen ? "previous" : "empty_text"));
  };
  const endReasoning = (block: Current, isRedacted: boolean) => {
    const { signature } = block;
    if (isRedacted && !block.isOpen) {
      if (signature === null) return;
      settle();
      open({ type: "redacted_thinking", data: writeSignature(signature, "anthropic") });
      close();
    } else if (signature !== null) {
      ensureOpen(block);
      seal(writeSignature(signature, "anthropic"));
    } else isUnsealed = block.isOpen || isUnsealed;
  };

  const write = (event: LlmEvent) => {
    begin();
    switch (event.type) {
      case "start":
        break;
      case "block_start":
        onStart(event);
        break;
      case "delta":
        if (current !== null) onDelta(current, event.text);
        break;
      case "signature":
        if (current !== null) onSignature(current, event.signature);
        break;
      case "citation":
        if (current === null) break;
        ensureOpen(current);
        out += frame("content_block_delta", {
          index,
          delta: { type: "citations_delta", citation: citationShape(event.citation) },
        });
        break;
      case "block_end":
        if (current !== null) onEnd(current);
        break;
      case "usage":
        usage = event.usage;
        break;
      case "finish":
        if (event.choice === 0) finish = event.reason;
        break;
      case "error":
        break;
    }
  };
  const take = () => {
    const text = out;
    out = "";
    return text;
  };

  return {
    sequence: 0,
    push: (event) => {
      if (hasFailed) return "";
      if (event.type === "error") {
        hasFailed = true;
        return "";
      }
      // One answer is all this format has; others of the same stream are left out.
      if (event.type === "block_start" && event.choice !== 0) ignored.add(event.block);
      if ("block" in event && ignored.has(event.block)) return "";
      for (const ordered of inOrder(event)) write(ordered);
      return take();
    },
    end: () => {
      begin();
      settle();
      const stop = writeStop(finish ?? NOTHING, { hasCalls, refusal });
      out += frame("message_delta", { delta: messageDeltaShape(stop), usage: deltaUsageShape(usage) });
      out += frame("message_stop", {});
      return take();
    },
  };
}

/** The SDK drops frames without an event name (wire.md 1). */
function frame(type: string, fields: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}
