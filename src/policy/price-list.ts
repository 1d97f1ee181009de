import type { ModelInfo, ModelPrice, Provider } from "@pydantic/genai-prices";
import type { ProviderKind } from "../llm/names.ts";
import type { PriceUsed } from "../record.ts";
import type { PriceTiers } from "../tariff.ts";

/** The bundled list and the day it came out; a test holds this against what is installed. */
export const PRICE_LIST = { version: "0.1.8", releasedOn: "2026-09-23" } as const;
const EDITION = `genai-prices ${PRICE_LIST.version}`;

/** The prices of one period: tiers by prompt size, ascending, the first without a threshold. */
export interface PricePeriod {
  /** Null: since ever, or not a matter of a date. */
  readonly sinceMs: number | null;
  applies(atMs: number): boolean;
  readonly tiers: PriceTiers;
}
/** The first period is the one that applies when no other does; among the others the last that applies wins. */
export type ListedPrices = readonly PricePeriod[];

/** Names reach this from clients ("provider/model" goes to that provider as it is): forgotten when there are too many. */
const MOST_REMEMBERED = 2000;
const remembered: Readonly<Record<ProviderKind, Map<string, ListedPrices | null>>> = {
  openai: new Map(),
  "azure-openai": new Map(),
  anthropic: new Map(),
  gemini: new Map(),
  coze: new Map(),
  "openai-compatible": new Map(),
};

/** The list's prices of a model (matching costs 10 µs, so it is done once per model); null when the list does not know it. */
export function findPrices(kind: ProviderKind, upstreamModel: string, baseUrl: string | null): ListedPrices | null {
  const url = kind === "openai-compatible" ? baseUrl : null;
  const name = url === null ? upstreamModel : `${upstreamModel}\n${url}`;
  const byName = remembered[kind];
  const known = byName.get(name);
  if (known !== undefined) return known;
  if (byName.size >= MOST_REMEMBERED) byName.clear();
  const prices = lookUp(kind, upstreamModel, url);
  byName.set(name, prices);
  return prices;
}

