import type { Database, SQLQueryBindings } from "bun:sqlite";
import { msOfRow, rowAt } from "../lib/id.ts";
import { DAY_MS, type DayFile } from "./day-file.ts";
import { countPurged } from "./purged-usage.ts";
import type { Caller, Outcome, Route } from "./shape.ts";
import { QUARTER_MS } from "./usage-cell.ts";
import { type QuarterRange, UsageDeltas } from "./usage-deltas.ts";
import type { UsageFile } from "./usage-file.ts";

/**
 * Makes the roll-ups agree with a day file. A crash between the two commits leaves the file one or more batches ahead: their quarter
 * hours are counted again from the rows. Any other difference (a power cut may set either file back) counts the whole day again.
 */
export function reconcile(file: DayFile, usage: UsageFile): void {
  const counted = usage.progressOf(file.day);
  const { progress } = file;
  if (progress.batch === counted) return;
  const whole = { first: file.day * DAY_MS, last: (file.day + 1) * DAY_MS - QUARTER_MS };
  recount(file, usage, progress.counted === counted ? progress : whole);
}

/** Counts some quarter hours again from the raw rows. */
function recount(file: DayFile, usage: UsageFile, range: Readonly<QuarterRange>): void {
  // One by one, to bound the memory; the progress comes last, so that a crash in between starts over.
  for (let quarter = range.first; quarter <= range.last; quarter += QUARTER_MS) {
    const deltas = new UsageDeltas();
    countRows(file.database, file.day, quarter, quarter + QUARTER_MS, deltas);
    usage.replace(quarter, quarter + QUARTER_MS, deltas);
  }
  usage.setProgress(file.day, file.progress.batch);
}

interface RawRow {
  readonly row: number;
  readonly route: number;
  readonly caller: number;
  readonly outcome: number;
  readonly firstTokenUs: number | null;
  readonly durationUs: number | null;
  readonly inputTokens: number | null;
  readonly cacheReadTokens: number | null;
  readonly cacheWriteTokens: number | null;
  readonly outputTokens: number | null;
  readonly reasoningTokens: number | null;
  readonly costNanoUsd: number | null;
  readonly attempts: number | null;
}

/** What the roll-ups of a time must be, those rows included that have been purged. */
export function countRows(database: Database, day: number, fromMs: number, toMs: number, deltas: UsageDeltas): void {
  countBetween({ database, day, deltas }, fromMs, toMs);
  countPurged(database, fromMs, toMs, deltas);
}

/** The rows that are there, in the order of time. */
export function countBetween(counting: Counting, fromMs: number, toMs: number): void {
  const dayMs = counting.day * DAY_MS;
  const [low, high] = [Math.max(0, Math.ceil(fromMs) - dayMs), Math.ceil(toMs) - dayMs];
  countWhere(counting, "row >= ? AND row < ? ORDER BY row", rowAt(low), rowAt(high));
}

/** Counts these rows alone. */
export function countThese(database: Database, day: number, rows: readonly number[], deltas: UsageDeltas): void {
  countWhere({ database, day, deltas }, "row IN (SELECT value FROM json_each(?))", JSON.stringify(rows));
}

interface Counting {
  readonly database: Database;
  readonly day: number;
  readonly deltas: Pick<UsageDeltas, "add">;
}

function countWhere({ database, day, deltas }: Counting, condition: string, ...bindings: SQLQueryBindings[]): void {
  const values = new Map(
    database.query<[number, string], []>("SELECT id, value FROM shape").values() as [number, string][],
  );
  const shapes: unknown[] = []; // a few minutes of a day know few of its callers
  const shapeOf = (id: number) => {
    shapes[id] ??= JSON.parse(values.get(id) ?? "null");
    return shapes[id];
  };
  const rows = database.query<RawRow, SQLQueryBindings[]>(
    `SELECT row, route, caller, outcome, first_token_us AS firstTokenUs, duration_us AS durationUs, input_tokens AS inputTokens,
       cache_read_tokens AS cacheReadTokens, cache_write_tokens AS cacheWriteTokens, output_tokens AS outputTokens,
       reasoning_tokens AS reasoningTokens, cost_nano_usd AS costNanoUsd, attempts
     FROM request WHERE ${condition}`,
  );
  const dayMs = day * DAY_MS;
  for (const raw of rows.iterate(...bindings)) {
    deltas.add(
      dayMs + msOfRow(raw.row),
      {
        routeNumber: raw.route,
        callerNumber: raw.caller,
        outcomeNumber: raw.outcome,
        route: shapeOf(raw.route) as Route,
        caller: shapeOf(raw.caller) as Caller,
        outcome: shapeOf(raw.outcome) as Outcome,
      },
      {
        attempts: raw.attempts ?? 0,
        inputTokens: raw.inputTokens ?? Number.NaN,
        cacheReadTokens: raw.cacheReadTokens ?? 0,
        cacheWriteTokens: raw.cacheWriteTokens ?? 0,
        outputTokens: raw.outputTokens ?? 0,
        reasoningTokens: raw.reasoningTokens ?? 0,
        costNanoUsd: raw.costNanoUsd ?? Number.NaN,
        firstTokenUs: raw.firstTokenUs ?? Number.NaN,
        durationUs: raw.durationUs ?? Number.NaN,
      },
    );
  }
}
