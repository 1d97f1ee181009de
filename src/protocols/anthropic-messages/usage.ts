import type { Usage } from "../../llm/usage.ts";
import { asRecord, portion, readCount } from "../usage.ts";

/** Anthropic counts disjoint on the input side already; thinking tokens are part of `output_tokens`. */
export function readAnthropicUsage(value: unknown): Usage | null {
  const usage = asRecord(value);
  const input = readCount(usage?.input_tokens);
  const output = readCount(usage?.output_tokens);
  if (usage === null || (input === null && output === null)) return null;
  const reasoning = portion(output ?? 0, asRecord(usage.output_tokens_details)?.thinking_tokens);
  return {
    inputTokens: input ?? 0,
    cacheReadTokens: readCount(usage.cache_read_input_tokens) ?? 0,
    cacheWriteTokens: readCount(usage.cache_creation_input_tokens) ?? 0,
    outputTokens: (output ?? 0) - reasoning,
    reasoningTokens: reasoning,
  };
}

/** message_delta repeats counters with their final values; null means "as before". */
export function mergeUsage(earlier: Record<string, unknown> | null, later: unknown): Record<string, unknown> | null {
  const next = asRecord(later);
  if (next === null) return earlier;
  const merged = { ...earlier };
  for (const [name, value] of Object.entries(next)) if (value !== null) merged[name] = value;
  return merged;
}
