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

/**
 * A page as Relay wants it, of rows that the store has cut, in the list's order. `hasMore`: there is a further one in the direction that
 * was read; in the other there is one when the reading began at a cursor.
 */
export function pageOf<Row>(
  { rows, hasMore }: { readonly rows: readonly Row[]; readonly hasMore: boolean },
  { backward, after, before }: PageRequest,
  cursorOf: (row: Row) => string,
): Page<Row> {
  const edges = rows.map((node) => ({ cursor: cursorOf(node), node }));
  return {
    edges,
    pageInfo: {
      hasNextPage: backward ? before !== null : hasMore,
      hasPreviousPage: backward ? hasMore : after !== null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

/** What a list is sorted by; the id breaks ties, so that the order is total and a cursor means one place. */
export interface RowOrder<Row> {
  /** Tells the cursors of one order from those of another. */
  readonly name: string;
  readonly descending: boolean;
  key(row: Row): string | number;
}

/**
 * Keyset pages over rows in memory: a row that comes or goes elsewhere moves nothing. Looks at each row once and sorts only those of
 * the page, so that the first page of 100,000 rows costs no more than counting them; least when they come nearest first.
 */
export function paginate<Row extends { readonly id: string }>(
  rows: Iterable<Row>,
  args: PageArgs,
  order: RowOrder<Row>,
): CountedPage<Row> {
  const request = readPageArgs(args);
  const direction = order.descending ? -1 : 1;
  const after = request.after === null ? null : readCursor(request.after, order);
  const before = request.before === null ? null : readCursor(request.before, order);
  const nearest = new Nearest<Row>(request.limit, request.backward ? -direction : direction);
  let earlier = 0;
  let within = 0;
  let total = 0;
  for (const row of rows) {
    total++;
    const key = order.key(row);
    if (after !== null && direction * comparePlaces(key, row.id, after.key, after.id) <= 0) earlier++;
    else if (before === null || direction * comparePlaces(key, row.id, before.key, before.id) < 0) {
      within++;
      nearest.offer(row, key);
    }
  }
  const found = nearest.inOrder();
  const shown = request.backward ? found.toReversed() : found;
  const edges = shown.map(({ row, key, id }) => ({ cursor: writeCursor({ key, id }, order), node: row }));
  const left = within - shown.length;
  return {
    edges,
    pageInfo: {
      hasNextPage: total - earlier - within > 0 || (!request.backward && left > 0),
      hasPreviousPage: earlier > 0 || (request.backward && left > 0),
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    totalCount: total,
  };
}

/** The same page with something else for each row. */
export function mapPage<Row, Shown>(page: CountedPage<Row>, show: (row: Row) => Shown): CountedPage<Shown> {
  return { ...page, edges: page.edges.map(({ cursor, node }) => ({ cursor, node: show(node) })) };
}

/** Keeps the rows that come first of all that were offered. */
class Nearest<Row> {
  #kept: (Place & { readonly row: Row })[] = [];
  /** The last one to be kept, once there are enough. */
  #last: Place | null = null;

  constructor(
    private readonly limit: number,
    private readonly direction: number,
  ) {}

  offer(row: Row & { readonly id: string }, key: string | number): void {
    const last = this.#last;
    if (this.limit === 0) return;
    if (last !== null && this.direction * comparePlaces(key, row.id, last.key, last.id) > 0) return;
    this.#kept.push({ row, key, id: row.id });
    // Sorted now and then: rows that come farthest first would all have to be put in their place otherwise.
    if (this.#kept.length >= 2 * this.limit + SPARE) this.#cut();
  }

  inOrder(): readonly (Place & { readonly row: Row })[] {
    this.#cut();
    return this.#kept;
  }

  #cut(): void {
    this.#kept.sort((left, right) => this.direction * comparePlaces(left.key, left.id, right.key, right.id));
    if (this.#kept.length < this.limit) return;
    this.#kept.length = this.limit;
    this.#last = this.#kept.at(-1) ?? null;
  }
}

const SPARE = 64;

/** Where a row stands in an order. */
export interface Place {
  readonly key: string | number;
  readonly id: string;
}

function comparePlaces(key: string | number, id: string, otherKey: string | number, otherId: string): number {
  if (key !== otherKey) return key < otherKey ? -1 : 1;
  return id < otherId ? -1 : id > otherId ? 1 : 0;
}

export function writeCursor({ key, id }: Place, order: { readonly name: string }): string {
  return Buffer.from(JSON.stringify([order.name, key, id])).toString("base64url");
}

/** Throws a public error for a cursor of another list or order. */
export function readCursor(cursor: string, order: { readonly name: string }): Place {
  try {
    const [name, key, id] = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")) as unknown[];
    const isKey = typeof key === "string" || typeof key === "number";
    if (name === order.name && isKey && typeof id === "string") return { key, id };
  } catch {
    // Not JSON: answered like any other cursor that is not ours.
  }
  throw foreignCursor();
}

export function foreignCursor(): Error {
  return badInput("The cursor does not belong to this list and order.", "after");
}
