import { findPrices, PRICE_LIST, type PricePeriod } from "../../policy/price-list.ts";
import { periodAt, priceFor } from "../../policy/pricing.ts";
import type { PriceUsed } from "../../record.ts";
import type { ModelPrice, ProviderRow } from "../../store/types.ts";

/** A price as people see it: what holds now, since when, and where it comes from. */
export interface ShownPrice {
  readonly price: PriceUsed;
  /** When a person named it, or the day the list has it begin; null when neither is known. */
  readonly sinceMs: number | null;
  /** The bundled list's edition; null for a person's price. */
  readonly list: typeof PRICE_LIST | null;
  /** For prompts above so many tokens; none when one price holds for all. */
  readonly tiers: readonly PriceTier[];
}

export interface PriceTier {
  readonly aboveTokens: number;
  readonly price: PriceUsed;
}

/** Null when nobody knows: never 0 instead. */
export function showPrice(
  modelPrice: ModelPrice | null,
  upstreamModel: string,
  { kind, baseUrl }: Pick<ProviderRow, "kind" | "baseUrl">,
  atMs: number,
): ShownPrice | null {
  const price = priceFor({ modelPrice, kind, upstreamModel, usage: null, atMs, baseUrl });
  if (price === null) return null;
  if (modelPrice !== null) return { price, sinceMs: modelPrice.since ?? null, list: null, tiers: [] };
  const period = periodAt(findPrices(kind, upstreamModel, baseUrl) ?? [], atMs);
  return { price, sinceMs: period?.sinceMs ?? null, list: PRICE_LIST, tiers: tiersOf(period) };
}

/** Nobody stands behind it: only a person can have named a price. */
export function showManualPrice(modelPrice: ModelPrice | null, name: string, atMs: number): ShownPrice | null {
  return modelPrice && showPrice(modelPrice, name, { kind: "openai-compatible", baseUrl: "" }, atMs);
}

function tiersOf(period: PricePeriod | undefined): PriceTier[] {
  return (period?.tiers ?? []).flatMap(({ above, price }) =>
    above === null || price === null ? [] : [{ aboveTokens: above, price }],
  );
}

/** A price that is said again stands since it was first said. */
export function stampPrice(given: ModelPrice | null, before: ModelPrice | null, nowMs: number): ModelPrice | null {
  if (given === null) return null;
  const isSame = before !== null && PARTS.every((part) => (given[part] ?? null) === (before[part] ?? null));
  return isSame ? before : { ...given, since: nowMs };
}

const PARTS = ["input", "output", "cacheRead", "cacheWrite", "reasoning", "perRequest"] as const;
