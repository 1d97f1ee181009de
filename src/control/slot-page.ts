import { NearestSlots } from "./nearest-slots.ts";
import { type CountedPage, type PageArgs, type Place, readCursor, readPageArgs, writeCursor } from "./page.ts";

/** What a list of slots is sorted by: a column, and ranks that break its ties. */
export interface SlotOrdering {
  /** Tells the cursors of one order from those of another. */
  readonly name: string;
  readonly descending: boolean;
  readonly values: Readonly<Record<number, number>>;
  readonly ranks: Readonly<Record<number, number>>;
  placeOf(slot: number): Place;
  /**
   * What lies between the two sides of a cursor: below it everything that comes before the cursor in ascending order, and, when
   * `isUpper`, the cursor's own row. No row is equal to it.
   */
  edgeOf(place: Place, isUpper: boolean): Edge;
}

export interface Edge {
  readonly value: number;
  readonly rank: number;
}

/**
 * Keyset pages of the marked slots, by going through the column once. A cursor means a place in the order, not a row: a row whose value
 * moves between two pages is found where it is then, what does not move is never met twice nor passed over.
 */
export function paginateSlots(marks: Uint8Array, args: PageArgs, order: SlotOrdering): CountedPage<number> {
  const request = readPageArgs(args);
  const { values, ranks, descending } = order;
  const edge = (cursor: string | null, isUpper: boolean) =>
    cursor === null ? null : order.edgeOf(readCursor(cursor, order), isUpper);
  const after = edge(request.after, !descending);
  const before = edge(request.before, descending);
  const towards = request.backward === descending ? 1 : -1;
  const nearest = new NearestSlots(request.limit, towards);
  let earlier = 0;
  let within = 0;
  let total = 0;
  // Slots are given out in the order in which keys come, and much else goes with that: from this side the nearest come first.
  for (let step = 0; step < marks.length; step++) {
    const slot = towards > 0 ? step : marks.length - 1 - step;
    if (marks[slot] === 0) continue;
    total++;
    const value = values[slot]!;
    const rank = ranks[slot]!;
    if (after !== null && isAbove(value, rank, after) === descending) earlier++;
    else if (before === null || isAbove(value, rank, before) === descending) {
      within++;
      nearest.offer(slot, value, rank);
    }
  }
  const found = nearest.inOrder();
  const shown = request.backward ? found.toReversed() : found;
  const edges = shown.map((slot) => ({ cursor: writeCursor(order.placeOf(slot), order), node: slot }));
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

function isAbove(value: number, rank: number, edge: Edge): boolean {
  return value === edge.value ? rank > edge.rank : value > edge.value;
}
