import type { Database } from "bun:sqlite";
import { Packed, Packing } from "../lib/varints.ts";
import type { UsageCell } from "./usage-cell.ts";
import type { UsageDeltas } from "./usage-deltas.ts";

/** What rows that were purged had counted, so that their quarter hours can be counted again without them. */
export const PURGED = `CREATE TABLE IF NOT EXISTS purged (
  quarter INTEGER NOT NULL, value TEXT NOT NULL, cell BLOB NOT NULL, PRIMARY KEY (quarter, value)
) WITHOUT ROWID`;

interface PurgedCell {
  readonly quarter: number;
  readonly value: string;
  readonly cell: Uint8Array;
}

/** Call it in the transaction that deletes the rows. */
export function keepPurged(database: Database, deltas: UsageDeltas): void {
  const find = database.query<PurgedCell, [number, string]>("SELECT * FROM purged WHERE quarter = ? AND value = ?");
  const put = database.query<unknown, [number, string, Uint8Array]>("INSERT OR REPLACE INTO purged VALUES (?, ?, ?)");
  for (const [quarter, groups] of deltas.quarters) {
    for (const [value, cell] of groups) {
      const before = find.get(quarter, value);
      if (before !== null) merge(cell, before.cell);
      const out = new Packing();
      cell.pack(out);
      put.run(quarter, value, out.take());
    }
  }
}

/** Of the quarter hours from one instant to another. */
export function countPurged(database: Database, fromMs: number, toMs: number, deltas: UsageDeltas): void {
  const cells = database
    .query<PurgedCell, [number, number]>("SELECT * FROM purged WHERE quarter >= ? AND quarter < ?")
    .all(fromMs, toMs);
  for (const { quarter, value, cell } of cells) merge(deltas.cellAt(quarter, value), cell);
}

function merge(into: UsageCell, packed: Uint8Array): void {
  into.mergePacked(new Packed(packed), 0, packed.length);
}
