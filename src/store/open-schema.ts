import type { Database } from "bun:sqlite";
import { StoreError } from "./store-error.ts";

/**
 * Makes the tables of a fresh file, or checks that an existing one is of this version. The rows of the observing databases (logs,
 * roll-ups, key state) are never migrated: a file of an older version is read as it is, or set aside, or `upgrades` say what to add to it
 * to make the next version of it. Throws StoreError.
 */
export function openSchema(
  database: Database,
  path: string,
  version: number,
  schema: string,
  upgrades: Readonly<Record<number, string>> = {},
): void {
  let found = schemaVersion(database);
  for (let step = upgrades[found]; found < version && step !== undefined; step = upgrades[found]) {
    writeTables(database, step, ++found);
  }
  if (found === version) return;
  if (found !== 0) {
    throw new StoreError(
      `${path} has the format ${found}, this program writes ${version}: move the file away, or use the Sluice that wrote it`,
    );
  }
  writeTables(database, schema, version);
}

function writeTables(database: Database, sql: string, version: number): void {
  database
    .transaction(() => {
      database.run(sql);
      database.run(`PRAGMA user_version = ${version}`);
    })
    .immediate();
}

export function schemaVersion(database: Database): number {
  return database.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;
}
