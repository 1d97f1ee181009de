import type { Database } from "bun:sqlite";
import { QUARTER_MS } from "./usage-cell.ts";
import { type Grid, nextSpanStart, spanStart, UTC_GRIDS } from "./usage-spans.ts";
import { quarterKey, slotKey, startOfQuarterKey, startOfSlotKey } from "./usage-tables.ts";
import { type DayRun, localDayRuns, type ZoneTime } from "./usage-zone.ts";

/** Of what a question may read twice, as much is kept as the longest spans of a quarter of a year need. */
const MOST_KEPT_BYTES = 32 * 1_048_576;

/** A span of the roll-ups with its cells in one view. */
interface Piece {
  /** Null: a quarter hour, or a part of it, whose cells are the finest ones whatever was asked for. */
  readonly grid: Grid | null;
  readonly startMs: number;
  readonly endMs: number;
  readonly cells: Uint8Array;
}
type ReadRest = (fromMs: number, toMs: number) => void;
interface Reading {
  readonly view: number;
  readonly pieces: Piece[];
}

/** Reads the roll-ups of a time from as few and as long spans as fit into it. One question's. */
export class UsageSlots {
  /** By view, in the order of time. */
  readonly #kept = new Map<number, readonly Piece[]>();

  /** Grids from the longest spans to the shortest; before these, the days of a zone are read. */
  constructor(
    private readonly database: Database,
    private readonly grids: readonly Grid[],
    private readonly dayRuns: readonly DayRun[] = [],
  ) {}

  /** From what the zone of the question has slots for. */
  static of(database: Database, asked: ZoneTime): UsageSlots {
    const dayRuns = localDayRuns(database, asked);
    const grids = new Set([...UTC_GRIDS, ...dayRuns.map(({ hours }) => hours)]);
    return new UsageSlots(
      database,
      [...grids].sort((a, b) => b.spanMs - a.spanMs),
      dayRuns,
    );
  }

  /** What together holds [fromMs, toMs), both on the quarter hour. */
  pieces(view: number, fromMs: number, toMs: number): readonly Piece[] {
    const reading: Reading = { view, pieces: [] };
    let at = fromMs;
    const kept = this.#kept.get(view) ?? [];
    for (let next = firstFrom(kept, fromMs); next < kept.length && kept[next]!.endMs <= toMs; next++) {
      this.#read(reading, at, kept[next]!.startMs);
      reading.pieces.push(kept[next]!);
      at = kept[next]!.endMs;
    }
    this.#read(reading, at, toMs);
    return reading.pieces;
  }

  /** For a time whose parts are asked for after it: what fits into them is not read again. */
  keep(view: number, pieces: readonly Piece[]): void {
    let bytes = 0;
    const kept = pieces.filter(({ cells }) => {
      bytes += cells.length;
      return bytes <= MOST_KEPT_BYTES;
    });
    this.#kept.set(view, kept);
  }

  /** The slots among these pieces as another view has them: each is there in all of them. */
  inView(view: number, pieces: readonly Piece[]): Uint8Array[] {
    return runsOf(pieces).flatMap(({ grid, startMs, endMs }) =>
      this.#slots(grid, view, startMs, endMs).map(({ cells }) => cells),
    );
  }

  /** The zone's own days first, the rest from the grids. */
  #read(reading: Reading, fromMs: number, toMs: number): void {
    let at = fromMs;
    for (const { days, startMs, endMs } of this.dayRuns) {
      const first = Math.max(startMs, nextSpanStart(days, fromMs));
      const last = Math.min(endMs, spanStart(days, toMs));
      if (first >= last) continue;
      this.#readFrom(0, reading, at, first);
      this.#readSpans(days, reading, first, last, (from, to) => this.#readFrom(0, reading, from, to));
      at = last;
    }
    this.#readFrom(0, reading, at, toMs);
  }

  /** `place` is of the longest of the grids that may be used. */
  #readFrom(place: number, reading: Reading, fromMs: number, toMs: number): void {
    if (fromMs >= toMs) return;
    const grid = this.grids[place];
    if (grid === undefined) {
      this.#readQuarters(reading, fromMs, toMs);
      return;
    }
    const readRest = (from: number, to: number) => this.#readFrom(place + 1, reading, from, to);
    const [first, last] = [nextSpanStart(grid, fromMs), spanStart(grid, toMs)];
    if (first >= last) {
      readRest(fromMs, toMs);
      return;
    }
    readRest(fromMs, first);
    this.#readSpans(grid, reading, first, last, readRest);
    readRest(last, toMs);
  }

  /** From one start of a span to another; what has no slot goes to `readRest`. */
  #readSpans(grid: Grid, { view, pieces }: Reading, first: number, last: number, readRest: ReadRest): void {
    let at = first;
    for (const { id, cells } of this.#slots(grid, view, first, last)) {
      const startMs = startOfSlotKey(grid, id);
      readRest(at, startMs);
      at = startMs + grid.spanMs;
      pieces.push({ grid, startMs, endMs: at, cells });
    }
    readRest(at, last);
  }

  #slots(
    grid: Grid,
    view: number,
    fromMs: number,
    toMs: number,
  ): { readonly id: number; readonly cells: Uint8Array }[] {
    return this.database
      .query<{ id: number; cells: Uint8Array }, [number, number]>(
        "SELECT id, cells FROM slot WHERE id >= ? AND id < ? ORDER BY id",
      )
      .all(slotKey(grid, view, fromMs), slotKey(grid, view, toMs));
  }

  #readQuarters({ pieces }: Reading, fromMs: number, toMs: number): void {
    const parts = this.database.query<{ id: number; cells: Uint8Array }, [number, number]>(
      "SELECT id, cells FROM quarter WHERE id >= ? AND id < ? ORDER BY id",
    );
    for (const { id, cells } of parts.all(quarterKey(fromMs), quarterKey(toMs))) {
      const startMs = startOfQuarterKey(id);
      pieces.push({ grid: null, startMs, endMs: startMs + QUARTER_MS, cells });
    }
  }
}

interface Run {
  readonly grid: Grid;
  readonly startMs: number;
  readonly endMs: number;
}

/** Slots of a grid that follow one another. */
function runsOf(pieces: readonly Piece[]): Run[] {
  const runs: Run[] = [];
  for (const { grid, startMs, endMs } of pieces) {
    if (grid === null) continue;
    const last = runs.at(-1);
    if (last?.grid === grid && last.endMs === startMs) runs[runs.length - 1] = { ...last, endMs };
    else runs.push({ grid, startMs, endMs });
  }
  return runs;
}

/** The place of the first piece that begins at `fromMs` or later. */
function firstFrom(pieces: readonly Piece[], fromMs: number): number {
  let [low, high] = [0, pieces.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (pieces[middle]!.startMs < fromMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Roll-ups know no less than a quarter of an hour. */
export function toQuarters({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }) {
  return { fromMs: fromMs - (fromMs % QUARTER_MS), toMs: Math.ceil(toMs / QUARTER_MS) * QUARTER_MS };
}
