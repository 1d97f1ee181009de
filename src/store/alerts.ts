import { and, count, desc, eq, gt, gte, inArray, isNotNull, isNull, lt, lte, or, type SQL, sql } from "drizzle-orm";
import type { AlertState } from "../alert-rule.ts";
import { insertDelivery } from "./alert-deliveries.ts";
import type { AlertQuery, AlertStore } from "./alert-types.ts";
import type { ConfigDatabase } from "./config-database.ts";
import { readIdPage } from "./id-page.ts";
import { alert } from "./tables/alert.ts";

/** So many rows are written before other work gets its turn with the file. */
const SLICE = 200;

export function openAlerts(database: ConfigDatabase): AlertStore {
  return {
    async page(query, page) {
      const where = and(...conditionsOf(query));
      return database.read((queries) =>
        readIdPage(page, {
          count: () => queries.select({ total: count() }).from(alert).where(where).get()?.total ?? 0,
          rows: (bound, order, limit) =>
            queries
              .select()
              .from(alert)
              .where(and(where, bound(alert.id)))
              .orderBy(order(alert.id))
              .limit(limit)
              .all(),
        }),
      );
    },
    async get(id) {
      return database.read((queries) => queries.select().from(alert).where(eq(alert.id, id)).get() ?? null);
    },
    async live(resolvedSinceMs) {
      const where = or(isNull(alert.resolvedAt), gte(alert.resolvedAt, resolvedSinceMs));
      return database.read((queries) => queries.select().from(alert).where(where).orderBy(desc(alert.id)).all());
    },
    async save(alerts, deliveries) {
      await database.write((queries) => {
        for (let start = 0; start < alerts.length; start += SLICE) {
          queries
            .insert(alert)
            .values(alerts.slice(start, start + SLICE))
            .onConflictDoUpdate({ target: alert.id, set: NEW_VALUES })
            .run();
        }
        for (const delivery of deliveries) insertDelivery(queries, delivery);
      });
    },
    async expire(resolvedBeforeMs) {
      await database.write((queries) => queries.delete(alert).where(lt(alert.resolvedAt, resolvedBeforeMs)).run());
    },
  };
}

/** What may change about an incident. */
const NEW_VALUES = Object.fromEntries(
  (
    [
      "severity",
      "title",
      "detail",
      "lastSeenAt",
      "resolvedAt",
      "acknowledgedAt",
      "mutedUntil",
      "changedAt",
      "occurrences",
      "told",
      "toldAt",
    ] as const
  ).map((name) => [name, sql.raw(`excluded.${alert[name].name}`)]),
);

function conditionsOf({ states, severities, kinds, ruleIds, subjects, fromMs, toMs, nowMs }: AlertQuery): SQL[] {
  const conditions = [
    states && or(...states.map((state) => isIn(state, nowMs)), states.length === 0 ? sql`0` : undefined),
    severities && inArray(alert.severity, [...severities]),
    kinds && inArray(alert.kind, [...kinds]),
    ruleIds && inArray(alert.ruleId, [...ruleIds]),
    subjects && inArray(alert.subject, [...subjects]),
    fromMs === undefined ? undefined : gte(alert.openedAt, fromMs),
    toMs === undefined ? undefined : lt(alert.openedAt, toMs),
  ];
  return conditions.filter((condition): condition is SQL => condition !== undefined);
}

/** The same as policy/alert-notice says of one incident. */
function isIn(state: AlertState, nowMs: number): SQL | undefined {
  const isMuted = gt(alert.mutedUntil, nowMs);
  const isHeard = or(isNull(alert.mutedUntil), lte(alert.mutedUntil, nowMs));
  switch (state) {
    case "RESOLVED":
      return isNotNull(alert.resolvedAt);
    case "MUTED":
      return and(isNull(alert.resolvedAt), isMuted);
    case "ACKNOWLEDGED":
      return and(isNull(alert.resolvedAt), isHeard, isNotNull(alert.acknowledgedAt));
    case "OPEN":
      return and(isNull(alert.resolvedAt), isHeard, isNull(alert.acknowledgedAt));
  }
}
