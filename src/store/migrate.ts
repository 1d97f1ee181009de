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
 * process, the next start goes on with the first one missing. An existing database is copied to `<path>.before-<n>` first, n being
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
  if (applied.length > 0) snapshot(database, path, applied.length);
  for (const [index, migration] of migrations.entries()) {
    if (index >= applied.length) apply(database, path, index, migration);
  }
}

function readApplied(database: Database): Applied[] {
  database.run(
    "CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, hash TEXT NOT NULL, applied_at INTEGER NOT NULL)",
  );
  return database.query<Applied, []>("SELECT number, name, hash FROM migration ORDER BY number").all();
}

function apply(database: Database, path: string, index: number, migration: Migration): void {
  database
    .transaction(() => {
      for (const statement of migration.sql.split("--> statement-breakpoint")) {
        if (statement.trim() !== "") database.run(statement);
      }
      const broken = database.query("PRAGMA foreign_key_check").all();
      if (broken.length > 0) throw new StoreError(`${path}: migration ${migration.name} would leave broken references`);
      database.run("INSERT INTO migration (number, name, hash, applied_at) VALUES (?, ?, ?, ?)", [
        index,
        migration.name,
        hashOf(migration),
        Date.now(),
      ]);
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
