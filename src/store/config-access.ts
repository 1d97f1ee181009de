import type { BunSQLiteDatabase } from "drizzle-orm/bun-sqlite";

/** Inside a transaction or out of one. */
export type Queries = Pick<BunSQLiteDatabase, "get" | "select" | "selectDistinct" | "insert" | "update" | "delete">;

/** What a noun's store needs: the database itself, or a transaction of several writes. */
export interface ConfigAccess {
  read<T>(work: (queries: Queries) => T): T;
  /** One immediate transaction. `work` must be synchronous: bun:sqlite commits when it returns. */
  write<T>(work: (queries: Queries) => T): Promise<T>;
}
