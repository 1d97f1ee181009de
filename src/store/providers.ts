import { eq, inArray } from "drizzle-orm";
import { newId } from "../lib/id.ts";
import type { ConfigAccess, Queries } from "./config-access.ts";
import { bumpModels } from "./models.ts";
import { dropOffer } from "./provider-offers.ts";
import { dropLearned, isQuirk, putLearned, readLearned } from "./provider-quirks.ts";
import { modelTarget } from "./tables/model.ts";
import { provider } from "./tables/provider.ts";
import { providerKey } from "./tables/provider-key.ts";
import type { LearnedQuirk, ProviderRow, ProviderStore } from "./types.ts";
import { change, defined, firstStamps, inSlices, nextStamps } from "./written.ts";

/** `onKeysDeleted` hears of the keys that went with a provider: their observed state is forgotten elsewhere. */
export function openProviders(database: ConfigAccess, onKeysDeleted: (ids: readonly string[]) => void): ProviderStore {
  return {
    async list() {
      return database.read((queries) => {
        const learned = readLearned(queries, undefined);
        const rows = queries.select().from(provider).orderBy(provider.id).all();
        return rows.map((columns) => toRow(columns, learned.get(columns.id)));
      });
    },
    async get(id) {
      return database.read((queries) => find(queries, id));
    },
    create(values) {
      return database.write((queries) => {
        const existing = findByName(queries, values.name);
        if (existing !== null) return { kind: "duplicate", field: "name", existing };
        const row = { ...values, ...firstStamps(newId("prv")) };
        return { kind: "ok", row: toRow(queries.insert(provider).values(row).returning().get()) };
      });
    },
    update(id, given, expectedVersion) {
      const patch = defined(given);
      return database.write((queries) =>
        change({
          current: find(queries, id),
          expectedVersion,
          duplicate(current) {
            if (patch.name === undefined || patch.name === current.name) return null;
            const existing = findByName(queries, patch.name);
            return existing === null ? null : { field: "name", existing };
          },
          write(current) {
            queries
              .update(provider)
              .set({ ...patch, ...nextStamps(current) })
              .where(eq(provider.id, id))
              .run();
            // What answers elsewhere may be another program.
            if (patch.baseUrl !== undefined && patch.baseUrl !== current.baseUrl) {
              dropLearned(queries, id);
              dropOffer(queries, id);
            }
            return find(queries, id)!;
          },
        }),
      );
    },
    async delete(ids) {
      const gone = await database.write((queries) => ({
        keys: inSlices(ids, (slice) => keysOf(queries, slice)),
        // Keys and targets go with it (foreign keys); a model that loses a target has changed.
        providers: inSlices(ids, (slice) => {
          bumpModels(queries, modelsOf(queries, slice));
          return queries.delete(provider).where(inArray(provider.id, slice)).returning({ id: provider.id }).all();
        }),
      }));
      if (gone.keys.length > 0) onKeysDeleted(gone.keys);
      return gone.providers.map((row) => row.id);
    },
    learnQuirk(id, learned) {
      return database.write((queries) => {
        const current = find(queries, id);
        if (current === null || current.ignoredQuirks.includes(learned.quirk)) return false;
        return putLearned(queries, id, learned);
      });
    },
    forgetQuirk(id, quirk) {
      return database.write((queries) => {
        dropLearned(queries, id, quirk);
        return find(queries, id);
      });
    },
  };
}

function toRow(columns: typeof provider.$inferSelect, learnedQuirks: readonly LearnedQuirk[] = []): ProviderRow {
  return {
    ...columns,
    quirks: columns.quirks.filter(isQuirk),
    ignoredQuirks: columns.ignoredQuirks.filter(isQuirk),
    learnedQuirks,
  };
}

function find(queries: Queries, id: string): ProviderRow | null {
  const columns = queries.select().from(provider).where(eq(provider.id, id)).get();
  return columns === undefined ? null : toRow(columns, readLearned(queries, id).get(id));
}

function findByName(queries: Queries, name: string): ProviderRow | null {
  const columns = queries.select().from(provider).where(eq(provider.name, name)).get();
  return columns === undefined ? null : toRow(columns, readLearned(queries, columns.id).get(columns.id));
}

function keysOf(queries: Queries, providerIds: string[]): string[] {
  const rows = queries
    .select({ id: providerKey.id })
    .from(providerKey)
    .where(inArray(providerKey.providerId, providerIds));
  return rows.all().map((row) => row.id);
}

function modelsOf(queries: Queries, providerIds: string[]): string[] {
  const rows = queries
    .selectDistinct({ id: modelTarget.modelId })
    .from(modelTarget)
    .where(inArray(modelTarget.providerId, providerIds));
  return rows.all().map((row) => row.id);
}
