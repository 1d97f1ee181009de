import { and, asc, count, desc, eq, isNotNull, lt, lte, min } from "drizzle-orm";
import { newId } from "../lib/id.ts";
import type { DeliveryRow, DeliveryStore, NewDelivery } from "./alert-types.ts";
import type { ConfigDatabase, Queries } from "./config-database.ts";
import { readIdPage } from "./id-page.ts";
import { alertDelivery } from "./tables/alert-delivery.ts";

/** The outbox of the alert channels, and what became of what was in it. */
export function openAlertDeliveries(database: ConfigDatabase): DeliveryStore {
  return {
    async due(nowMs, limit) {
      return database.read((queries) =>
        queries
          .select()
          .from(alertDelivery)
          .where(lte(alertDelivery.nextAttemptAt, nowMs))
          .orderBy(asc(alertDelivery.nextAttemptAt))
          .limit(limit)
          .all(),
      );
    },
    async nextDueAt() {
      const at = database.read((queries) =>
        queries
          .select({ at: min(alertDelivery.nextAttemptAt) })
          .from(alertDelivery)
          .where(isNotNull(alertDelivery.nextAttemptAt))
          .get(),
      );
      return at?.at ?? null;
    },
    add(delivery) {
      return database.write((queries) => insertDelivery(queries, delivery));
    },
    finish(id, outcome) {
      return database.write(
        (queries) =>
          queries.update(alertDelivery).set(outcome).where(eq(alertDelivery.id, id)).returning().get() ?? null,
      );
    },
    async page(channelId, page) {
      const where = eq(alertDelivery.channelId, channelId);
      return database.read((queries) =>
        readIdPage(page, {
          count: () => queries.select({ total: count() }).from(alertDelivery).where(where).get()?.total ?? 0,
          rows: (bound, order, limit) =>
            queries
              .select()
              .from(alertDelivery)
              .where(and(where, bound(alertDelivery.id)))
              .orderBy(order(alertDelivery.id))
              .limit(limit)
              .all(),
        }),
      );
    },
    async last(channelId) {
      const where = and(eq(alertDelivery.channelId, channelId), isNotNull(alertDelivery.endedAt));
      return database.read(
        (queries) =>
          queries.select().from(alertDelivery).where(where).orderBy(desc(alertDelivery.endedAt)).limit(1).get() ?? null,
      );
    },
    async expire(endedBeforeMs) {
      await database.write((queries) =>
        queries.delete(alertDelivery).where(lt(alertDelivery.endedAt, endedBeforeMs)).run(),
      );
    },
  };
}

export function insertDelivery(queries: Queries, delivery: NewDelivery): DeliveryRow {
  return queries
    .insert(alertDelivery)
    .values({
      ...delivery,
      id: newId("adl", delivery.createdAt),
      state: "PENDING",
      attempts: 0,
      nextAttemptAt: delivery.createdAt,
      endedAt: null,
      httpStatus: null,
      answer: null,
    })
    .returning()
    .get();
}
