import { eq, inArray } from "drizzle-orm";
import { newId } from "../lib/id.ts";
import type { Secret, Vault } from "../lib/secret.ts";
import type { ConfigAccess, Queries } from "./config-access.ts";
import { clientKey } from "./tables/client-key.ts";
import type { ClientKeyRow, ClientKeyStore } from "./types.ts";
import { change, defined, firstStamps, inSlices, nextStamps } from "./written.ts";

/**
 * Last uses do not stand in this database: one synced write per batch of requests would stall the streams. They live in memory and
 * go to state.db through the writer.
 */
export interface LastUses {
  get(id: string): number | null;
  put(lastUsed: ReadonlyMap<string, number>): void;
}

export function openClientKeys(database: ConfigAccess, vault: Vault, lastUses: LastUses): ClientKeyStore {
  const toRow = (columns: typeof clientKey.$inferSelect): ClientKeyRow => ({
    ...columns,
    lastUsedAt: lastUses.get(columns.id),
  });

  function find(queries: Queries, where: ReturnType<typeof eq>): ClientKeyRow | null {
    const columns = queries.select().from(clientKey).where(where).get();
    return columns === undefined ? null : toRow(columns);
  }

  function findDuplicate(
    queries: Queries,
    id: string,
    unique: { name?: string; hash: string | null; builtin: ClientKeyRow["builtin"] },
  ) {
    const claims = [
      ["name", unique.name === undefined ? null : eq(clientKey.name, unique.name)],
      ["secret", unique.hash === null ? null : eq(clientKey.hash, unique.hash)],
      ["builtin", unique.builtin === null ? null : eq(clientKey.builtin, unique.builtin)],
    ] as const;
    for (const [field, where] of claims) {
      const existing = where === null ? null : find(queries, where);
      if (existing !== null && existing.id !== id) return { field, existing };
    }
    return null;
  }

  return {
    async list() {
      return database.read((queries) => queries.select().from(clientKey).orderBy(clientKey.id).all().map(toRow));
    },
    async get(id) {
      return database.read((queries) => find(queries, eq(clientKey.id, id)));
    },
    create(values) {
      const { secret, ...columns } = values;
      const row = { ...columns, ...credential(vault, secret), ...firstStamps(newId("cky")) };
      return database.write((queries) => {
        const duplicate = findDuplicate(queries, row.id, row);
        if (duplicate !== null) return { kind: "duplicate", ...duplicate };
        return { kind: "ok", row: toRow(queries.insert(clientKey).values(row).returning().get()) };
      });
    },
    update(id, patch, expectedVersion) {
      const { secret, ...columns } = defined(patch);
      const replaced = secret === undefined ? {} : credential(vault, secret);
      return database.write((queries) =>
        change({
          current: find(queries, eq(clientKey.id, id)),
          expectedVersion,
          duplicate: (current) => findDuplicate(queries, id, { ...current, ...columns, ...replaced }),
          write: (current) =>
            toRow(
              queries
                .update(clientKey)
                .set({ ...columns, ...replaced, ...nextStamps(current) })
                .where(eq(clientKey.id, id))
                .returning()
                .get(),
            ),
        }),
      );
    },
    async delete(ids) {
      const gone = await database.write((queries) =>
        inSlices(ids, (slice) =>
          queries.delete(clientKey).where(inArray(clientKey.id, slice)).returning({ id: clientKey.id }).all(),
        ),
      );
      return gone.map((row) => row.id);
    },
    async touch(lastUsed) {
      lastUses.put(lastUsed);
    },
  };
}

function credential(vault: Vault, secret: Secret | null): { hash: string | null; secretPreview: string } {
  if (secret === null) return { hash: null, secretPreview: "" };
  return { hash: vault.clientKeyHash(secret.reveal()), secretPreview: secret.preview() };
}
