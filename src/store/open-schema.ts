import type { Database } from "bun:sqlite";
import { StoreError } from "./store-error.ts";

/**
 * Makes the tables of a fresh file, or checks that an existing one is of this version. The observing databases (logs, roll-ups, key
 * state) are never migrated in place: a file of an older version is read as it is or set aside. Throws StoreError.
 */
export function openSchema(database: Database, path: string, version: number, schema: string): void {
  const found = schemaVersion(database);
  if (found === version) return;
  if (found !== 0) {
    throw new StoreError(
      `${path} has the format ${found}, this program writes ${version}: move the file away, or use the Sluice that wrote it`,
    );
  }
  database
    .transaction(() => {
      database.run(schema);
      database.run(`PRAGMA user_version = ${version}`);
    })
    .immediate();
}

export function schemaVersion(database: Database): number {
  return database.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;
}
