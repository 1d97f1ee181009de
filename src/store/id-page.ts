import { and, asc, desc, gt, lt, type SQL } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";

export interface IdPageRequest {
  readonly limit: number;
  readonly afterId?: string;
  readonly beforeId?: string;
  /** From the other end: the oldest of those between the bounds. */
  readonly backward: boolean;
}
export interface IdPage<Row> {
  readonly rows: Row[];
  /** A further row exists in the reading direction. */
  readonly hasMore: boolean;
  readonly totalCount: number;
}

type Bound = (id: SQLiteColumn) => SQL | undefined;

/** A page of rows, newest first, whose ids grow with time: the id is the whole cursor. */
export function readIdPage<Row>(
  { limit, afterId, beforeId, backward }: IdPageRequest,
  read: {
    count(): number;
    rows(bound: Bound, order: typeof asc | typeof desc, limit: number): Row[];
  },
): IdPage<Row> {
  const bound: Bound = (id) =>
    and(afterId === undefined ? undefined : lt(id, afterId), beforeId === undefined ? undefined : gt(id, beforeId));
  const found = read.rows(bound, backward ? asc : desc, limit + 1);
  const rows = found.slice(0, limit);
  return { rows: backward ? rows.reverse() : rows, hasMore: found.length > limit, totalCount: read.count() };
}
