import type { Database } from "bun:sqlite";
import { keepRanges } from "./bulk-texts.ts";
import { type DayFile, type DayProgress, quarterOfRow } from "./day-file.ts";
import { keepPurged } from "./purged-usage.ts";
import { countThese } from "./recount.ts";
import { StoreError } from "./store-error.ts";
import { UsageDeltas } from "./usage-deltas.ts";

/**
 * Deletes rows with their bodies and texts so that none of their bytes stays: freed space is overwritten, texts that share a blob with
 * those of other rows are blanked in it, and the write-ahead log is emptied. Repeating it without rows does the last step alone.
 *
 * What the roll-ups counted stays counted: the new batch, which tells indexes that they are out of date, asks for no quarter hour to be
 * counted again, and what the rows had counted stays beside the others for when one must be.
 */
export function purgeRows({ database, day, progress: before }: DayFile, rows: readonly number[]): DayProgress {
  let progress = before;
  database.run("PRAGMA secure_delete = 1");
  if (rows.length > 0) {
    progress = { batch: before.batch + 1, counted: before.batch, first: 1, last: 0 };
    database
      .transaction(() => {
        const counted = new UsageDeltas();
        countThese(database, day, rows, counted);
        keepPurged(database, counted);
        deleteRows(database, rows, progress);
      })
      .immediate();
  }
  const emptied = database.query<{ busy: number }, []>("PRAGMA wal_checkpoint(TRUNCATE)").get();
  if (emptied?.busy !== 0) throw new StoreError("the log of a day that was purged is being read: trying again");
  return progress;
}

function deleteRows(database: Database, rows: readonly number[], progress: DayProgress): void {
  const { batch, counted, first, last } = progress;
  const list = JSON.stringify(rows);
  const within = "row IN (SELECT value FROM json_each(?))";
  const bulks = database
    .query<{ bulk: number }, [string]>(`SELECT DISTINCT bulk FROM request WHERE ${within} AND bulk IS NOT NULL`)
    .all(list)
    .map(({ bulk }) => bulk);
  database.query(`DELETE FROM body WHERE ${within}`).run(list);
  database.query(`DELETE FROM request WHERE ${within}`).run(list);
  blankOthers(database, bulks);
  // Not the last one: its number must not be given again while a reader knows it.
  database.run(
    `DELETE FROM shape WHERE id < (SELECT max(id) FROM shape) AND id NOT IN
       (SELECT route FROM request UNION SELECT caller FROM request UNION SELECT outcome FROM request)`,
  );
  const touch = database.query<unknown, [number, number]>("INSERT OR REPLACE INTO touched VALUES (?, ?)");
  for (const quarter of new Set(rows.map(quarterOfRow))) touch.run(quarter, batch);
  database.query("INSERT OR REPLACE INTO progress VALUES (1, ?, ?, ?, ?)").run(batch, counted, first, last);
}

interface Part {
  readonly bulk: number;
  readonly start: number;
  readonly chars: number;
}

/** Leaves of each blob the texts of the rows that are still there. One look through the day for all of them. */
function blankOthers(database: Database, bulks: readonly number[]): void {
  const parts = database
    .query<Part, [string]>(
      `SELECT bulk, bulk_start AS start,
         coalesce(raw_usage_chars, 0) + coalesce(request_headers_chars, 0) + coalesce(response_headers_chars, 0) AS chars
       FROM request WHERE bulk IN (SELECT value FROM json_each(?))`,
    )
    .all(JSON.stringify(bulks));
  const kept = Map.groupBy(parts, ({ bulk }) => bulk);
  const read = database.query<{ texts: Uint8Array }, [number]>("SELECT texts FROM bulk WHERE id = ?");
  for (const bulk of bulks) {
    const ranges = kept.get(bulk);
    const stored = read.get(bulk);
    if (ranges === undefined || stored === null) {
      database.query("DELETE FROM bulk WHERE id = ?").run(bulk);
      continue;
    }
    const texts = keepRanges(Bun.zstdDecompressSync(stored.texts).toString("utf8"), ranges);
    database.query("UPDATE bulk SET texts = ? WHERE id = ?").run(Bun.zstdCompressSync(texts, { level: 1 }), bulk);
  }
}
