import type { StorePage } from "../store/chat-types.ts";
import type { CountedPage, PageRequest } from "./page.ts";

/** A page that the store has cut, as Relay wants it. */
export function fromStore<Row>(
  { rows, hasMore, totalCount }: StorePage<Row>,
  { backward, after, before }: PageRequest,
  cursorOf: (row: Row) => string,
): CountedPage<Row> {
  const edges = rows.map((node) => ({ cursor: cursorOf(node), node }));
  return {
    edges,
    pageInfo: {
      hasNextPage: backward ? before !== null : hasMore,
      hasPreviousPage: backward ? hasMore : after !== null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    totalCount,
  };
}
