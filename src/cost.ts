import { totalTokens, type Usage } from "./llm/usage.ts";
import type { PriceUsed } from "./record.ts";

/** Null when the tokens or the price are unknown. No tokens cost nothing at any price; some tokens without a price cost nobody knows what. */
export function costOf(usage: Usage | null, price: PriceUsed | null): number | null {
  if (usage === null) return null;
  if (price !== null) return costNanoUsd(usage, price);
  return totalTokens(usage) === 0 ? 0 : null;
}

/** What each part of the usage cost, in whole nano-USD. */
export interface CostParts {
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly output: number;
  readonly reasoning: number;
  readonly request: number;
}

/**
 * Each part is rounded to the nearest nano-USD (halves up) by itself and the total is their sum: what is shown adds up exactly, and
 * the error is at most 3 nano-USD a request. Reasoning tokens are priced as output unless the price says otherwise, as nearly every vendor does.
 */
export function costParts(usage: Usage, price: PriceUsed): CostParts {
  return {
    input: partNanoUsd(usage.inputTokens, price.input),
    cacheRead: partNanoUsd(usage.cacheReadTokens, price.cacheRead),
    cacheWrite: partNanoUsd(usage.cacheWriteTokens, price.cacheWrite),
    output: partNanoUsd(usage.outputTokens, price.output),
    reasoning: partNanoUsd(usage.reasoningTokens, price.reasoning ?? price.output),
    request: requestNanoUsd(price),
  };
}

/** The sum of `costParts`, without making the object. */
export function costNanoUsd(usage: Usage, price: PriceUsed): number {
  return (
    partNanoUsd(usage.inputTokens, price.input) +
    partNanoUsd(usage.cacheReadTokens, price.cacheRead) +
    partNanoUsd(usage.cacheWriteTokens, price.cacheWrite) +
    partNanoUsd(usage.outputTokens, price.output) +
    partNanoUsd(usage.reasoningTokens, price.reasoning ?? price.output) +
    requestNanoUsd(price)
  );
}

function requestNanoUsd({ perRequest }: PriceUsed): number {
  return perRequest === undefined ? 0 : Math.round(perRequest * 1_000_000_000);
}

/** A ceiling that keeps all parts and their sums exact integers (about 1,000,000 USD), should a vendor report absurd counts. */
const LARGEST_PART = 2 ** 50;

/** One USD per million tokens is 1,000 nano-USD a token. */
function partNanoUsd(tokens: number, usdPerMillion: number): number {
  if (!(tokens > 0)) return 0;
  return Math.min(Math.round(tokens * usdPerMillion * 1000), LARGEST_PART);
}
