import { eq } from "drizzle-orm";
import type { ConfigDatabase } from "./config-database.ts";
import { setting } from "./tables/setting.ts";
import type { SettingStore } from "./types.ts";

export function openSettings(database: ConfigDatabase): SettingStore {
  return {
    async all() {
      const rows = database.read((queries) => queries.select().from(setting).orderBy(setting.key).all());
      return Object.fromEntries(rows.map((row) => [row.key, row.value]));
    },
    put(changes) {
      return database.write((queries) => {
        for (const [key, value] of Object.entries(changes)) {
          if (value === undefined) continue;
          if (value === null) {
            queries.delete(setting).where(eq(setting.key, key)).run();
          } else {
            queries
              .insert(setting)
              .values({ key, value })
              .onConflictDoUpdate({ target: setting.key, set: { value } })
              .run();
          }
        }
      });
    },
  };
}
