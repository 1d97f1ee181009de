import type { Written } from "./types.ts";

/** The order in which every versioned change is decided, inside one transaction. */
export function change<Row extends { readonly version: number }>(steps: {
  readonly current: Row | null;
  readonly expectedVersion: number | undefined;
  /** A row that holds a value which must be unique. */
  duplicate(current: Row): { readonly field: string; readonly existing: Row } | null;
  /** Writes, and returns the row as it is now. */
  write(current: Row): Row;
}): Written<Row> {
  const { current, expectedVersion } = steps;
  if (current === null) return { kind: "not_found" };
  if (expectedVersion !== undefined && expectedVersion !== current.version) return { kind: "stale", current };
  const duplicate = steps.duplicate(current);
  if (duplicate !== null) return { kind: "duplicate", ...duplicate };
  return { kind: "ok", row: steps.write(current) };
}

/** The stamps of a new row. */
export function firstStamps(id: string): { id: string; createdAt: number; updatedAt: number; version: number } {
  const now = Date.now();
  return { id, createdAt: now, updatedAt: now, version: 1 };
}

/** The stamps of a changed row. */
export function nextStamps(current: { readonly version: number }): { updatedAt: number; version: number } {
  return { updatedAt: Date.now(), version: current.version + 1 };
}

/** A patch without the fields that were left open: `undefined` means "as it is". */
export function defined<Patch extends object>(patch: Patch): Patch {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as Patch;
}

/** SQLite allows 32,766 parameters a statement; deletions may name more. */
export function inSlices<T, R>(items: readonly T[], work: (slice: T[]) => R[], size = 1000): R[] {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += size) results.push(...work(items.slice(start, start + size)));
  return results;
}
