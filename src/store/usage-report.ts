import type { Database } from "bun:sqlite";
import { Histogram } from "../lib/histogram.ts";
import { bucketStarts } from "./calendar.ts";
import { USAGE_DIMENSIONS, type UsageMetrics, type UsageQuery, type UsageReport } from "./reports.ts";
import { QUARTER_MS, SPANS_MS, SUMS } from "./usage-cell.ts";
import { minutes, SUM_COLUMNS } from "./usage-file.ts";
import { type UsageGroup, viewFor, viewOf } from "./usage-group.ts";
import { matchesAny } from "./wildcard.ts";

type CellRow = Record<(typeof SUMS)[number], number> & {
  readonly group: number;
  readonly latency: Uint8Array;
  readonly firstToken: Uint8Array;
};

const COLUMNS = [
  'usage_group AS "group"',
  ...SUMS.map((sum, index) => `${SUM_COLUMNS[index]} AS ${sum}`),
  "latency",
  "first_token AS firstToken",
].join(", ");
const OTHER = "other";

/**
 * A report from the roll-ups alone, never from raw rows. Two passes: the totals say which groups are the largest, then each bucket is
 * put together from as few and as long spans as fit into it.
 */
export function makeReport(database: Database, known: ReadonlyMap<number, UsageGroup>, query: UsageQuery): UsageReport {
  const edges = bucketStarts(query);
  const buckets = edges.slice(0, -1);
  // Roll-ups know no less than a quarter of an hour.
  const fromMs = query.fromMs - (query.fromMs % QUARTER_MS);
  const toMs = Math.ceil(query.toMs / QUARTER_MS) * QUARTER_MS;
  const view = viewFor(dimensionsOf(query));
  const groups = matchingGroups(known, view, query);
  const read = cellReader(database, view, groups);
  const seriesOf = chooseSeries(read, groups, query, fromMs, toMs);

  const all = new Sum();
  const series = new Map(seriesOf.order.map((key) => [key, { total: new Sum(), points: [] as UsageMetrics[] }]));
  for (const [index, start] of buckets.entries()) {
    const here = new Map<string, Sum>();
    for (const row of read(Math.max(start, fromMs), Math.min(edges[index + 1]!, toMs))) {
      const key = seriesOf.byGroup.get(row.group)!;
      let sum = here.get(key);
      if (sum === undefined) {
        sum = new Sum();
        here.set(key, sum);
      }
      sum.addRow(row);
    }
    for (const [key, { total, points }] of series) {
      const sum = here.get(key);
      points.push(sum?.metrics() ?? NOTHING);
      if (sum === undefined) continue;
      total.add(sum);
      all.add(sum);
    }
  }
  return {
    buckets,
    totals: all.metrics(),
    series: Array.from(series, ([key, { total, points }]) => ({
      values: key === OTHER ? [] : JSON.parse(key),
      isOther: key === OTHER,
      totals: total.metrics(),
      points,
    })),
  };
}

/** Positions of the dimensions that a query groups by or filters on. */
function dimensionsOf({ groupBy, filter }: UsageQuery): number[] {
  const filtered = [filter.providerIds, filter.keyIds, filter.models, filter.clientKeyIds];
  return [0, 1, 2, 3].filter((at) => filtered[at] !== undefined || groupBy.includes(USAGE_DIMENSIONS[at]!));
}

function matchingGroups(
  known: ReadonlyMap<number, UsageGroup>,
  view: number,
  { filter }: UsageQuery,
): Map<number, UsageGroup> {
  const groups = new Map<number, UsageGroup>();
  for (const [id, group] of known) {
    const [provider, key, model, client] = group;
    const matches =
      viewOf(group) === view &&
      isOneOf(filter.providerIds, provider) &&
      isOneOf(filter.keyIds, key) &&
      isOneOf(filter.clientKeyIds, client) &&
      (filter.models === undefined || (typeof model === "string" && matchesAny(filter.models, model)));
    if (matches) groups.set(id, group);
  }
  return groups;
}

function isOneOf(allowed: readonly string[] | undefined, value: UsageGroup[number]): boolean {
  return allowed === undefined || (typeof value === "string" && allowed.includes(value));
}

type CellReader = (fromMs: number, toMs: number) => Iterable<CellRow>;

/** Reads the cells of [fromMs, toMs): long spans in the middle, short ones at the edges. */
function cellReader(database: Database, view: number, groups: ReadonlyMap<number, UsageGroup>): CellReader {
  const statement = database.query<CellRow, [number, number, number]>(
    `SELECT ${COLUMNS} FROM usage WHERE span = ? AND view = ${view} AND start >= ? AND start < ?`,
  );
  return function* (fromMs, toMs) {
    for (const piece of pieces(fromMs, toMs, SPANS_MS.length - 1)) {
      for (const row of statement.all(minutes(piece.span), minutes(piece.fromMs), minutes(piece.toMs))) {
        if (groups.has(row.group)) yield row;
      }
    }
  };
}

