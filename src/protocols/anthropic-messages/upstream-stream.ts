import { statusOfError } from "../../llm/error-words.ts";
import type { BlockStart, LlmEvent } from "../../llm/event.ts";
import type { GatewayErrorLike } from "../../llm/failure.ts";
import { parseRecord } from "../answer.ts";
import type { DecodeContext, StreamDecoder } from "../codec.ts";
import { isRecord, type JsonRecord } from "../fields.ts";
import { brokenFormat } from "../upstream-failure.ts";
import { readCitation } from "./client-content.ts";
import { readFinish } from "./finish.ts";
import { mergeUsage, readAnthropicUsage } from "./usage.ts";

interface Open {
  readonly block: number;
  readonly kind: BlockStart["kind"];
  hasText: boolean;
  /** Input that came whole with the block's start; the pieces that follow, if any, count instead. */
  readonly input: string;
  signature: string;
}

type Start =
  | { readonly kind: "text" }
  | { readonly kind: "reasoning"; readonly redacted: boolean }
  | { readonly kind: "tool_call"; readonly id: string; readonly name: string };

/** Reads a Messages stream. Blocks of Anthropic's own tools, pings and unknown events are passed over. */
export function decodeStream({ toolNames, newCallId }: DecodeContext): StreamDecoder {
  /** By the vendor's index. */
  const open = new Map<number, Open>();
  let blocks = 0;
  let hasStarted = false;
  let hasFinished = false;
  let hasFailed = false;
  let counters: Record<string, unknown> | null = null;

  const start = (message: JsonRecord | null): LlmEvent[] => {
    if (hasStarted) return [];
    hasStarted = true;
    return [{ type: "start", id: stringOr(message?.id, null), model: stringOr(message?.model, null) }];
  };
  const usage = (value: unknown): LlmEvent[] => {
    counters = mergeUsage(counters, value);
    const read = readAnthropicUsage(counters);
    return read === null ? [] : [{ type: "usage", usage: read, raw: counters }];
  };
  const fail = (error: GatewayErrorLike): LlmEvent[] => {
    hasFailed = true;
    return [...start(null), { type: "error", error }];
  };

  const onBlockStart = (index: number, content: JsonRecord): LlmEvent[] => {
    const kind = startOf(content);
    if (kind === null) return [];
    const input = kind.kind === "tool_call" && hasKeys(content.input) ? JSON.stringify(content.input) : "";
    const signature = stringOr(content.type === "redacted_thinking" ? content.data : content.signature, "");
    const block = blocks++;
    open.set(index, { block, kind: kind.kind, hasText: false, input, signature });
    const events: LlmEvent[] = [{ type: "block_start", block, choice: 0, ...kind }];
    events.push(...onText(index, stringOr(content.text ?? content.thinking, "")));
    if (Array.isArray(content.citations)) events.push(...content.citations.flatMap((each) => onCitation(index, each)));
    return events;
  };
  const startOf = (content: JsonRecord): Start | null => {
    switch (content.type) {
      case "text":
        return { kind: "text" };
      case "thinking":
        return { kind: "reasoning", redacted: false };
      case "redacted_thinking":
        return { kind: "reasoning", redacted: true };
      case "tool_use": {
        const name = stringOr(content.name, "");
        return { kind: "tool_call", id: stringOr(content.id, "") || newCallId(), name: toolNames.get(name) ?? name };
      }
      default:
        return null;
    }
  };
  const onText = (index: number, text: string): LlmEvent[] => {
    const current = open.get(index);
    if (current === undefined || text === "") return [];
    current.hasText = true;
    return [{ type: "delta", block: current.block, text }];
  };
  const onCitation = (index: number, value: unknown): LlmEvent[] => {
    const current = open.get(index);
    if (current === undefined) return [];
    return readCitation(value).map((citation) => ({ type: "citation", block: current.block, citation }));
  };
  const onDelta = (index: number, delta: JsonRecord): LlmEvent[] => {
    switch (delta.type) {
      case "text_delta":
        return onText(index, stringOr(delta.text, ""));
      case "thinking_delta":
        return onText(index, stringOr(delta.thinking, ""));
      case "input_json_delta":
        return onText(index, stringOr(delta.partial_json, ""));
      case "signature_delta": {
        const current = open.get(index);
        // The last one counts, as in the SDK.
        if (current !== undefined) current.signature = stringOr(delta.signature, current.signature);
        return [];
      }
      case "citations_delta":
        return onCitation(index, delta.citation);
      default:
        return [];
    }
  };
  const onBlockStop = (index: number): LlmEvent[] => {
    const current = open.get(index);
    if (current === undefined) return [];
    open.delete(index);
    const { block, kind, signature, input, hasText } = current;
    const events: LlmEvent[] = [];
    // A tool without arguments may send no piece at all.
    if (kind === "tool_call" && !hasText) events.push({ type: "delta", block, text: input === "" ? "{}" : input });
    if (kind === "reasoning" && signature !== "") {
      events.push({ type: "signature", block, signature: { vendor: "anthropic", value: signature } });
    }
    events.push({ type: "block_end", block });
    return events;
  };
  const onMessageDelta = (event: JsonRecord): LlmEvent[] => {
    const events = usage(event.usage);
    const delta = isRecord(event.delta) ? event.delta : {};
    if (typeof delta.stop_reason !== "string" || hasFinished) return events;
    hasFinished = true;
    const ends = [...open.keys()].flatMap(onBlockStop);
    return [...ends, ...events, { type: "finish", choice: 0, reason: readFinish(delta) }];
  };

  const read = (event: JsonRecord): LlmEvent[] => {
    const index = typeof event.index === "number" ? event.index : -1;
    switch (event.type) {
      case "message_start": {
        const message = isRecord(event.message) ? event.message : null;
        return [...start(message), ...usage(message?.usage)];
      }
      case "content_block_start":
        return [...start(null), ...(isRecord(event.content_block) ? onBlockStart(index, event.content_block) : [])];
      case "content_block_delta":
        return isRecord(event.delta) ? onDelta(index, event.delta) : [];
      case "content_block_stop":
        return onBlockStop(index);
      case "message_delta":
        return [...start(null), ...onMessageDelta(event)];
      case "error": {
        const error = isRecord(event.error) ? event.error : {};
        const type = stringOr(error.type, "api_error");
        const details = isRecord(error.details) ? error.details : {};
        const message = stringOr(error.message, "The upstream broke off its answer.");
        return fail({ status: statusOfError([type]) ?? 500, code: stringOr(details.error_code, type), message });
      }
      default:
        return [];
    }
  };

  return {
    push: (_event, data) => {
      if (hasFailed || data === "" || data === "[DONE]") return [];
      const event = parseRecord(data);
      return event === null ? fail(brokenFormat("The upstream sent a frame that is no JSON object.")) : read(event);
    },
    end: () => (hasFinished ? [] : null),
  };
}

function stringOr<T>(value: unknown, otherwise: T): string | T {
  return typeof value === "string" ? value : otherwise;
}

function hasKeys(value: unknown): boolean {
  return isRecord(value) && Object.keys(value).length > 0;
}
