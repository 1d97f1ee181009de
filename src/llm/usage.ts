/**
 * Token counts of one answer in disjoint parts: no token stands in two of them, so the sum is the total and each part has one
 * price. Vendors count differently (OpenAI's prompt_tokens contains the cached ones, Anthropic's input_tokens does not):
 * every protocol converts to this on reading.
 */
export interface Usage {
  /** Prompt tokens that were neither read from nor written to a cache. */
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  /** Completion tokens without the reasoning ones. */
  readonly outputTokens: number;
  readonly reasoningTokens: number;
}

/** Where the counts come from. `estimated`: the vendor said nothing but bytes were delivered. `unknown` is never zero tokens. */
export type UsageSource = "reported" | "estimated" | "unknown";

export const NO_USAGE: Usage = {
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
};

export function totalTokens(usage: Usage): number {
  return (
    usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens + usage.outputTokens + usage.reasoningTokens
  );
}
