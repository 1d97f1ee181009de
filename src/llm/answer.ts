import type { FinishReason, LlmEvent } from "./event.ts";
import type { GatewayErrorLike } from "./failure.ts";
import { kindOfMedia } from "./media-type.ts";
import type { Citation, MediaPart, OutputPart } from "./request.ts";
import type { Signature } from "./signature.ts";
import type { Usage } from "./usage.ts";

/** A whole answer: the fold of its events. */
export interface LlmAnswer {
  readonly id: string | null;
  readonly model: string | null;
  readonly choices: readonly AnswerChoice[];
  readonly usage: Usage | null;
  /** The vendor's usage object, as it came. */
  readonly rawUsage: unknown;
}

export interface AnswerChoice {
  readonly parts: readonly OutputPart[];
  readonly finish: FinishReason;
}

export type Folded =
  | { readonly kind: "answer"; readonly answer: LlmAnswer }
  | { readonly kind: "error"; readonly error: GatewayErrorLike }
  /** The events ended before every choice was finished. */
  | { readonly kind: "truncated" };

interface OpenBlock {
  readonly start: Extract<LlmEvent, { type: "block_start" }>;
  text: string;
  signature: Signature | null;
  readonly citations: Citation[];
}

/** Folds a stream into one answer. Pieces are joined as they are: nothing is trimmed or repaired. */
export function foldEvents(events: Iterable<LlmEvent>): Folded {
  let id: string | null = null;
  let model: string | null = null;
  let usage: Usage | null = null;
  let rawUsage: unknown = null;
  const blocks = new Map<number, OpenBlock>();
  const finishes = new Map<number, FinishReason>();
  for (const event of events) {
    switch (event.type) {
      case "start":
        ({ id, model } = event);
        break;
      case "block_start":
        blocks.set(event.block, { start: event, text: "", signature: null, citations: [] });
        break;
      case "delta": {
        const block = blocks.get(event.block);
        if (block !== undefined) block.text += event.text;
        break;
      }
      case "signature": {
        const block = blocks.get(event.block);
        if (block !== undefined) block.signature = event.signature;
        break;
      }
      case "citation":
        blocks.get(event.block)?.citations.push(event.citation);
        break;
      case "block_end":
        break;
      case "usage":
        usage = event.usage;
        rawUsage = event.raw;
        break;
      case "finish":
        finishes.set(event.choice, event.reason);
        break;
      case "error":
        return { kind: "error", error: event.error };
    }
  }
  const parts = new Map<number, OutputPart[]>();
  for (const block of blocks.values()) {
    const list = parts.get(block.start.choice) ?? [];
    list.push(partOf(block));
    parts.set(block.start.choice, list);
  }
  if (finishes.size === 0 || [...parts.keys()].some((choice) => !finishes.has(choice))) return { kind: "truncated" };
  const choices = [...finishes]
    .sort(([a], [b]) => a - b)
    .map(([choice, finish]) => ({ parts: parts.get(choice) ?? [], finish }));
  return { kind: "answer", answer: { id, model, choices, usage, rawUsage } };
}

function partOf({ start, text, signature, citations }: OpenBlock): OutputPart {
  switch (start.kind) {
    case "text":
      return {
        type: "text",
        text,
        ...(signature === null ? {} : { signature }),
        ...(citations.length === 0 ? {} : { citations }),
      };
    case "refusal":
      return { type: "refusal", text };
    case "reasoning":
      return { type: "reasoning", text, signature, redacted: start.redacted };
    case "tool_call":
      return { type: "tool_call", id: start.id, name: start.name, arguments: text === "" ? "{}" : text, signature };
    case "media":
      return {
        type: kindOfMedia(start.mediaType),
        mediaType: start.mediaType,
        source: { kind: "data", base64: start.base64 },
        name: null,
        detail: null,
        ...(signature === null ? {} : { signature }),
      };
  }
}

/** The events of a whole answer, for a client that asked for a stream: the way back from `foldEvents`. */
export function unfoldAnswer(answer: LlmAnswer): LlmEvent[] {
  const events: LlmEvent[] = [{ type: "start", id: answer.id, model: answer.model }];
  let block = 0;
  answer.choices.forEach(({ parts, finish }, choice) => {
    for (const part of parts) {
      events.push(...eventsOf(part, block, choice));
      block++;
    }
    events.push({ type: "finish", choice, reason: finish });
  });
  if (answer.usage !== null) events.push({ type: "usage", usage: answer.usage, raw: answer.rawUsage });
  return events;
}

function eventsOf(part: OutputPart, block: number, choice: number): LlmEvent[] {
  const events: LlmEvent[] = [];
  const at = { type: "block_start", block, choice } as const;
  switch (part.type) {
    case "text":
    case "refusal":
      events.push({ ...at, kind: part.type });
      break;
    case "reasoning":
      events.push({ ...at, kind: "reasoning", redacted: part.redacted });
      break;
    case "tool_call":
      events.push({ ...at, kind: "tool_call", id: part.id, name: part.name });
      break;
    default: {
      const { source } = part;
      // Events carry media as bytes only: what stands elsewhere is named by its address instead of being lost.
      if (source.kind !== "data") return eventsOf({ type: "text", text: addressOf(source) }, block, choice);
      const mediaType = part.mediaType ?? "application/octet-stream";
      events.push({ ...at, kind: "media", mediaType, base64: source.base64 });
    }
  }
  const text = "text" in part ? part.text : part.type === "tool_call" ? part.arguments : "";
  if (text !== "") events.push({ type: "delta", block, text });
  if ("citations" in part) {
    for (const citation of part.citations ?? []) events.push({ type: "citation", block, citation });
  }
  if ("signature" in part && part.signature) events.push({ type: "signature", block, signature: part.signature });
  events.push({ type: "block_end", block });
  return events;
}

function addressOf(source: Exclude<MediaPart["source"], { readonly kind: "data" }>): string {
  switch (source.kind) {
    case "url":
      return source.url;
    case "file_id":
      return source.id;
    case "copy":
      return source.reference;
    case "text":
      return source.text;
  }
}
