import type { ProviderKind } from "../llm/names.ts";
import type { Usage } from "../llm/usage.ts";
import type { PriceUsed } from "../record.ts";
import { findPrices, type ListedPrices, type PricePeriod } from "./price-list.ts";

/** A person's price in USD per million tokens. */
export interface ManualPrice {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number | null;
  readonly cacheWrite: number | null;
  readonly reasoning?: number | null;
  /** USD for each request, besides its tokens. */
  readonly perRequest?: number | null;
}

export interface PriceQuestion {
  /** A person's price stands before the list's. */
  readonly modelPrice: ManualPrice | null;
  readonly kind: ProviderKind;
  readonly upstreamModel: string;
  /** Decides the tier of long prompts; null: the lowest. */
  readonly usage: Usage | null;
  /** When the request was received, Unix ms: list prices have dates and hours. */
  readonly atMs: number;
  /** Tells which vendor stands behind an openai-compatible provider. */
  readonly baseUrl?: string;
}

/**
 * The price of a request, null when nobody knows it (never 0 instead). Costs a few map lookups: each model is matched with the
 * list once, and the result is shared, not made per request.
 */
export function priceFor(question: PriceQuestion): PriceUsed | null {
  const { modelPrice, usage } = question;
  if (modelPrice !== null) return manualPrice(modelPrice);
  const listed = findPrices(question.kind, question.upstreamModel, question.baseUrl ?? null);
  if (listed === null) return null;
  const promptTokens = usage === null ? 0 : usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
  return priceOf(listed, promptTokens, question.atMs);
}

/** Like the list's own calculator: the last period that applies. */
export function periodAt(listed: ListedPrices, atMs: number): PricePeriod | undefined {
  for (let index = listed.length - 1; index > 0; index--) {
    if (listed[index]!.applies(atMs)) return listed[index];
  }
  return listed[0];
}

/** Then the highest tier that the whole prompt exceeds. */
function priceOf(listed: ListedPrices, promptTokens: number, atMs: number): PriceUsed | null {
  const period = periodAt(listed, atMs);
  if (period === undefined) return null;
  let price: PriceUsed | null = null;
  for (const tier of period.tiers) {
    if (tier.above !== null && promptTokens <= tier.above) break;
    price = tier.price;
  }
  return price;
}

/** One object per person's price: prices belong to the snapshot and are never changed in place. */
const manualPrices = new WeakMap<ManualPrice, PriceUsed>();

function manualPrice(price: ManualPrice): PriceUsed {
  let used = manualPrices.get(price);
  if (used === undefined) {
    used = {
      input: price.input,
      output: price.output,
      cacheRead: price.cacheRead ?? price.input,
      cacheWrite: price.cacheWrite ?? price.input,
      ...(price.reasoning == null ? {} : { reasoning: price.reasoning }),
      ...(price.perRequest == null ? {} : { perRequest: price.perRequest }),
      source: "manual",
      ref: "manual",
    };
    manualPrices.set(price, used);
  }
  return used;
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
