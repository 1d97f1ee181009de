import type { ProviderKind } from "../llm/names.ts";
import type { Usage } from "../llm/usage.ts";
import type { PriceUsed } from "../record.ts";
import { type PriceTiers, type Tariff, tierFor } from "../tariff.ts";
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
  return tierFor(periodAt(listed, question.atMs)?.tiers ?? NO_TIERS, promptTokens);
}

/** Like the list's own calculator: the last period that applies. */
export function periodAt(listed: ListedPrices, atMs: number): PricePeriod | undefined {
  for (let index = listed.length - 1; index > 0; index--) {
    if (listed[index]!.applies(atMs)) return listed[index];
  }
  return listed[0];
}

const NO_TIERS: PriceTiers = [];
/** The list's prices change at half hours and hours; a test holds that against the list that is installed. */
const STEP_MS = 900_000;

/** What `priceFor` answers from one instant to another, whatever the tokens; null when nobody knows a price. */
export function tariffFor(
  question: Omit<PriceQuestion, "usage" | "atMs">,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Tariff | null {
  const { modelPrice } = question;
  if (modelPrice !== null) return { spans: [{ fromMs, tiers: [{ above: null, price: manualPrice(modelPrice) }] }] };
  const listed = findPrices(question.kind, question.upstreamModel, question.baseUrl ?? null);
  if (listed === null) return null;
  const spans: { fromMs: number; tiers: PriceTiers }[] = [];
  for (let atMs = fromMs; atMs < toMs; atMs += STEP_MS - (atMs % STEP_MS)) {
    const tiers = periodAt(listed, atMs)?.tiers ?? NO_TIERS;
    if (tiers !== spans.at(-1)?.tiers) spans.push({ fromMs: atMs, tiers });
  }
  return { spans };
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
