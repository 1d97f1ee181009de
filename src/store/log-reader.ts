import { locateRequest, nodeOfRequest, type RequestPlace } from "../lib/id.ts";
import type { DayIndex } from "./day-index.ts";
import type { DayIndexes } from "./day-indexes.ts";
import type { DayReader, DayReaders } from "./day-reader.ts";
import { readContent } from "./log-content.ts";
import { type CompiledFilter, daysOf, ROWS_PER_DAY, type RowRange } from "./log-filter.ts";
import { readAttempts, readRow, type StoredRow } from "./log-row.ts";
import { DaySearch } from "./log-search.ts";
import { LogView, unlessDamaged } from "./log-view.ts";
import type { LogDetail, LogFilter, LogPage, LogRow, PageQuery } from "./reports.ts";

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
    for (const index of view.indexed(newestFirst)) {
      if (rows.length > query.limit) break;
      const range = narrow(view.filter.rangeOf(index.day), index.day, after, before);
      const wanted = query.limit + 1 - rows.length;
      rows.push(...unlessDamaged(() => this.#rowsOf(index, view.filter, range, wanted, newestFirst), []));
    }
    const isLonger = rows.length > query.limit;
    if (isLonger) rows.pop();
    if (!newestFirst) rows.reverse();
    const hasMore = isLonger || view.isPartial;
    const totalCount = query.withTotal ? totalOf(view) : null;
    return { rows, hasMore, totalCount, isPartial: view.isPartial };
  }

  get(id: string): LogDetail | null {
    const place = locateRequest(id);
    const reader = place === null ? null : this.days.get(place.day);
    if (place === null || reader === null) return null;
    const stored = reader.database.query<StoredRow, [number]>("SELECT * FROM request WHERE row = ?").get(place.row);
    const row = stored === null ? null : readRow(stored, place.day, reader.shapes());
    if (stored === null || row === null || nodeOfRequest(row.id) !== nodeOfRequest(id)) return null;
    const { attemptCount: _count, ...rest } = row;
    return {
      ...rest,
      rawUsage: reader.bulk.slice(stored, 0, stored.raw_usage_chars),
      attempts: readAttempts(stored, row),
      content: readContent(reader.database, stored, reader.bulk),
    };
  }

  #rowsOf(
    index: DayIndex,
    filter: CompiledFilter,
    range: RowRange,
    limit: number,
    newestFirst: boolean,
  ): readonly LogRow[] {
    const places: number[] = [];
    new DaySearch(index, filter, range).each(newestFirst, (ordinal) => {
      places.push(index.columns.rows[ordinal]!);
      return places.length >= limit;
    });
    const reader = places.length === 0 ? null : this.days.get(index.day);
    return reader === null ? [] : rowsAt(reader, places);
  }
}

/** In the order of the places. */
function rowsAt(reader: DayReader, places: readonly number[]): LogRow[] {
  const stored = reader.database
    .query<StoredRow, [string]>("SELECT * FROM request WHERE row IN (SELECT value FROM json_each(?))")
    .all(JSON.stringify(places));
  const shapes = reader.shapes();
  const byPlace = new Map(stored.map((row) => [row.row, row]));
  return places.flatMap((place) => {
    const row = byPlace.get(place);
    const read = row === undefined ? null : readRow(row, reader.day, shapes);
    return read === null ? [] : [read];
  });
}

function totalOf(view: LogView): number | null {
  let total = 0;
  for (const index of view.indexed()) {
    total += new DaySearch(index, view.filter, view.filter.rangeOf(index.day)).count(MAX_TOTAL + 1 - total);
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
