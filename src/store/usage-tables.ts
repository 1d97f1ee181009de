import { QUARTER_MS } from "./usage-cell.ts";
import type { Grid } from "./usage-spans.ts";

const PHASE_TABLE = `
  CREATE TABLE phase (phase INTEGER PRIMARY KEY, asked_at INTEGER NOT NULL, leaves INTEGER NOT NULL);
`;

/**
 * usage.db. `quarter` holds what was counted, in the finest view: a few parts per quarter hour, one for each commit until they are
 * put together. `slot` holds the longer spans in every view, made of the quarters when their time is over; a slot that is not there
 * (yet, or again after late rows) is read from the shorter spans. `phase` says which zones' days have slots, too. `progress` says up to
 * which batch of each day file they count.
 */
export const USAGE_SCHEMA = `
  CREATE TABLE usage_group (id INTEGER PRIMARY KEY, value TEXT NOT NULL UNIQUE);
  CREATE TABLE quarter (id INTEGER PRIMARY KEY, cells BLOB NOT NULL);
  CREATE TABLE slot (id INTEGER PRIMARY KEY, cells BLOB NOT NULL);
  CREATE TABLE progress (day INTEGER PRIMARY KEY, batch INTEGER NOT NULL);
  ${PHASE_TABLE}
`;
export const USAGE_VERSION = 3;
/** What makes of a version the next one. Files of versions before these are counted again from the logs. */
export const USAGE_UPGRADES: Readonly<Record<number, string>> = { 2: PHASE_TABLE };

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

/** All slots of a grid and a view follow one another in time. */
export function slotKey(grid: Grid, view: number, startMs: number): number {
  return (grid.number * VIEW_NUMBERS + view) * STARTS + (startMs - grid.phaseMs) / grid.spanMs;
}

export function startOfSlotKey(grid: Grid, key: number): number {
  return (key % STARTS) * grid.spanMs + grid.phaseMs;
}

/** The ids of a grid's slots in all views: from the first to before the second. */
export function slotKeysOf({ number }: Grid): readonly [from: number, to: number] {
  return [number * VIEW_NUMBERS * STARTS, (number + 1) * VIEW_NUMBERS * STARTS];
}
