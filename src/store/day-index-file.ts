import { existsSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { makePrivate } from "./data-directory.ts";
import { DAY_MS, dayFilePath, dayOfFile } from "./day-file.ts";
import type { DayColumns, DayIndexHead } from "./day-index.ts";

/** Beside the day file, under a name that goes with it when the day is deleted, and of its own for each form that it has had. */
export function indexPath(folder: string, day: number): string {
  return `${dayFilePath(folder, day)}-index${VERSION}`;
}

/** Takes the index of a day file away, of whichever form, and one that was not finished. */
export function removeDayIndex(dayFile: string): void {
  for (const form of ["", VERSION]) {
    for (const end of ["", ".new"]) rmSync(`${dayFile}-index${form}${end}`, { force: true });
  }
}

/** After this a day's index is written down: its last requests have ended. */
export const SETTLED_AFTER_MS = 15 * 60_000;

const VERSION = 2;
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
  retriedCombinations: Uint32Array,
  errors: Uint32Array,
  errorRows: Float64Array,
  errorCombinations: Uint32Array,
  errorPrints: Uint32Array,
  errorStarts: Uint32Array,
  errorText: Uint8Array,
  shapeIds: Uint32Array,
} as const satisfies Record<keyof DayColumns, unknown>;
const NAMES = Object.keys(ARRAYS) as (keyof DayColumns)[];

/**
 * One line of JSON, and one for each shape: its kind's first letter, its number, a space, its value. A first question reads the heads
 * of all days, and shapes are nearly all of them.
 */
interface StoredHead extends Omit<DayIndexHead, "shapes"> {
  readonly version: number;
  /** By the names of the columns, in their order: number of entries. */
  readonly lengths: readonly number[];
}

/** Whole or not at all: a reader never sees half of one. */
export function writeDayIndex(folder: string, head: DayIndexHead, columns: DayColumns): void {
  const { shapes, ...rest } = head;
  const stored: StoredHead = { ...rest, version: VERSION, lengths: NAMES.map((name) => columns[name].length) };
  const lines = shapes.map(({ kind, id, value }) => `${kind[0]}${id} ${value}`);
  const text = Buffer.from([JSON.stringify(stored), ...lines].join("\n"));
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
  rmSync(`${dayFilePath(folder, head.day)}-index`, { force: true }); // the first form
}

/** Its columns stay in the file, and are read when they are looked at. Null when there is none, or none of this version. */
export function readDayIndex(folder: string, day: number): { head: DayIndexHead; columns: DayColumns } | null {
  const path = indexPath(folder, day);
  try {
    if (statSync(path).size < ALIGNMENT) return null;
    const bytes = Bun.mmap(path);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const headEnd = 4 + view.getUint32(0, true);
    const [json, ...lines] = Buffer.from(bytes.buffer, bytes.byteOffset + 4, headEnd - 4)
      .toString("utf8")
      .split("\n");
    const stored: StoredHead = JSON.parse(json!);
    if (stored.version !== VERSION || stored.day !== day) return null;
    let at = headEnd + padding(headEnd).length;
    const columns: Partial<Record<keyof DayColumns, unknown>> = {};
    for (const [index, name] of NAMES.entries()) {
      const Column = ARRAYS[name];
      const column = new Column(bytes.buffer as ArrayBuffer, bytes.byteOffset + at, stored.lengths[index]!);
      columns[name] = column;
      at += column.byteLength + padding(column.byteLength).length;
    }
    return { head: { ...stored, shapes: lines.map(readShape) }, columns: columns as unknown as DayColumns };
  } catch {
    return null; // Damaged, or deleted meanwhile: it is made anew.
  }
}

function readShape(line: string): DayIndexHead["shapes"][number] {
  const end = line.indexOf(" ");
  const kind = line.startsWith("r") ? "route" : line.startsWith("c") ? "caller" : "outcome";
  return { kind, id: Number(line.slice(1, end)), value: line.slice(end + 1) };
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
