import { locateRequest, nodeOfRequest, type RequestPlace, rowAt } from "../lib/id.ts";
import { DAY_MS } from "./day-file.ts";
import type { DayReader, DayReaders } from "./day-reader.ts";
import type { HourIndex } from "./hour-index.ts";
import { readContent } from "./log-content.ts";
import { compileFilter, type DayFilter } from "./log-filter.ts";
import { readAttempts, readRow, type StoredRow } from "./log-row.ts";
import type { LogDetail, LogFilter, LogPage, LogRow } from "./reports.ts";
import { isDamage } from "./store-error.ts";

export interface PageQuery {
  readonly filter: LogFilter;
  readonly limit: number;
  readonly afterId?: string;
  readonly beforeId?: string;
  readonly withTotal: boolean;
}

const MAX_TOTAL = 10_000;
/** A filter that hardly anything passes reads all rows to count them: after this long the total is "unknown". */
const TOTAL_BUDGET_MS = 1000;
const ROWS_PER_DAY = rowAt(DAY_MS);

/** Rows from `low` up to but not including `high`. */
export interface RowRange {
  readonly low: number;
  readonly high: number;
}

/** Lists and looks up logged requests. Runs in the reader Worker. */
export class LogReader {
  constructor(
    private readonly days: DayReaders,
    private readonly hours: HourIndex,
  ) {}

  page(query: PageQuery): LogPage {
    const wholeId = locateRequest(query.filter.search?.trim() ?? "");
    const filter = wholeId === null ? query.filter : { ...query.filter, search: undefined };
    const after = query.afterId === undefined ? null : locateRequest(query.afterId);
    const before = query.beforeId === undefined ? null : locateRequest(query.beforeId);
    const newestFirst = before === null;
    const days = this.#daysOf(filter).filter((day) => wholeId === null || day === wholeId.day);
    const rows: LogRow[] = [];
    for (const day of newestFirst ? days : [...days].reverse()) {
      if (rows.length > query.limit) break;
      const range = narrow(timeRange(filter, day), day, after, before);
      const wanted = query.limit + 1 - rows.length;
      rows.push(...unlessDamaged(() => this.#rowsOf(day, only(range, wholeId), filter, wanted, newestFirst), []));
    }
    const hasMore = rows.length > query.limit;
    if (hasMore) rows.pop();
    if (!newestFirst) rows.reverse();
    return { rows, hasMore, totalCount: query.withTotal ? this.#total(days, filter, wholeId) : null };
  }

  get(id: string): LogDetail | null {
    const place = locateRequest(id);
    const reader = place === null ? null : this.days.get(place.day);
    if (place === null || reader === null) return null;
    const stored = reader.database.query<StoredRow, [number]>("SELECT * FROM request WHERE row = ?").get(place.row);
    const row = stored === null ? null : readRow(stored, place.day, reader.shapes(), reader.bulk);
    if (stored === null || row === null || nodeOfRequest(row.id) !== nodeOfRequest(id)) return null;
    const { attemptCount: _count, ...rest } = row;
    return { ...rest, attempts: readAttempts(stored, row), content: readContent(reader.database, stored, reader.bulk) };
  }

  #daysOf({ fromMs, toMs }: LogFilter): number[] {
    const first = fromMs === undefined ? Number.NEGATIVE_INFINITY : Math.floor(fromMs / DAY_MS);
    const last = toMs === undefined ? Number.POSITIVE_INFINITY : Math.floor((toMs - 1) / DAY_MS);
    return this.days.list().filter((day) => day >= first && day <= last);
  }

  #rowsOf(day: number, range: RowRange, filter: LogFilter, limit: number, newestFirst: boolean): LogRow[] {
    const found: LogRow[] = [];
    const plan = this.#plan(day, range, filter);
    if (plan === null) return found;
    const { reader, ranges, compiled } = plan;
    for (const part of newestFirst ? ranges : [...ranges].reverse()) {
      if (found.length >= limit) break;
      const stored = selectOnce<StoredRow>(
        reader,
        `SELECT * FROM request WHERE ${whereOf(compiled)} ORDER BY row ${newestFirst ? "DESC" : "ASC"} LIMIT ?`,
        [part.low, part.high, ...compiled.parameters, limit - found.length],
      );
      const shapes = reader.shapes();
      for (const row of stored) {
        const read = readRow(row, day, shapes, reader.bulk);
        if (read !== null) found.push(read);
      }
    }
    return found;
  }

  #total(days: readonly number[], filter: LogFilter, wholeId: RequestPlace | null): number | null {
    const deadline = performance.now() + TOTAL_BUDGET_MS;
    let total = 0;
    for (const day of days) {
      if (performance.now() > deadline) return null;
      const range = only(timeRange(filter, day), wholeId);
      total += unlessDamaged(() => this.#countIn(day, range, filter, MAX_TOTAL + 1 - total), 0);
      if (total > MAX_TOTAL) return null;
    }
    return total;
  }

  /** Stops counting at `limit`. */
  #countIn(day: number, range: RowRange, filter: LogFilter, limit: number): number {
    const plan = this.#plan(day, range, filter);
    if (plan === null) return 0;
    let count = 0;
    for (const part of plan.ranges) {
      const [counted] = selectOnce<{ count: number }>(
        plan.reader,
        `SELECT count(*) AS count FROM (SELECT 1 FROM request WHERE ${whereOf(plan.compiled)} LIMIT ?)`,
        [part.low, part.high, ...plan.compiled.parameters, limit - count],
      );
      count += counted!.count;
      if (count >= limit) break;
    }
    return count;
  }

