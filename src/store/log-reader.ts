import { locateRequest, nodeOfRequest, type RequestPlace } from "../lib/id.ts";
import type { DayIndex } from "./day-index.ts";
import type { DayIndexes } from "./day-indexes.ts";
import type { DayReaders } from "./day-reader.ts";
import { readContent } from "./log-content.ts";
import { daysOf, ROWS_PER_DAY, type RowRange } from "./log-filter.ts";
import { readAttempts, readRow, type StoredRow } from "./log-row.ts";
import { DaySearch } from "./log-search.ts";
import { LogView, unlessDamaged } from "./log-view.ts";
import type { LogDetail, LogFilter, LogPage, LogRow, PageQuery } from "./reports.ts";
import type { ShapeTable } from "./shape-table.ts";

const MAX_TOTAL = 10_000;
/** So long a question makes indexes that are missing. */
const PATIENCE_MS = 1500;

/** Lists and looks up logged requests. Runs in the reader Worker. */
export class LogReader {
  constructor(
    private readonly days: DayReaders,
    private readonly indexes: DayIndexes,
    private readonly patienceMs = PATIENCE_MS,
  ) {}

  view(filter: LogFilter): LogView {
    this.indexes.trim();
    const { first, last } = daysOf(filter);
    const days = this.days.list().filter((day) => day >= first && day <= last);
    return new LogView(this.indexes, days, filter, performance.now() + this.patienceMs);
  }

  page(query: PageQuery): LogPage {
    const view = this.view(query.filter);
    const after = query.afterId === undefined ? null : locateRequest(query.afterId);
    const before = query.beforeId === undefined ? null : locateRequest(query.beforeId);
    const newestFirst = before === null && query.fromEnd !== true;
    const rows: LogRow[] = [];
    const searches = new Map<DayIndex, DaySearch>();
    const isWanted = (day: number) => (after === null || day <= after.day) && (before === null || day >= before.day);
    for (const index of view.indexed(newestFirst, isWanted)) {
      if (rows.length > query.limit) break;
      const whole = view.filter.rangeOf(index.day);
      const range = narrow(whole, index.day, after, before);
      const search = new DaySearch(index, view.filter, range);
      if (range.low === whole.low && range.high === whole.high) searches.set(index, search);
      const wanted = query.limit + 1 - rows.length;
      rows.push(...unlessDamaged(() => this.#rowsOf(index, search, view.shapes, wanted, newestFirst), []));
    }
    const isLonger = rows.length > query.limit;
    if (isLonger) rows.pop();
    if (!newestFirst) rows.reverse();
    const hasMore = isLonger || view.isPartial;
    const totalCount = query.withTotal ? totalOf(view, searches) : null;
    return { rows, hasMore, totalCount, isPartial: view.isPartial };
  }

  get(id: string): LogDetail | null {
    const place = locateRequest(id);
    const reader = place === null ? null : this.days.get(place.day);
    if (place === null || reader === null) return null;
    const stored = reader.database.query<StoredRow, [number]>("SELECT * FROM request WHERE row = ?").get(place.row);
    const shapes = stored === null ? null : reader.shapesOf(stored);
    if (stored === null || shapes === null) return null;
    const row = readRow(stored, place.day, shapes);
    if (nodeOfRequest(row.id) !== nodeOfRequest(id)) return null;
    const { attemptCount: _count, ...rest } = row;
    return {
      ...rest,
      rawUsage: reader.bulk.slice(stored, 0, stored.raw_usage_chars),
      attempts: readAttempts(stored, row),
      content: readContent(reader.database, stored, reader.bulk),
    };
  }

  #rowsOf(index: DayIndex, search: DaySearch, shapes: ShapeTable, limit: number, newestFirst: boolean): LogRow[] {
    const ordinals: number[] = [];
    search.each(newestFirst, (ordinal) => ordinals.push(ordinal) >= limit);
    const reader = ordinals.length === 0 ? null : this.days.get(index.day);
    if (reader === null) return [];
    const places = ordinals.map((ordinal) => index.columns.rows[ordinal]!);
    const stored = reader.database
      .query<StoredRow, [string]>("SELECT * FROM request WHERE row IN (SELECT value FROM json_each(?))")
      .all(JSON.stringify(places));
    const byPlace = new Map(stored.map((row) => [row.row, row]));
    return ordinals.flatMap((ordinal, at) => {
      const row = byPlace.get(places[at]!);
      return row === undefined ? [] : [readRow(row, index.day, shapes.of(index, ordinal))];
    });
  }
}

function totalOf(view: LogView, searches: ReadonlyMap<DayIndex, DaySearch>): number | null {
  let total = 0;
  for (const index of view.indexed()) {
    const search = searches.get(index) ?? new DaySearch(index, view.filter, view.filter.rangeOf(index.day));
    total += search.count(MAX_TOTAL + 1 - total);
    if (total > MAX_TOTAL) return null;
  }
  return view.isPartial ? null : total;
}

function narrow(range: RowRange, day: number, after: RequestPlace | null, before: RequestPlace | null): RowRange {
  let { low, high } = range;
  if (after !== null && day >= after.day) high = day > after.day ? 0 : Math.min(high, after.row);
  if (before !== null && day <= before.day) low = day < before.day ? ROWS_PER_DAY : Math.max(low, before.row + 1);
  return { low, high };
}
