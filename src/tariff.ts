import type { PriceUsed } from "./record.ts";

/** A price that depends on the size of the prompt: ascending, the first without a threshold. Null: nobody knows it. */
export type PriceTiers = readonly { readonly above: number | null; readonly price: PriceUsed | null }[];

/**
 * What a model costs at an upstream over a time, as plain data: what policy knows of prices, for the Workers that keep the log.
 * Each span lasts until the next begins.
 */
export interface Tariff {
  readonly spans: readonly { readonly fromMs: number; readonly tiers: PriceTiers }[];
}

export function priceIn({ spans }: Tariff, atMs: number, promptTokens: number): PriceUsed | null {
  const span = spans.findLast(({ fromMs }) => fromMs <= atMs);
  return span === undefined ? null : tierFor(span.tiers, promptTokens);
}

/** The highest tier that the whole prompt exceeds. */
export function tierFor(tiers: PriceTiers, promptTokens: number): PriceUsed | null {
  let price: PriceUsed | null = null;
  for (const tier of tiers) {
    if (tier.above !== null && promptTokens <= tier.above) break;
    price = tier.price;
  }
  return price;
}

/** The same amounts. Where a price comes from, and of which edition of a list, changes no cost. */
export function isSamePrice(a: PriceUsed | null, b: PriceUsed | null): boolean {
  if (a === null || b === null) return a === b;
  return (
    a.input === b.input &&
    a.output === b.output &&
    a.cacheRead === b.cacheRead &&
    a.cacheWrite === b.cacheWrite &&
    (a.reasoning ?? a.output) === (b.reasoning ?? b.output) &&
    (a.perRequest ?? 0) === (b.perRequest ?? 0)
  );
}
