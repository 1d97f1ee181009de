import { totalTokens, type Usage } from "../../llm/usage.ts";

/** The way back from `readOpenAiUsage`: cached and cache-writing tokens count into the prompt, reasoning into the completion. */
export function writeOpenAiUsage(usage: Usage) {
  return {
    prompt_tokens: usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens,
    completion_tokens: usage.outputTokens + usage.reasoningTokens,
    total_tokens: totalTokens(usage),
    prompt_tokens_details: { cached_tokens: usage.cacheReadTokens, cache_write_tokens: usage.cacheWriteTokens },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
  };
}