/** The longest prompt and answer together that the list knows of; null when it does not. Looks it up anew each time. */
export function findContextWindow(kind: ProviderKind, upstreamModel: string, baseUrl: string | null): number | null {
  const found = findPrices(kind, upstreamModel, baseUrl)?.[0]?.tiers.find(({ price }) => price !== null)?.price?.ref;
  if (found === undefined) return null;
  const [providerId = "", ...model] = found.replace(/ \(.*/, "").split("/");
  try {
    const entry = priceList().calcPrice({}, model.join("/"), { providerId });
    return entry?.model.context_window ?? null;
  } catch {
    return null;
  }
}

/** The vendors' ids in the list. Coze charges credits per bot, not tokens per model. */
const PROVIDER_IDS: Readonly<Record<ProviderKind, string | null>> = {
  openai: "openai",
  "azure-openai": "azure",
  anthropic: "anthropic",
  gemini: "google",
  coze: null,
  "openai-compatible": null,
};

function lookUp(kind: ProviderKind, upstreamModel: string, baseUrl: string | null): ListedPrices | null {
  const model = upstreamModel.replace(/^models\//, ""); // Gemini's resource name
  if (model.length > 200) return null;
  const providerId = PROVIDER_IDS[kind];
  if (providerId !== null) return match(model, { providerId });
  return kind === "openai-compatible" ? lookUpCompatible(model, baseUrl) : null;
}

/** Vendors and hosts whose own names for models are looked through when neither address nor name says whose a model is. */
const HOSTS = [
  ...["groq", "together", "fireworks", "cerebras", "openrouter", "novita", "baseten", "cloudflare", "ovhcloud"],
  ...["zhipuai", "zai", "minimax", "cohere", "perplexity", "voyageai"],
] as const;

/** By the vendor's address; else by the vendor that owns the name ("grok-…"); else when all hosts that know it agree on the price. */
function lookUpCompatible(model: string, baseUrl: string | null): ListedPrices | null {
  if (baseUrl !== null) {
    if (isPrivateAddress(baseUrl)) return null; // somebody's own machine
    const vendor = priceList().findProvider({ providerApiUrl: baseUrl });
    if (vendor !== undefined) return match(model, { providerId: vendor.id });
  }
  const owner = priceList().findProvider({ modelId: model.toLowerCase() });
  if (owner !== undefined) return match(model, { providerId: owner.id });
  const offers = HOSTS.map((providerId) => match(model, { providerId })).filter((prices) => prices !== null);
  const [first] = offers;
  return first !== undefined && offers.every((offer) => tariff(offer) === tariff(first)) ? first : null;
}

function isPrivateAddress(baseUrl: string): boolean {
  return /^https?:\/\/(localhost|127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|\[|[^/.:]+(:\d+)?(\/|$))/i.test(
    baseUrl,
  );
}

function tariff(prices: ListedPrices): string {
  return JSON.stringify(prices.map(({ tiers }) => tiers.map(({ above, price }) => [above, { ...price, ref: "" }])));
}

function match(model: string, { providerId }: { providerId: string }): ListedPrices | null {
  try {
    const found = priceList().calcPrice({}, model, { providerId });
    return found === null ? null : compile(found.provider, found.model);
  } catch {
    return null; // the list holds an entry that its own calculator refuses: unknown
  }
}

/** Loaded with the first question: 830 KB of data are 7 ms in the binary and 25 ms from source, too much for every start. */
function priceList(): typeof import("@pydantic/genai-prices") {
  return require("@pydantic/genai-prices");
}

function compile(provider: Provider, model: ModelInfo): ListedPrices | null {
  const ref = `${provider.id}/${model.id}`;
  const periods = Array.isArray(model.prices) ? model.prices : [{ prices: model.prices }];
  const compiled = periods.map(
    ({ constraint, prices }): PricePeriod => ({
      sinceMs: constraint?.type === "start_date" ? Date.parse(constraint.start_date) : null,
      applies: constraint === undefined ? () => true : applier(constraint),
      tiers: compileTiers(prices, ref),
    }),
  );
  return compiled.some(({ tiers }) => tiers.some(({ price }) => price !== null)) ? compiled : null;
}

type Constraint = NonNullable<Extract<ModelInfo["prices"], unknown[]>[number]["constraint"]>;

function applier(constraint: Constraint): (atMs: number) => boolean {
  if (constraint.type === "start_date") {
    const startMs = Date.parse(constraint.start_date);
    return (atMs) => atMs >= startMs;
  }
  const start = secondOfDay(constraint.start_time);
  const end = secondOfDay(constraint.end_time);
  return (atMs) => {
    const second = (atMs / 1000) % 86_400;
    return end < start ? second >= start || second < end : second >= start && second < end;
  };
}

/** "00:30:00Z" */
function secondOfDay(time: string): number {
  return (Date.parse(`1970-01-01T${time}`) / 1000 + 86_400) % 86_400;
}

/** One whole price per range of prompt sizes: all parts change together at each threshold that any of them has. */
function compileTiers(prices: ModelPrice, ref: string): PricePeriod["tiers"] {
  const tokens = [prices.input_mtok, prices.output_mtok, prices.cache_read_mtok, prices.cache_write_mtok];
  const parts = [...tokens, prices.output_reasoning_mtok, prices.requests_kcount];
  const thresholds = new Set<number>();
  for (const part of parts) if (typeof part === "object") for (const { start } of part.tiers) thresholds.add(start);
  const above = [null, ...[...thresholds].sort((a, b) => a - b)];
  return above.map((threshold) => ({ above: threshold, price: priceAbove(prices, threshold, ref) }));
}

/** Null without a price per input token: hours of audio, pages and free entries (`{}`) are not a price of tokens. */
function priceAbove(prices: ModelPrice, threshold: number | null, ref: string): PriceUsed | null {
  const input = partAbove(prices.input_mtok, threshold);
  if (input === null) return null;
  const reasoning = partAbove(prices.output_reasoning_mtok, threshold);
  const perThousand = partAbove(prices.requests_kcount, threshold);
  return Object.freeze({
    input,
    output: partAbove(prices.output_mtok, threshold) ?? 0, // embeddings put nothing out
    cacheRead: partAbove(prices.cache_read_mtok, threshold) ?? input,
    cacheWrite: partAbove(prices.cache_write_mtok, threshold) ?? input,
    ...(reasoning === null ? {} : { reasoning }),
    ...(perThousand === null ? {} : { perRequest: perThousand / 1000 }),
    source: "builtin",
    ref: threshold === null ? ref : `${ref} (prompt over ${threshold} tokens)`,
    edition: EDITION,
  });
}

function partAbove(part: ModelPrice[string], threshold: number | null): number | null {
  if (part === undefined || typeof part === "number") return part ?? null;
  let price = part.base;
  for (const tier of [...part.tiers].sort((a, b) => a.start - b.start)) {
    if (threshold !== null && tier.start <= threshold) price = tier.price;
  }
  return price;
}
