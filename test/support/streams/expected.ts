import type { ProtocolId } from "../../../src/llm/names.ts";
import type { Usage } from "../../../src/llm/usage.ts";
import type { Speech } from "../vendors/speech.ts";

/** What a client of each format is to find in an answer, whoever gave it. */
export interface Expected {
  readonly text: string;
  readonly reasoning: string;
  readonly refusal: string;
  readonly calls: { name: string; args: unknown }[];
  readonly ids: string[];
  readonly finish: string;
  /** At least these counters. */
  readonly usage: object;
}

export function expectedOf(format: ProtocolId, speech: Speech): Expected {
  const joined = (...kinds: readonly string[]) =>
    speech.pieces.map((piece) => (kinds.includes(piece.kind) && "text" in piece ? piece.text : "")).join("");
  const calls = speech.pieces.flatMap((piece) => (piece.kind === "call" ? [piece] : []));
  const refusal = joined("refusal");
  // Formats without words of refusal say it as text.
  const hasRefusals = format === "openai-chat" || format === "openai-responses";
  const state = calls.length > 0 ? "calls" : refusal !== "" ? "refused" : "said";
  return {
    text: hasRefusals ? joined("text") : joined("text", "refusal"),
    reasoning: joined("reasoning"),
    refusal: format === "gemini" ? "" : refusal,
    calls: calls.map(({ name, args }) => ({ name, args })),
    ids: calls.map(({ id }) => id),
    finish: FINISHES[format][speech.end === "stop" ? state : speech.end],
    usage: USAGES[format](speech.usage),
  };
}

type End = "said" | "calls" | "refused" | "length" | "content_filter";

const FINISHES: Readonly<Record<ProtocolId, Readonly<Record<End, string>>>> = {
  "openai-chat": {
    said: "stop",
    calls: "tool_calls",
    refused: "stop",
    length: "length",
    content_filter: "content_filter",
  },
  "openai-responses": {
    said: "completed",
    calls: "completed",
    refused: "completed",
    length: "max_output_tokens",
    content_filter: "content_filter",
  },
  "anthropic-messages": {
    said: "end_turn",
    calls: "tool_use",
    refused: "refusal",
    length: "max_tokens",
    content_filter: "refusal",
  },
  gemini: { said: "STOP", calls: "STOP", refused: "STOP", length: "MAX_TOKENS", content_filter: "SAFETY" },
};

const USAGES: Readonly<Record<ProtocolId, (usage: Usage) => object>> = {
  "openai-chat": (usage) => ({
    prompt_tokens: inputOf(usage),
    completion_tokens: outputOf(usage),
    total_tokens: inputOf(usage) + outputOf(usage),
    prompt_tokens_details: { cached_tokens: usage.cacheReadTokens },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
  }),
  "openai-responses": (usage) => ({
    input_tokens: inputOf(usage),
    input_tokens_details: { cached_tokens: usage.cacheReadTokens, cache_write_tokens: usage.cacheWriteTokens },
    output_tokens: outputOf(usage),
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: inputOf(usage) + outputOf(usage),
  }),
  "anthropic-messages": (usage) => ({
    input_tokens: usage.inputTokens,
    cache_read_input_tokens: usage.cacheReadTokens,
    cache_creation_input_tokens: usage.cacheWriteTokens,
    output_tokens: outputOf(usage),
  }),
  gemini: (usage) => ({
    promptTokenCount: inputOf(usage),
    candidatesTokenCount: usage.outputTokens,
    totalTokenCount: inputOf(usage) + outputOf(usage),
  }),
};

function inputOf({ inputTokens, cacheReadTokens, cacheWriteTokens }: Usage): number {
  return inputTokens + cacheReadTokens + cacheWriteTokens;
}

function outputOf({ outputTokens, reasoningTokens }: Usage): number {
  return outputTokens + reasoningTokens;
}
