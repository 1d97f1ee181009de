import { GatewayError } from "../../../src/errors.ts";
import type { LlmEvent } from "../../../src/llm/event.ts";
import {
  EMPTY_REQUEST,
  type LlmRequest,
  type Message,
  type ReasoningPart,
  type ToolResult,
} from "../../../src/llm/request.ts";
import type { ModelTraits } from "../../../src/llm/traits.ts";
import { messagesClient, messagesUpstream } from "../../../src/protocols/anthropic-messages/codec.ts";
import type { AnswerContext, DecodeContext, UpstreamTarget } from "../../../src/protocols/codec.ts";
import { withoutPaths } from "../without-paths.ts";

export type Json = Record<string, unknown>;

/** Claude Opus 5.5: adaptive thinking, no sampling. */
export const OPUS: ModelTraits = {
  thinking: "adaptive",
  sampling: false,
  toolsNeedResponses: false,
  maxOutputTokens: 64_000,
  efforts: ["none", "low", "medium", "high", "xhigh", "max"],
  structuredOutput: true,
};

/** Claude Sonnet 4.5: budgets, sampling. */
export const SONNET: ModelTraits = { ...OPUS, thinking: "budget", sampling: true, efforts: ["none", "low", "high"] };

export function targetOf(traits: Partial<ModelTraits> = {}, model = "claude-opus-5-5"): UpstreamTarget {
  return {
    kind: "anthropic",
    model,
    traits: { ...OPUS, ...traits },
    quirks: new Set(),
    fieldName: (field) => `client.${field}`,
  };
}

export const USER: Message = { role: "user", parts: [{ type: "text", text: "hi" }] };

export function requestOf(fields: Partial<LlmRequest> = {}): LlmRequest {
  return { ...EMPTY_REQUEST, model: "m", messages: [USER], ...fields };
}

/** The body sent for a request, as it stands on the wire, with what was dropped. */
export function encode(fields: Partial<LlmRequest>, target = targetOf()) {
  const { body, ...rest } = messagesUpstream.encodeRequest(requestOf(fields), target);
  return { ...rest, body: wire(body) };
}

export function encodeMessages(messages: readonly Message[], target = targetOf()): unknown {
  return encode({ messages }, target).body.messages;
}

export function wire(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}

export function decode(body: Json): LlmRequest {
  return withoutPaths(
    messagesClient.decodeRequest(
      { model: "m", max_tokens: 10, messages: [{ role: "user", content: "hi" }], ...body },
      { model: null, stream: false },
    ),
  );
}

export function decodeTurn(role: string, content: unknown): readonly Message[] {
  return decode({ messages: [{ role, content }] }).messages;
}

export function answerContext(): AnswerContext {
  return { requestId: "req_7", model: "alias", createdAtMs: 0, request: requestOf(), body: {} };
}

export function decodeContext(toolNames: ReadonlyMap<string, string> = new Map()): DecodeContext {
  let calls = 0;
  return { kind: "anthropic", model: "claude-opus-5-5", toolNames, newCallId: () => `call_new${++calls}` };
}

export interface Frame {
  readonly event: string;
  readonly data: Json;
}

function framesOf(text: string): Frame[] {
  return text
    .split("\n\n")
    .slice(0, -1)
    .map((frame) => {
      const [event, data, ...others] = frame.split("\n");
      if (!event?.startsWith("event: ") || !data?.startsWith("data: ") || others.length > 0) {
        throw new Error(`not a frame: ${frame}`);
      }
      return { event: event.slice(7), data: JSON.parse(data.slice(6)) as Json };
    });
}

export function stream(events: readonly LlmEvent[]): Frame[] {
  const encoder = messagesClient.encodeStream(answerContext());
  return framesOf(events.map((event) => encoder.push(event)).join("") + encoder.end());
}

/** What a client's library ends with: the blocks of a stream. Throws where a block is not begun, filled and ended in order. */
export function assemble(frames: readonly Frame[]): Json[] {
  const blocks: Json[] = [];
  let open: { readonly block: Json; json: string } | null = null;
  for (const { event, data } of frames) {
    if (event !== data.type) throw new Error(`${event} is not ${String(data.type)}`);
    if (event === "content_block_start") {
      if (open !== null || data.index !== blocks.length) throw new Error("a block out of order");
      open = { block: { ...(data.content_block as Json) }, json: "" };
      blocks.push(open.block);
    } else if (event === "content_block_delta" || event === "content_block_stop") {
      if (open === null || data.index !== blocks.length - 1) throw new Error("a delta without its block");
      if (event === "content_block_delta") fill(open, data.delta as Json);
      else {
        if (open.json !== "") open.block.input = JSON.parse(open.json);
        open = null;
      }
    }
  }
  if (open !== null) throw new Error("a block without end");
  return blocks;
}

const FIELDS: Readonly<Record<string, readonly [kind: string, field: string]>> = {
  text_delta: ["text", "text"],
  thinking_delta: ["thinking", "thinking"],
  signature_delta: ["thinking", "signature"],
};

function fill(open: { readonly block: Json; json: string }, delta: Json): void {
  const { block } = open;
  if (delta.type === "input_json_delta" && block.type === "tool_use") {
    open.json += String(delta.partial_json);
    return;
  }
  if (delta.type === "citations_delta" && block.type === "text") {
    block.citations = [...((block.citations as unknown[] | null) ?? []), delta.citation];
    return;
  }
  const [kind, field] = FIELDS[String(delta.type)] ?? ["", ""];
  if (kind !== block.type) throw new Error(`${String(delta.type)} in a ${String(block.type)} block`);
  if (delta.type === "signature_delta" && block.signature !== "") throw new Error("a second signature");
  block[field] = String(block[field]) + String(delta[field]);
}

/** Reads a stream's frames as a vendor would send them. */
export function readStream(frames: readonly Json[], toolNames?: ReadonlyMap<string, string>) {
  const decoder = messagesUpstream.decodeStream(decodeContext(toolNames));
  const events = frames.flatMap((frame) => decoder.push(String(frame.type), JSON.stringify(frame)));
  return { events, end: decoder.end() };
}

export const SIGNED: ReasoningPart = {
  type: "reasoning",
  text: "plan\n ",
  signature: { vendor: "anthropic", value: "SIG+/==" },
  redacted: false,
};

export function text(words: string) {
  return { type: "text", text: words } as const;
}

export function call(id: string, args: string) {
  return { type: "tool_call", id, name: "f", arguments: args, signature: null } as const;
}

export function result(callId: string, words: string): ToolResult {
  return { callId, name: null, parts: [text(words)], isError: false };
}

export function refusal(action: () => unknown): GatewayError {
  try {
    action();
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}
