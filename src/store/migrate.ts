import type { Database } from "bun:sqlite";
import { renameSync, rmSync } from "node:fs";
import type { Migration } from "../../migrations/index.ts";
import { makePrivate } from "./data-directory.ts";
import { StoreError } from "./store-error.ts";

interface Applied {
  readonly number: number;
  readonly name: string;
  readonly hash: string;
}

/**
 * Brings a database up to the program's migrations. Each runs in one transaction with its record, so that whatever kills the
 * process, the next start goes on with the first one missing; all of a new database are one. An existing database is copied to `<path>.before-<n>` first, n being
 * the migrations it had. Foreign keys must be off: a table is rebuilt by dropping it. Throws StoreError for a database that is
 * newer than the program, or was made by other migrations.
 */
export function migrate(database: Database, path: string, migrations: readonly Migration[]): void {
  const applied = readApplied(database);
  for (const [index, record] of applied.entries()) {
    const known = migrations[index];
    if (known === undefined) {
      throw new StoreError(
        `${path} was written by a newer version of Sluice (it has ${applied.length} migrations, this program knows ${migrations.length}): install that version, or restore a backup`,
      );
    }
    if (known.name !== record.name || hashOf(known) !== record.hash) {
      throw new StoreError(`${path}: its migration ${record.name} is not the one of this program (${known.name})`);
    }
  }
  if (applied.length === migrations.length) return;
  const missing = migrations.entries().drop(applied.length);
  if (applied.length === 0) {
    apply(database, path, [...missing]);
    return;
  }
  snapshot(database, path, applied.length);
  for (const one of missing) apply(database, path, [one]);
}

function readApplied(database: Database): Applied[] {
  if (database.query("SELECT 1 FROM sqlite_master WHERE name = 'migration'").get() === null) return [];
  return database.query<Applied, []>("SELECT number, name, hash FROM migration ORDER BY number").all();
}

const RECORDS =
  "CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, hash TEXT NOT NULL, applied_at INTEGER NOT NULL)";

function apply(database: Database, path: string, migrations: readonly (readonly [number, Migration])[]): void {
  database
    .transaction(() => {
      database.run(RECORDS);
      for (const [index, migration] of migrations) {
        for (const statement of migration.sql.split("--> statement-breakpoint")) {
          if (statement.trim() !== "") database.run(statement);
        }
        const { name } = migration;
        const record = [index, name, hashOf(migration), Date.now()];
        database.run("INSERT INTO migration (number, name, hash, applied_at) VALUES (?, ?, ?, ?)", record);
      }
      const broken = database.query("PRAGMA foreign_key_check").all();
      if (broken.length > 0) {
        const last = migrations.at(-1)![1].name;
        throw new StoreError(`${path}: migration ${last} would leave broken references`);
      }
    })
    .immediate();
}

/** Written beside its name and renamed: what carries the name is whole. */
function snapshot(database: Database, path: string, had: number): void {
  const target = `${path}.before-${had}`;
  const unfinished = `${target}.part`;
  rmSync(unfinished, { force: true });
  database.run("VACUUM INTO ?", [unfinished]);
  makePrivate(unfinished);
  renameSync(unfinished, target);
}

function hashOf(migration: Migration): string {
  return new Bun.CryptoHasher("sha256").update(migration.sql.replaceAll("\r\n", "\n")).digest("hex");
}
