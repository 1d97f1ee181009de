import type { Citation } from "../../llm/request.ts";
import { packSignature } from "../../llm/signature.ts";
import type { Usage } from "../../llm/usage.ts";
import type { AnswerContext } from "../codec.ts";
import type { StopFields } from "./finish.ts";

/**
 * Stands where nobody signed (`reasoning_content` of compatible vendors): SDKs leave thinking without a signature out of the
 * next turn, and some vendors want their thoughts back (wire.md 2.6).
 */
export const UNSIGNED = packSignature({ vendor: "openai", value: "" });

/** Shapes of @anthropic-ai/sdk 1.11 messages.d.ts, shared by whole answers and streams. Every field of the typing is there. */

export function messageShape(context: AnswerContext) {
  return {
    id: `msg_${context.requestId.replace(/^req_/, "")}`,
    type: "message",
    role: "assistant",
    model: context.model,
  };
}

export const NOT_STOPPED = { stop_reason: null, stop_sequence: null, stop_details: null } as const;

/** `usage` of a message; null: unknown, and the typing wants numbers. */
export function usageShape(usage: Usage | null) {
  const written = usage?.cacheWriteTokens ?? 0;
  return {
    input_tokens: usage?.inputTokens ?? 0,
    cache_creation_input_tokens: written,
    cache_read_input_tokens: usage?.cacheReadTokens ?? 0,
    // message_delta cannot correct it, so a stream's beginning says nothing of it.
    cache_creation: usage === null ? null : { ephemeral_5m_input_tokens: written, ephemeral_1h_input_tokens: 0 },
    output_tokens: usage === null ? 0 : usage.outputTokens + usage.reasoningTokens,
    output_tokens_details: thinkingTokens(usage),
    server_tool_use: null,
    service_tier: null,
    inference_geo: null,
    speed: null,
  };
}

/** `usage` of message_delta: cumulative counters that overwrite those of message_start; null leaves them. */
export function deltaUsageShape(usage: Usage | null) {
  return {
    input_tokens: usage?.inputTokens ?? null,
    cache_creation_input_tokens: usage?.cacheWriteTokens ?? null,
    cache_read_input_tokens: usage?.cacheReadTokens ?? null,
    output_tokens: usage === null ? 0 : usage.outputTokens + usage.reasoningTokens,
    output_tokens_details: thinkingTokens(usage),
    server_tool_use: null,
  };
}

function thinkingTokens(usage: Usage | null) {
  return usage === null || usage.reasoningTokens === 0 ? null : { thinking_tokens: usage.reasoningTokens };
}

export function messageDeltaShape(stop: StopFields) {
  return { ...stop, container: null };
}

export function citationShape({ url, title, citedText }: Citation) {
  return { type: "web_search_result_location", url, title, cited_text: citedText ?? "", encrypted_index: "" };
}

export function toolUseShape(id: string, name: string, input: unknown) {
  return { type: "tool_use", id, name, input, caller: { type: "direct" } };
}

/** An answer in this format holds no media (typing ContentBlock); that something was there must not go unsaid. */
export function mediaNote(mediaType: string | null): string {
  return `[${mediaType ?? "media"} output left out: the Messages format has no place for it]`;
}
