import { type Database, SQLiteError, type SQLQueryBindings } from "bun:sqlite";
import type { Cells, ObjectChange, RowChange } from "./config-changes.ts";
import type { JournaledTable } from "./journal.ts";

type Value = SQLQueryBindings;
type Tables = ReadonlyMap<string, JournaledTable>;
interface Target {
  readonly table: JournaledTable;
  readonly key: readonly (string | number)[];
  readonly current: Cells | null;
  row: Cells | null;
}

/**
 * Undoes row changes, newest first: afterwards the configuration's rows are as they were before the oldest of them, but for their
 * versions, which only rise. Foreign keys must be off, so that replacing a row does not take along what refers to it; rows that are
 * left without what they refer to go afterwards, as they would have gone with it.
 */
export function undoRows(database: Database, tables: Tables, changes: readonly RowChange[]): void {
  putBack(database, tables, changes);
  dropOrphans(database);
}

/**
 * Brings back objects that were removed, each by itself: one that is there again, or whose name somebody else has now, stays away.
 * Returns the ids of those. Foreign keys must be off: what belongs to an object that stays away goes afterwards.
 */
export function restoreObjects(database: Database, tables: Tables, objects: readonly ObjectChange[]): string[] {
  const conflicting = objects.filter(({ rows }) => !tryToPutBack(database, tables, rows));
  dropOrphans(database);
  return conflicting.map(({ objectId }) => objectId);
}

function tryToPutBack(database: Database, tables: Tables, rows: readonly RowChange[]): boolean {
  const isThere = rows.some(({ table: name, key }) => {
    const table = tables.get(name);
    return table !== undefined && readRow(database, table, key) !== null;
  });
  if (isThere) return false;
  database.run("SAVEPOINT object");
  try {
    putBack(database, tables, rows);
    return true;
  } catch (error) {
    if (!isTaken(error)) throw error;
    database.run("ROLLBACK TO object");
    return false;
  } finally {
    database.run("RELEASE object");
  }
}

function isTaken(error: unknown): boolean {
  return (
    error instanceof SQLiteError &&
    (error.code === "SQLITE_CONSTRAINT_UNIQUE" || error.code === "SQLITE_CONSTRAINT_PRIMARYKEY")
  );
}

function putBack(database: Database, tables: Tables, changes: readonly RowChange[]): void {
  const targets = new Map<string, Target>();
  for (const { table: name, key, before } of changes) {
    const table = tables.get(name);
    if (table === undefined) continue; // Of a table that is no more.
    const place = `${name} ${JSON.stringify(key)}`;
    const target = targets.get(place) ?? startAt(table, key, readRow(database, table, key));
    // A changed row notes only the columns that differ; a deleted one all.
    target.row = before === null ? null : { ...target.row, ...before };
    targets.set(place, target);
  }
  // All go before any comes: a name may have moved from one row to another.
  for (const { table, key, current } of targets.values()) if (current !== null) deleteRow(database, table, key);
  for (const { table, current, row } of targets.values()) {
    if (row === null) continue;
    const version = Math.max(Number(current?.version ?? 0), Number(row.version ?? 0)) + 1;
    insertRow(database, table, table.isVersioned ? { ...row, version, updated_at: Date.now() } : row);
  }
}

function startAt(table: JournaledTable, key: Target["key"], current: Cells | null): Target {
  return { table, key, current, row: current };
}

function readRow(database: Database, table: JournaledTable, key: readonly Value[]): Cells | null {
  const columns = table.columns
    .map((column) => (table.binaryColumns.has(column) ? `hex("${column}") AS "${column}"` : `"${column}"`))
    .join(", ");
  const nulls = [...table.binaryColumns].map((column) => `"${column}" IS NULL AS "null ${column}"`).join(", ");
  const row = ask<Record<string, string | number | null>>(
    database,
    `SELECT ${[columns, nulls].filter(Boolean).join(", ")} FROM "${table.name}" WHERE ${whereKey(table)}`,
    key,
  )[0];
  if (row === undefined) return null;
  return Object.fromEntries(table.columns.map((column) => [column, row[`null ${column}`] === 1 ? null : row[column]!]));
}

function deleteRow(database: Database, table: JournaledTable, key: readonly Value[]): void {
  database.run(`DELETE FROM "${table.name}" WHERE ${whereKey(table)}`, [...key]);
}

/** Columns that have come since the row was noted take their defaults. */
function insertRow(database: Database, table: JournaledTable, cells: Cells): void {
  const columns = table.columns.filter((column) => column in cells);
  const values = columns.map((column): Value => {
    const cell = cells[column]!;
    return cell !== null && table.binaryColumns.has(column) ? Buffer.from(String(cell), "hex") : cell;
  });
  const names = columns.map((column) => `"${column}"`).join(", ");
  database.run(`INSERT INTO "${table.name}" (${names}) VALUES (${columns.map(() => "?").join(", ")})`, values);
}

function whereKey({ keyColumns }: JournaledTable): string {
  return keyColumns.map((column) => `"${column}" = ?`).join(" AND ");
}

/** Until nothing is found: what goes may be what another row refers to. */
function dropOrphans(database: Database): void {
  for (;;) {
    const orphans = ask<{ table: string; rowid: number }>(database, "PRAGMA foreign_key_check", []);
    if (orphans.length === 0) return;
    for (const { table, rowid } of orphans) database.run(`DELETE FROM "${table}" WHERE rowid = ?`, [rowid]);
  }
}

/** Finalized at once: a statement that is left keeps the file open. */
function ask<Row>(database: Database, sql: string, values: readonly Value[]): Row[] {
  const statement = database.prepare<Row, Value[]>(sql);
  try {
    return statement.all(...values);
  } finally {
    statement.finalize();
  }
}
