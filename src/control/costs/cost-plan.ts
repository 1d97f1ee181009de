import { tariffFor } from "../../policy/pricing.ts";
import type { CostPlan, PricedRoute } from "../../store/cost-types.ts";
import type { ModelRow, ProviderRow } from "../../store/types.ts";
import { matchesAny } from "../../store/wildcard.ts";
import type { Control } from "../control.ts";
import type { TimeRange } from "../usage/time-range.ts";

/** Which requests are to be priced anew. */
export interface CostScope extends TimeRange {
  /** As asked for or as served; `*` is a wildcard. Empty: all. */
  readonly models: readonly string[];
  readonly providerIds: readonly string[];
  readonly onlyUnknown: boolean;
}

/** What prices are known by, as it is now. */
export interface PriceBook {
  readonly providers: ReadonlyMap<string, ProviderRow>;
  /** By name and alias. */
  readonly models: ReadonlyMap<string, ModelRow>;
}

export async function readPriceBook({ rows }: Control): Promise<PriceBook> {
  const [providers, models] = await Promise.all([rows.providers(), rows.models()]);
  // Names stand before aliases, and what is in use before what is not.
  const inOrder = [...models.values()].sort((a, b) => Number(a.enabled) - Number(b.enabled));
  const byName = new Map(inOrder.flatMap((row) => row.aliases.map((alias) => [alias, row] as const)));
  for (const row of inOrder) byName.set(row.name, row);
  return { providers, models: byName };
}

/** The prices that hold for the routes of a day, in the way in which the gateway finds them. */
export function planDay(book: PriceBook, scope: CostScope, routes: readonly PricedRoute[], day: TimeRange): CostPlan {
  const asked = routes.filter((route) => isAsked(scope, route));
  return {
    fromMs: scope.fromMs,
    toMs: scope.toMs,
    onlyUnknown: scope.onlyUnknown,
    routes: asked.map((route) => ({ ...route, tariff: tariffOf(book, route, day) })),
  };
}

function isAsked(
  { models, providerIds }: CostScope,
  { requestedModel, servedModel, providerId }: PricedRoute,
): boolean {
  if (providerIds.length > 0 && (providerId === null || !providerIds.includes(providerId))) return false;
  if (models.length === 0 || matchesAny(models, requestedModel)) return true;
  return servedModel !== null && matchesAny(models, servedModel);
}

/** Null when nobody was asked, and when the provider is gone and no person has named a price: the list's depends on whose the model is. */
function tariffOf(book: PriceBook, { requestedModel, servedModel, providerId }: PricedRoute, day: TimeRange) {
  if (servedModel === null || providerId === null) return null;
  const modelPrice = book.models.get(requestedModel)?.price ?? null;
  const provider = book.providers.get(providerId);
  if (provider === undefined && modelPrice === null) return null;
  const { kind = "openai-compatible", baseUrl } = provider ?? {};
  return tariffFor(
    { modelPrice, kind, upstreamModel: servedModel, ...(baseUrl === undefined ? {} : { baseUrl }) },
    day,
  );
}