  /** Where to look in a day, newest first; null when there is nothing to find. */
  #plan(
    day: number,
    range: RowRange,
    filter: LogFilter,
  ): { readonly reader: DayReader; readonly ranges: readonly RowRange[]; readonly compiled: DayFilter } | null {
    if (range.low >= range.high) return null;
    const reader = this.days.get(day);
    if (reader === null) return null;
    const shapes = reader.shapes();
    const compiled = compileFilter(filter, shapes);
    if (compiled === null) return null;
    return { reader, compiled, ranges: this.hours.narrow(reader, range, compiled, shapes) };
  }
}

/** A day that cannot be read must not hide the others: it counts as empty here. The writer sets it aside when it next writes it. */
function unlessDamaged<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch (error) {
    if (isDamage(error)) return otherwise;
    throw error;
  }
}

/** Filters make many different statements: each is ended at once, since one that is left keeps its file open, even a deleted one. */
function selectOnce<Row>(reader: DayReader, sql: string, parameters: (string | number)[]): Row[] {
  const statement = reader.database.prepare<Row, (string | number)[]>(sql);
  try {
    return statement.all(...parameters);
  } finally {
    statement.finalize();
  }
}

function whereOf(compiled: DayFilter): string {
  return ["row >= ?", "row < ?", ...compiled.conditions].join(" AND ");
}

function timeRange({ fromMs, toMs }: LogFilter, day: number): RowRange {
  const dayMs = day * DAY_MS;
  return {
    low: fromMs === undefined ? 0 : rowAt(Math.max(0, Math.ceil(fromMs) - dayMs)),
    high: toMs === undefined ? ROWS_PER_DAY : Math.min(ROWS_PER_DAY, rowAt(Math.max(0, Math.ceil(toMs) - dayMs))),
  };
}

function narrow(range: RowRange, day: number, after: RequestPlace | null, before: RequestPlace | null): RowRange {
  let { low, high } = range;
  if (after !== null && day >= after.day) high = day > after.day ? 0 : Math.min(high, after.row);
  if (before !== null && day <= before.day) low = day < before.day ? ROWS_PER_DAY : Math.max(low, before.row + 1);
  return { low, high };
}

function only(range: RowRange, place: RequestPlace | null): RowRange {
  if (place === null) return range;
  return { low: Math.max(range.low, place.row), high: Math.min(range.high, place.row + 1) };
}