interface Piece {
  readonly span: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Exported for tests. Parts an interval into runs of whole spans, none shorter than needed. */
export function pieces(fromMs: number, toMs: number, level: number): Piece[] {
  if (fromMs >= toMs) return [];
  const span = SPANS_MS[level]!;
  if (level === 0) return [{ span, fromMs, toMs }];
  const first = Math.ceil(fromMs / span) * span;
  const last = Math.floor(toMs / span) * span;
  if (first >= last) return pieces(fromMs, toMs, level - 1);
  return [...pieces(fromMs, first, level - 1), { span, fromMs: first, toMs: last }, ...pieces(last, toMs, level - 1)];
}

interface ChosenSeries {
  /** Keys (the values as JSON), largest first; the folded rest last. */
  readonly order: readonly string[];
  readonly byGroup: ReadonlyMap<number, string>;
}

function chooseSeries(
  read: CellReader,
  groups: ReadonlyMap<number, UsageGroup>,
  query: UsageQuery,
  fromMs: number,
  toMs: number,
): ChosenSeries {
  const positions = query.groupBy.map((dimension) => USAGE_DIMENSIONS.indexOf(dimension));
  const keys = new Map(
    Array.from(groups, ([id, group]) => [id, JSON.stringify(positions.map((at) => group[at] ?? null))]),
  );
  if (positions.length === 0) return { order: ["[]"], byGroup: keys };
  const sizes = new Map<string, { cost: number; requests: number }>();
  for (const row of read(fromMs, toMs)) {
    const key = keys.get(row.group)!;
    const size = sizes.get(key) ?? { cost: 0, requests: 0 };
    size.cost += row.costNanoUsd;
    size.requests += row.requests;
    sizes.set(key, size);
  }
  const ordered = [...sizes].sort(
    ([keyA, a], [keyB, b]) => b.cost - a.cost || b.requests - a.requests || (keyA < keyB ? -1 : 1),
  );
  const top = new Set(ordered.slice(0, query.top).map(([key]) => key));
  const byGroup = new Map(Array.from(keys, ([id, key]) => [id, top.has(key) ? key : OTHER]));
  return { order: ordered.length > top.size ? [...top, OTHER] : [...top], byGroup };
}

/** What a point of a chart adds up. */
class Sum {
  readonly #sums: Record<(typeof SUMS)[number], number> = { ...ZEROS };
  readonly #latency = new Histogram();
  readonly #firstToken = new Histogram();

  addRow(row: CellRow): void {
    for (const sum of SUMS) this.#sums[sum] += row[sum];
    this.#latency.mergeEncoded(row.latency);
    this.#firstToken.mergeEncoded(row.firstToken);
  }

  add(other: Sum): void {
    for (const sum of SUMS) this.#sums[sum] += other.#sums[sum];
    this.#latency.merge(other.#latency);
    this.#firstToken.merge(other.#firstToken);
  }

  metrics(): UsageMetrics {
    const sums = this.#sums;
    return {
      requests: sums.requests,
      successes: sums.successes,
      errors: sums.errors,
      retries: sums.retries,
      inputTokens: sums.inputTokens,
      cacheReadTokens: sums.cacheReadTokens,
      cacheWriteTokens: sums.cacheWriteTokens,
      outputTokens: sums.outputTokens,
      reasoningTokens: sums.reasoningTokens,
      costNanoUsd: sums.costNanoUsd,
      unpricedRequests: sums.unpriced,
      estimatedRequests: sums.estimated,
      latencyAvgMs: sums.successes === 0 ? null : sums.latencySumUs / sums.successes / 1000,
      latencyP50Ms: milliseconds(this.#latency.quantile(0.5)),
      latencyP95Ms: milliseconds(this.#latency.quantile(0.95)),
      latencyP99Ms: milliseconds(this.#latency.quantile(0.99)),
      firstTokenP50Ms: milliseconds(this.#firstToken.quantile(0.5)),
      firstTokenP95Ms: milliseconds(this.#firstToken.quantile(0.95)),
    };
  }
}

const ZEROS = Object.fromEntries(SUMS.map((sum) => [sum, 0])) as Record<(typeof SUMS)[number], number>;
const NOTHING: UsageMetrics = new Sum().metrics();

function milliseconds(us: number | null): number | null {
  return us === null ? null : us / 1000;
}
