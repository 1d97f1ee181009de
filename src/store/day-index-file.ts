import { existsSync, readdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { makePrivate } from "./data-directory.ts";
import { DAY_MS, dayFilePath, dayOfFile } from "./day-file.ts";
import type { DayColumns, DayIndexHead } from "./day-index.ts";

/** Beside the day file, under a name that goes with it when the day is deleted. */
export function indexPath(folder: string, day: number): string {
  return `${dayFilePath(folder, day)}-index`;
}

/** After this a day's index is written down: its last requests have ended. */
export const SETTLED_AFTER_MS = 15 * 60_000;

const VERSION = 1;
const ALIGNMENT = 8;
const ARRAYS = {
  rows: Float64Array,
  combinations: Uint32Array,
  durationsUs: Uint32Array,
  tokens: Uint32Array,
  costs: Float64Array,
  attempts: Uint8Array,
  quarters: Uint32Array,
  extremes: Float64Array,
  postingStarts: Uint32Array,
  postings: Uint32Array,
  byCost: Uint32Array,
  byTokens: Uint32Array,
  byDuration: Uint32Array,
  retried: Uint32Array,
  errors: Uint32Array,
  errorPrints: Uint32Array,
  errorStarts: Uint32Array,
  errorText: Uint8Array,
  shapeIds: Uint32Array,
} as const satisfies Record<keyof DayColumns, unknown>;
const NAMES = Object.keys(ARRAYS) as (keyof DayColumns)[];

interface StoredHead extends DayIndexHead {
  readonly version: number;
  /** By the names of the columns, in their order: number of entries. */
  readonly lengths: readonly number[];
}

/** Whole or not at all: a reader never sees half of one. */
export function writeDayIndex(folder: string, head: DayIndexHead, columns: DayColumns): void {
  const stored: StoredHead = { ...head, version: VERSION, lengths: NAMES.map((name) => columns[name].length) };
  const text = Buffer.from(JSON.stringify(stored));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(text.length);
  const parts: Uint8Array[] = [size, text, padding(size.length + text.length)];
  for (const name of NAMES) {
    const column = columns[name];
    parts.push(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), padding(column.byteLength));
  }
  const path = indexPath(folder, head.day);
  const temporary = `${path}.new`;
  writeFileSync(temporary, Buffer.concat(parts));
  makePrivate(temporary);
  renameSync(temporary, path);
}

/** Its columns stay in the file, and are read when they are looked at. Null when there is none, or none of this version. */
export function readDayIndex(folder: string, day: number): { head: DayIndexHead; columns: DayColumns } | null {
  const path = indexPath(folder, day);
  try {
    if (statSync(path).size < ALIGNMENT) return null;
    const bytes = Bun.mmap(path);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const headEnd = 4 + view.getUint32(0, true);
    const stored: StoredHead = JSON.parse(Buffer.from(bytes.subarray(4, headEnd)).toString("utf8"));
    if (stored.version !== VERSION || stored.day !== day) return null;
    let at = headEnd + padding(headEnd).length;
    const columns: Partial<Record<keyof DayColumns, unknown>> = {};
    for (const [index, name] of NAMES.entries()) {
      const Column = ARRAYS[name];
      const column = new Column(bytes.buffer as ArrayBuffer, bytes.byteOffset + at, stored.lengths[index]!);
      columns[name] = column;
      at += column.byteLength + padding(column.byteLength).length;
    }
    return { head: stored, columns: columns as unknown as DayColumns };
  } catch {
    return null; // Damaged, or deleted meanwhile: it is made anew.
  }
}

/** The days that are over and have none yet. */
export function daysWithoutIndex(folder: string, nowMs: number): number[] {
  const today = Math.floor((nowMs - SETTLED_AFTER_MS) / DAY_MS);
  const days = readdirSync(folder).map(dayOfFile);
  return days.filter((day) => day !== null).filter((day) => day < today && !existsSync(indexPath(folder, day)));
}

function padding(bytes: number): Uint8Array {
  return new Uint8Array((ALIGNMENT - (bytes % ALIGNMENT)) % ALIGNMENT);
}
