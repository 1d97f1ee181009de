import { badInput } from "./bad-input.ts";

export const DEFAULT_PAGE = 50;
export const MAX_PAGE = 200;

/** Relay's arguments as GraphQL hands them over. */
export interface PageArgs {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly last?: number | null;
  readonly before?: string | null;
}

export interface Page<Row> {
  readonly edges: readonly { readonly cursor: string; readonly node: Row }[];
  readonly pageInfo: PageInfo;
}
export interface PageInfo {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly startCursor: string | null;
  readonly endCursor: string | null;
}
export type CountedPage<Row> = Page<Row> & { readonly totalCount: number };

export interface PageRequest {
  readonly limit: number;
  readonly backward: boolean;
  readonly after: string | null;
  readonly before: string | null;
}

/** Throws a public error for a page that is too long or asked for from both ends. */
export function readPageArgs(args: PageArgs): PageRequest {
  if (args.first != null && args.last != null) throw badInput("Give `first` or `last`, not both.", "first");
  const backward = args.last != null;
  const limit = args.first ?? args.last ?? DEFAULT_PAGE;
  if (limit < 0 || limit > MAX_PAGE) {
    throw badInput(`A page has 0 to ${MAX_PAGE} rows.`, backward ? "last" : "first");
  }
  return { limit, backward, after: args.after ?? null, before: args.before ?? null };
}

/** A page of rows that the store has read by their ids, newest first; the cursor is the id. */
export function idPage<Row extends { readonly id: string }>(
  found: { readonly rows: readonly Row[]; readonly hasMore: boolean; readonly totalCount: number },
  { backward, after, before }: PageRequest,
): CountedPage<Row> {
  const edges = found.rows.map((node) => ({ cursor: node.id, node }));
  return {
    edges,
    pageInfo: {
      hasNextPage: backward ? before !== null : found.hasMore,
      hasPreviousPage: backward ? found.hasMore : after !== null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    totalCount: found.totalCount,
  };
}

/** What a list is sorted by; the id breaks ties, so that the order is total and a cursor means one place. */
export interface RowOrder<Row> {
  /** Tells the cursors of one order from those of another. */
  readonly name: string;
  readonly descending: boolean;
  key(row: Row): string | number;
}

interface Keyed<Row> {
  readonly row: Row;
  readonly key: string | number;
}

/** Keyset pages over rows in memory: a row that comes or goes elsewhere moves nothing. */
export function paginate<Row extends { readonly id: string }>(
  rows: readonly Row[],
  args: PageArgs,
  order: RowOrder<Row>,
): CountedPage<Row> {
  const request = readPageArgs(args);
  const direction = order.descending ? -1 : 1;
  const compare = (left: Place, right: Place) => direction * comparePlaces(left, right);
  const sorted: Keyed<Row>[] = rows.map((row) => ({ row, key: order.key(row) }));
  sorted.sort((left, right) => compare([left.key, left.row.id], [right.key, right.row.id]));

  const after = request.after === null ? null : readCursor(request.after, order);
  const before = request.before === null ? null : readCursor(request.before, order);
  const start = after === null ? 0 : partition(sorted, (entry) => compare([entry.key, entry.row.id], after) <= 0);
  const end =
    before === null ? sorted.length : partition(sorted, (entry) => compare([entry.key, entry.row.id], before) < 0);
  const from = request.backward ? Math.max(start, end - request.limit) : start;
  const to = request.backward ? end : Math.min(end, start + request.limit);

  const edges = sorted.slice(from, Math.max(from, to)).map(({ row, key }) => ({
    cursor: writeCursor([key, row.id], order),
    node: row,
  }));
  return {
    edges,
    pageInfo: {
      hasNextPage: to < sorted.length,
      hasPreviousPage: from > 0,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    totalCount: sorted.length,
  };
}

type Place = readonly [key: string | number, id: string];

function comparePlaces(left: Place, right: Place): number {
  if (left[0] !== right[0]) return left[0] < right[0] ? -1 : 1;
  return left[1] < right[1] ? -1 : left[1] > right[1] ? 1 : 0;
}

/** How many entries at the start of a sorted list hold `claim`. */
function partition<T>(sorted: readonly T[], claim: (entry: T) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (claim(sorted[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function writeCursor<Row>(place: Place, order: RowOrder<Row>): string {
  return Buffer.from(JSON.stringify([order.name, ...place])).toString("base64url");
}

function readCursor<Row>(cursor: string, order: RowOrder<Row>): Place {
  try {
    const [name, key, id] = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")) as unknown[];
    const isKey = typeof key === "string" || typeof key === "number";
    if (name === order.name && isKey && typeof id === "string") return [key, id];
  } catch {
    // Not JSON: answered like any other cursor that is not ours.
  }
  throw badInput("The cursor does not belong to this list and order.", "after");
}
