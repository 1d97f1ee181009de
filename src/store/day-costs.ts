import type { Database } from "bun:sqlite";
import { costOf } from "../cost.ts";
import { msOfRow } from "../lib/id.ts";
import type { PriceUsed } from "../record.ts";
import { isSamePrice, priceIn, type Tariff } from "../tariff.ts";
import type { CostPlan, CostSums, DayCosts, PricedRoute } from "./cost-types.ts";
import { DAY_MS, QUARTERS_PER_DAY, rowOfQuarter } from "./day-file.ts";
import { type RowRange, timeRange } from "./log-filter.ts";
import type { Route } from "./shape.ts";

/** A row whose cost or price is another one by the plan. */
export interface Repriced {
  readonly row: number;
  readonly route: number;
  readonly costNanoUsd: number;
  readonly price: PriceUsed;
}

export type RoutesById = ReadonlyMap<number, Route>;

type RawRow = readonly [
  row: number,
  route: number,
  receivedUs: number | null,
  inputTokens: number,
  cacheReadTokens: number,
  cacheWriteTokens: number,
  outputTokens: number,
  reasoningTokens: number,
  costNanoUsd: number | null,
];

/** Each once, whatever it was priced at. */
export function pricedRoutes(routes: RoutesById): PricedRoute[] {
  const found = Array.from(routes.values(), ([, , requestedModel, servedModel, providerId]) => ({
    requestedModel,
    servedModel,
    providerId,
  }));
  return [...new Map(found.map((route) => [routeKey(route), route])).values()];
}

/** What the plan would make of a day, and in which quarter hours. */
export function lookAtCosts(database: Database, day: number, routes: RoutesById, plan: CostPlan): DayCosts {
  const models = new Map<string, CostSums>();
  const quarters = new Set<number>();
  const pricing = new Pricing(database, day, routes, plan);
  const add = (quarter: number) => (cost: number | null, route: Route, repriced: Repriced | null) => {
    const model = route[3] ?? route[2];
    let sums = models.get(model);
    if (sums === undefined) {
      sums = { requests: 0, changed: 0, unpricedBefore: 0, unpricedAfter: 0, beforeNanoUsd: 0, afterNanoUsd: 0 };
      models.set(model, sums);
    }
    const after = repriced === null ? cost : repriced.costNanoUsd;
    sums.requests++;
    if (cost === null) sums.unpricedBefore++;
    if (after === null) sums.unpricedAfter++;
    sums.beforeNanoUsd += cost ?? 0;
    sums.afterNanoUsd += after ?? 0;
    if (repriced === null) return;
    sums.changed++;
    quarters.add(quarter);
  };
  for (let quarter = 0; quarter < QUARTERS_PER_DAY; quarter++) pricing.each(quarter, add(quarter));
  return { models: Object.fromEntries(models), quarters: [...quarters] };
}

/** Those rows of a quarter hour that the plan changes. */
export function repricedIn(
  database: Database,
  day: number,
  routes: RoutesById,
  { plan, quarter }: { readonly plan: CostPlan; readonly quarter: number },
): Repriced[] {
  const found: Repriced[] = [];
  new Pricing(database, day, routes, plan).each(quarter, (_cost, _route, repriced) => {
    if (repriced !== null) found.push(repriced);
  });
  return found;
}

/** A plan, applied to a day. */
class Pricing {
  readonly #tariffs: ReadonlyMap<string, Tariff | null>;
  /** By number of the route; undefined for those that the plan leaves alone. */
  readonly #byRoute = new Map<number, Tariff | null | undefined>();
  readonly #asked: RowRange;

  constructor(
    private readonly database: Database,
    private readonly day: number,
    private readonly routes: RoutesById,
    private readonly plan: CostPlan,
  ) {
    this.#tariffs = new Map(plan.routes.map((route) => [routeKey(route), route.tariff]));
    this.#asked = timeRange(plan, day);
  }

  /** The requests that the plan is about, those with tokens: without, there is nothing to price. */
  each(quarter: number, visit: (cost: number | null, route: Route, repriced: Repriced | null) => void): void {
    const low = Math.max(this.#asked.low, rowOfQuarter(quarter));
    const high = Math.min(this.#asked.high, rowOfQuarter(quarter + 1));
    if (low >= high) return;
    for (const raw of this.#rows(low, high)) {
      const route = this.routes.get(raw[1]);
      const tariff = route === undefined ? undefined : this.#tariffOf(raw[1], route);
      if (route === undefined || tariff === undefined) continue;
      visit(raw[8], route, tariff === null ? null : reprice(raw, this.day, route, tariff));
    }
  }

  #rows(low: number, high: number): readonly RawRow[] {
    const rows = this.database.query<never, [number, number]>(
      `SELECT row, route, received_us, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens, cost_nano_usd
       FROM request WHERE row >= ? AND row < ? AND input_tokens IS NOT NULL${this.plan.onlyUnknown ? " AND cost_nano_usd IS NULL" : ""}`,
    );
    return rows.values(low, high) as unknown as RawRow[];
  }

  #tariffOf(id: number, [, , requestedModel, servedModel, providerId]: Route): Tariff | null | undefined {
    if (!this.#byRoute.has(id)) {
      this.#byRoute.set(id, this.#tariffs.get(routeKey({ requestedModel, servedModel, providerId })));
    }
    return this.#byRoute.get(id);
  }
}

/** Null when it stays as it is: what nobody has a price for keeps the one it had. */
function reprice(raw: RawRow, day: number, route: Route, tariff: Tariff): Repriced | null {
  const [row, id, receivedUs, inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens, reasoningTokens, cost] =
    raw;
  const usage = { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens, reasoningTokens };
  const atMs = day * DAY_MS + msOfRow(row) + (receivedUs ?? 0) / 1000;
  const price = priceIn(tariff, atMs, inputTokens + cacheReadTokens + cacheWriteTokens);
  if (price === null) return null;
  const costNanoUsd = costOf(usage, price)!;
  return costNanoUsd === cost && isSamePrice(price, route[6]) ? null : { row, route: id, costNanoUsd, price };
}

function routeKey({ requestedModel, servedModel, providerId }: PricedRoute): string {
  return JSON.stringify([requestedModel, servedModel, providerId]);
}
