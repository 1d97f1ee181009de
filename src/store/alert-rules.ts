import { eq, inArray } from "drizzle-orm";
import { newId } from "../lib/id.ts";
import type { AlertRuleRow, AlertRuleValues } from "./alert-types.ts";
import type { ConfigAccess, Queries } from "./config-access.ts";
import { alertRule } from "./tables/alert-rule.ts";
import type { Nouns } from "./types.ts";
import { change, defined, firstStamps, inSlices, nextStamps } from "./written.ts";

export function openAlertRules(database: ConfigAccess): Nouns<AlertRuleRow, AlertRuleValues> {
  return {
    async list() {
      return database.read((queries) => queries.select().from(alertRule).orderBy(alertRule.id).all());
    },
    async get(id) {
      return database.read((queries) => find(queries, id));
    },
    create(values) {
      return database.write((queries) => {
        const existing = findByName(queries, values.name);
        if (existing !== null) return { kind: "duplicate", field: "name", existing };
        const row = { ...values, ...firstStamps(newId("arl")) };
        return { kind: "ok", row: queries.insert(alertRule).values(row).returning().get() };
      });
    },
    update(id, given, expectedVersion) {
      const patch = defined(given);
      return database.write((queries) =>
        change({
          current: find(queries, id),
          expectedVersion,
          duplicate(current) {
            const existing = findByName(queries, patch.name ?? current.name);
            return existing === null || existing.id === id ? null : { field: "name", existing };
          },
          write: (current) =>
            queries
              .update(alertRule)
              .set({ ...patch, ...nextStamps(current) })
              .where(eq(alertRule.id, id))
              .returning()
              .get(),
        }),
      );
    },
    async delete(ids) {
      const gone = await database.write((queries) =>
        inSlices(ids, (slice) =>
          queries.delete(alertRule).where(inArray(alertRule.id, slice)).returning({ id: alertRule.id }).all(),
        ),
      );
      return gone.map((row) => row.id);
    },
  };
}

function find(queries: Queries, id: string): AlertRuleRow | null {
  return queries.select().from(alertRule).where(eq(alertRule.id, id)).get() ?? null;
}

function findByName(queries: Queries, name: string): AlertRuleRow | null {
  return queries.select().from(alertRule).where(eq(alertRule.name, name)).get() ?? null;
}
