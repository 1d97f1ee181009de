import { QUARTER_MS, SPANS_MS } from "./usage-cell.ts";

/**
 * usage.db. `quarter` holds what was counted, in the finest view: a few parts per quarter hour, one for each commit until they are
 * put together. `slot` holds the longer spans in every view, made of the quarters when their time is over; a slot that is not there
 * (yet, or again after late rows) is read from the shorter spans. `progress` says up to which batch of each day file they count.
 */
export const USAGE_SCHEMA = `
  CREATE TABLE usage_group (id INTEGER PRIMARY KEY, value TEXT NOT NULL UNIQUE);
  CREATE TABLE quarter (id INTEGER PRIMARY KEY, cells BLOB NOT NULL);
  CREATE TABLE slot (id INTEGER PRIMARY KEY, cells BLOB NOT NULL);
  CREATE TABLE progress (day INTEGER PRIMARY KEY, batch INTEGER NOT NULL);
`;
export const USAGE_VERSION = 2;

const PARTS = 65_536;
const STARTS = 2 ** 32;
const VIEW_NUMBERS = 128;

/** Ids are places in time: the parts of a quarter hour follow one another. */
export function quarterKey(startMs: number): number {
  return (startMs / QUARTER_MS) * PARTS;
}

export function startOfQuarterKey(key: number): number {
  return Math.floor(key / PARTS) * QUARTER_MS;
}

/** `level` counts SPANS_MS from 1. All slots of a span and a view follow one another in time. */
export function slotKey(level: number, view: number, startMs: number): number {
  return (level * VIEW_NUMBERS + view) * STARTS + startMs / SPANS_MS[level]!;
}

export function startOfSlotKey(level: number, key: number): number {
  return (key % STARTS) * SPANS_MS[level]!;
}
