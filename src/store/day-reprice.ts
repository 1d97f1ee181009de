import type { Database } from "bun:sqlite";
import type { CostPlan } from "./cost-types.ts";
import { type Repriced, type RoutesById, repricedIn } from "./day-costs.ts";
import { DAY_MS, type DayFile } from "./day-file.ts";
import type { Route } from "./shape.ts";
import { QUARTER_MS } from "./usage-cell.ts";

/**
 * Gives the requests of a quarter hour the costs of the plan, in one transaction with the word that the roll-ups must count it again.
 * False when none has another cost.
 */
export function repriceQuarter(file: DayFile, quarter: number, plan: CostPlan): boolean {
  const { database, day } = file;
  const routes = readRoutes(database);
  const rows = repricedIn(database, day, routes, { plan, quarter });
  if (rows.length === 0) return false;
  const startMs = day * DAY_MS + quarter * QUARTER_MS;
  file.rewrite({ first: startMs, last: startMs }, quarter, (shapeId) => writeRows(database, rows, routes, shapeId));
  return true;
}

function readRoutes(database: Database): RoutesById {
  const routes = database.query<{ id: number; value: string }, []>("SELECT id, value FROM shape WHERE kind = 'route'");
  return new Map(routes.all().map(({ id, value }) => [id, JSON.parse(value)]));
}

function writeRows(
  database: Database,
  rows: readonly Repriced[],
  routes: RoutesById,
  shapeId: (shape: { readonly kind: "route"; readonly value: string }) => number,
): void {
  const update = database.query<unknown, [number, number, number]>(
    "UPDATE request SET cost_nano_usd = ?, route = ? WHERE row = ?",
  );
  for (const { row, route: id, costNanoUsd, price } of rows) {
    const [protocol, endpoint, requestedModel, servedModel, providerId, keyId, , ...more] = routes.get(id)!;
    const route: Route = [protocol, endpoint, requestedModel, servedModel, providerId, keyId, price, ...more];
    update.run(costNanoUsd, shapeId({ kind: "route", value: JSON.stringify(route) }), row);
  }
}
