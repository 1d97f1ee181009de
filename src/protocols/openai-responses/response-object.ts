import type { FinishReason } from "../../llm/event.ts";
import { totalTokens, type Usage } from "../../llm/usage.ts";
import type { AnswerContext } from "../codec.ts";
import { isRecord } from "../fields.ts";

export type ItemStatus = "completed" | "incomplete";

export interface Outcome {
  readonly status: ItemStatus;
  readonly incomplete_details: { readonly reason: "max_output_tokens" | "content_filter" } | null;
}

/** The part of a Response object (typing: openai 7 Response) that its events do not change: what the client's body said. */
export function echoOf({ body, createdAtMs }: AnswerContext): Record<string, unknown> {
  const text = isRecord(body.text) ? body.text : {};
  const reasoning = isRecord(body.reasoning) ? body.reasoning : {};
  return {
    created_at: Math.floor(createdAtMs / 1000),
    background: false,
    completed_at: null, // codecs have no clock
    error: null,
    access_programs: null,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    max_tool_calls: body.max_tool_calls ?? null,
    metadata: body.metadata ?? {},
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: body.previous_response_id ?? null,
    prompt_cache_key: body.prompt_cache_key ?? null,
    reasoning: { ...reasoning, effort: reasoning.effort ?? null, summary: reasoning.summary ?? null },
    safety_identifier: body.safety_identifier ?? null,
    service_tier: body.service_tier ?? "default",
    store: body.store ?? true,
    temperature: body.temperature ?? 1,
    text: { ...text, format: text.format ?? { type: "text" } },
    tool_choice: body.tool_choice ?? "auto",
    tools: body.tools ?? [],
    top_logprobs: body.top_logprobs ?? 0,
    top_p: body.top_p ?? 1,
    truncation: body.truncation ?? "disabled",
    user: body.user ?? null,
  };
}

/** Also what `Protocol.encodeStreamError` calls the response. */
export function responseId(requestId: string): string {
  return requestId.replace("req_", "resp_");
}

/**
 * How the answer ended. A refusal in words is an answer; one that the vendor's classifiers made (Anthropic's stop reason, wire.md
 * 2.3) is a filter's.
 */
export function outcomeOf(finish: FinishReason, refusedInWords: boolean): Outcome {
  switch (finish.unified) {
    case "length":
      return { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } };
    case "content_filter":
      return { status: "incomplete", incomplete_details: { reason: "content_filter" } };
    case "refusal":
      if (!refusedInWords) return { status: "incomplete", incomplete_details: { reason: "content_filter" } };
      return { status: "completed", incomplete_details: null };
    default:
      return { status: "completed", incomplete_details: null };
  }
}

/** Typing ResponseUsage: all details are required, and SDKs read usage without asking; zeros where the vendor told nothing. */
export function writeUsage(usage: Usage | null) {
  const {
    inputTokens = 0,
    cacheReadTokens = 0,
    cacheWriteTokens = 0,
    outputTokens = 0,
    reasoningTokens = 0,
  } = usage ?? {};
  return {
    input_tokens: inputTokens + cacheReadTokens + cacheWriteTokens,
    input_tokens_details: { cached_tokens: cacheReadTokens, cache_write_tokens: cacheWriteTokens },
    output_tokens: outputTokens + reasoningTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: usage === null ? 0 : totalTokens(usage),
  };
}
