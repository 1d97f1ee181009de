import type { Database } from "bun:sqlite";
import { closeSync, fsyncSync, openSync, statSync } from "node:fs";
import { setPragmas } from "./pragmas.ts";

/**
 * Makes a database or opens one that is there, then sets how it is synced. While a file is being made there is nothing in it to lose,
 * and each of the five syncs on the way would hold up a start: its first page is synced once, at the end (SQLite takes a file
 * without one for new, and deletes its log). What the log holds by then becomes durable with the first sync of it, which is that of
 * the first commit where commits are synced; until then a power cut leaves an empty database, and the next start makes it again.
 */
export function openSynced<T>(database: Database, path: string, level: 1 | 2, open: () => T): T {
  const isNew = statSync(path).size === 0;
  setPragmas(database, [["synchronous", isNew ? 0 : level]], path);
  const opened = open();
  if (isNew) {
    syncFile(path);
    setPragmas(database, [["synchronous", level]], path);
  }
  return opened;
}

function syncFile(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
