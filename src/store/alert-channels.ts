import { eq, inArray } from "drizzle-orm";
import { newId } from "../lib/id.ts";
import type { Secret, Vault } from "../lib/secret.ts";
import type { AlertChannelRow, AlertChannelStore } from "./alert-types.ts";
import type { ConfigAccess, Queries } from "./config-access.ts";
import { StoreError } from "./store-error.ts";
import { alertChannel } from "./tables/alert-channel.ts";
import { change, defined, firstStamps, inSlices, nextStamps } from "./written.ts";

type Columns = typeof alertChannel.$inferSelect;

/** A channel's configuration is sealed whole: most of these addresses are credentials. */
export function openAlertChannels(database: ConfigAccess, vault: Vault): AlertChannelStore {
  const seal = (id: string, config: Secret) => Buffer.from(vault.seal(config, place(id)));
  return {
    async list() {
      return database.read((queries) => queries.select().from(alertChannel).orderBy(alertChannel.id).all().map(toRow));
    },
    async get(id) {
      const columns = database.read((queries) => find(queries, id));
      return columns === null ? null : toRow(columns);
    },
    async openConfig(id) {
      const columns = database.read((queries) => find(queries, id));
      if (columns === null) return null;
      try {
        return vault.open(columns.config, place(id));
      } catch (error) {
        const reason = error instanceof Error ? error.message : "unknown";
        throw new StoreError(`alert channel ${columns.name} (${id}) cannot be opened: ${reason}`, error);
      }
    },
    create({ config, ...values }) {
      const stamps = firstStamps(newId("ach"));
      const row = { ...values, ...stamps, config: seal(stamps.id, config) };
      return database.write((queries) => {
        const existing = findByName(queries, values.name);
        if (existing !== null) return { kind: "duplicate", field: "name", existing };
        return { kind: "ok", row: toRow(queries.insert(alertChannel).values(row).returning().get()) };
      });
    },
    update(id, given, expectedVersion) {
      const { config, ...patch } = defined(given);
      const sealed = config === undefined ? {} : { config: seal(id, config) };
      return database.write((queries) => {
        const columns = find(queries, id);
        return change({
          current: columns && toRow(columns),
          expectedVersion,
          duplicate(current) {
            const existing = findByName(queries, patch.name ?? current.name);
            return existing === null || existing.id === id ? null : { field: "name", existing };
          },
          write: (current) =>
            toRow(
              queries
                .update(alertChannel)
                .set({ ...patch, ...sealed, ...nextStamps(current) })
                .where(eq(alertChannel.id, id))
                .returning()
                .get(),
            ),
        });
      });
    },
    async delete(ids) {
      const gone = await database.write((queries) =>
        inSlices(ids, (slice) =>
          queries.delete(alertChannel).where(inArray(alertChannel.id, slice)).returning({ id: alertChannel.id }).all(),
        ),
      );
      return gone.map((row) => row.id);
    },
  };
}

/** The public part: the sealed column leaves this file only through `openConfig`. */
function toRow({ config: _config, ...row }: Columns): AlertChannelRow {
  return row;
}

function find(queries: Queries, id: string): Columns | null {
  return queries.select().from(alertChannel).where(eq(alertChannel.id, id)).get() ?? null;
}

function findByName(queries: Queries, name: string): AlertChannelRow | null {
  const columns = queries.select().from(alertChannel).where(eq(alertChannel.name, name)).get();
  return columns === undefined ? null : toRow(columns);
}

function place(id: string) {
  return { table: "alert_channel", row: id, column: "config" };
}
