import { getTableColumns, type InferSelectModel, sql } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import type { Queries } from "./config-access.ts";

/**
 * Writes whole rows with one statement, run for each of them; what is there already is left as it is. True for each that was written.
 * Drizzle would put the words for hundreds of rows together value by value, which takes several times as long as SQLite needs for them.
 */
export function insertRows<Table extends SQLiteTable>(
  queries: Queries,
  table: Table,
  rows: readonly InferSelectModel<Table>[],
): boolean[] {
  if (rows.length === 0) return [];
  const columns = Object.entries(getTableColumns(table));
  const places = Object.fromEntries(columns.map(([name]) => [name, sql`${sql.placeholder(name)}`]));
  const statement = queries
    .insert(table)
    .values(places as Table["$inferInsert"])
    .onConflictDoNothing()
    .prepare();
  return rows.map((row) => {
    const cells: Record<string, unknown> = {};
    for (const [name, column] of columns) {
      const value = (row as Record<string, unknown>)[name];
      cells[name] = value == null ? null : column.mapToDriverValue(value);
    }
    return (statement.run(cells) as unknown as { readonly changes: number }).changes > 0;
  });
}
