import type { Usage } from "../../llm/usage.ts";
import { asRecord, portion, readCount } from "../usage.ts";

/**
 * OpenAI's counts: `prompt_tokens` contains the cached and the cache-writing ones, `completion_tokens` contains the reasoning
 * ones (spec 2.3.0). Also read from images and transcriptions (`input_tokens`/`output_tokens`) and from compatible vendors that
 * leave parts out. DeepSeek names its cache hits `prompt_cache_hit_tokens`.
 */
export function readOpenAiUsage(value: unknown): Usage | null {
  const usage = asRecord(value);
  if (usage === null) return null;
  const prompt = readCount(usage.prompt_tokens) ?? readCount(usage.input_tokens);
  const completion = readCount(usage.completion_tokens) ?? readCount(usage.output_tokens);
  if (prompt === null && completion === null) return null;
  const inputDetails = asRecord(usage.prompt_tokens_details) ?? asRecord(usage.input_tokens_details);
  const outputDetails = asRecord(usage.completion_tokens_details) ?? asRecord(usage.output_tokens_details);
  const cacheRead = portion(prompt ?? 0, inputDetails?.cached_tokens ?? usage.prompt_cache_hit_tokens);
  const cacheWrite = portion((prompt ?? 0) - cacheRead, inputDetails?.cache_write_tokens);
  const reasoning = portion(completion ?? 0, outputDetails?.reasoning_tokens);
  return {
    inputTokens: (prompt ?? 0) - cacheRead - cacheWrite,
    cacheReadTokens: cacheRead,
    cacheWriteTokens: cacheWrite,
    outputTokens: (completion ?? 0) - reasoning,
    reasoningTokens: reasoning,
  };
}
