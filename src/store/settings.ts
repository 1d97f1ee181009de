import { eq } from "drizzle-orm";
import { currentAuthor } from "./author.ts";
import type { ConfigAccess, Queries } from "./config-access.ts";
import { setting } from "./tables/setting.ts";
import type { SettingChange, SettingStore } from "./types.ts";

/** Counts the changes; no setting itself, so it is neither in the history nor reverted. */
const VERSION = "$settings.version";

export function openSettings(database: ConfigAccess): SettingStore {
  return {
    async all() {
      const rows = database.read((queries) => queries.select().from(setting).orderBy(setting.key).all());
      return Object.fromEntries(rows.filter(({ key }) => key !== VERSION).map(({ key, value }) => [key, value]));
    },
    async rows() {
      const rows = database.read((queries) => queries.select().from(setting).orderBy(setting.key).all());
      return rows.filter(({ key }) => !key.startsWith("$"));
    },
    async version() {
      return database.read(readSettingsVersion);
    },
    put(changes) {
      const given = Object.entries(changes).filter(([, value]) => value !== undefined);
      return database.write((queries) => {
        for (const [key, value] of given) putSetting(queries, { key, value });
        if (given.some(([key]) => !key.startsWith("$"))) raiseSettingsVersion(queries);
      });
    },
    change(changes, expectedVersion) {
      return database.write((queries) => {
        const version = readSettingsVersion(queries);
        if (expectedVersion !== undefined && expectedVersion !== version) return { kind: "stale", version };
        for (const change of changes) putSetting(queries, change);
        return { kind: "ok", version: raiseSettingsVersion(queries) };
      });
    },
  };
}

/** Also for what changes settings by another way. */
export function raiseSettingsVersion(queries: Queries): number {
  const version = readSettingsVersion(queries) + 1;
  queries
    .insert(setting)
    .values({ key: VERSION, value: version })
    .onConflictDoUpdate({ target: setting.key, set: { value: version } })
    .run();
  return version;
}

function readSettingsVersion(queries: Queries): number {
  const row = queries.select().from(setting).where(eq(setting.key, VERSION)).get();
  return typeof row?.value === "number" ? row.value : 0;
}

function putSetting(queries: Queries, { key, value, memo }: SettingChange): void {
  if (value === null) {
    queries.delete(setting).where(eq(setting.key, key)).run();
    return;
  }
  const stamps = { updatedAt: Date.now(), updatedBy: currentAuthor().name };
  queries
    .insert(setting)
    .values({ key, value, memo: memo ?? null, ...stamps })
    // An old memo says why the old value was chosen.
    .onConflictDoUpdate({ target: setting.key, set: { value, memo: memo ?? null, ...stamps } })
    .run();
}
