import { eq, sql } from "drizzle-orm";
import type { ConfigAccess } from "./config-access.ts";
import { keyBalance } from "./tables/provider-key.ts";
import type { KeyBalanceStore } from "./types.ts";
import { inSlices } from "./written.ts";

export function openKeyBalances(database: ConfigAccess): KeyBalanceStore {
  return {
    all: async () => database.read((queries) => queries.select().from(keyBalance).all()),
    async put(rows) {
      if (rows.length === 0) return;
      await database.write((queries) => {
        inSlices(rows, (slice) => {
          const { remaining, total, currency, source, refreshedAt } = keyBalance;
          const set = Object.fromEntries(
            Object.entries({ remaining, total, currency, source, refreshedAt }).map(([name, column]) => [
              name,
              sql.raw(`excluded.${column.name}`),
            ]),
          );
          queries.insert(keyBalance).values(slice).onConflictDoUpdate({ target: keyBalance.keyId, set }).run();
          return [];
        });
      });
    },
    async delete(keyId) {
      await database.write((queries) => queries.delete(keyBalance).where(eq(keyBalance.keyId, keyId)).run());
    },
  };
}
