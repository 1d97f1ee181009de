import type { Database } from "bun:sqlite";
import { QUARTER_MS, SPANS_MS } from "./usage-cell.ts";
import { quarterKey, slotKey, startOfQuarterKey, startOfSlotKey } from "./usage-tables.ts";

const LONGEST = SPANS_MS.length - 1;
/** Of what a question may read twice, as much is kept as the longest spans of a quarter of a year need. */
const MOST_KEPT_BYTES = 32 * 1_048_576;

type Visit = (cells: Uint8Array) => void;
interface Piece {
  readonly startMs: number;
  readonly endMs: number;
  /** A quarter hour, or a part of it: these have the finest cells. */
  readonly isQuarter: boolean;
  readonly cells: Uint8Array;
}
type Take = (piece: Piece) => void;

/** Reads the roll-ups of a time from as few and as long spans as fit into it. One question's. */
export class UsageSlots {
  /** By view: what was read to be kept, in the order of time. */
  readonly #kept = new Map<number, Piece[]>();

  constructor(private readonly database: Database) {}

  /**
   * The blobs that together hold [fromMs, toMs), both on the quarter hour: cells of the view, and finest ones where that is not made;
   * these to `visitFinest`, where it is given.
   */
  each(view: number, fromMs: number, toMs: number, visit: Visit, visitFinest: Visit | null = visit): void {
    const take: Take = ({ isQuarter, cells }) => (isQuarter ? visitFinest?.(cells) : visit(cells));
    const takesQuarters = visitFinest !== null;
    let at = fromMs;
    const kept = this.#kept.get(view) ?? [];
    for (let next = firstFrom(kept, fromMs); next < kept.length && kept[next]!.endMs <= toMs; next++) {
      this.#read({ view, take, takesQuarters }, LONGEST, at, kept[next]!.startMs);
      take(kept[next]!);
      at = kept[next]!.endMs;
    }
    this.#read({ view, take, takesQuarters }, LONGEST, at, toMs);
  }

  /** Like `each`, for a time whose parts are read again after it: what fits into them is not fetched twice. */
  eachFirst(view: number, fromMs: number, toMs: number, visit: Visit): void {
    const kept: Piece[] = [];
    let bytes = 0;
    const take: Take = (piece) => {
      visit(piece.cells);
      bytes += piece.cells.length;
      if (bytes <= MOST_KEPT_BYTES) kept.push(piece);
    };
    this.#read({ view, take, takesQuarters: true }, LONGEST, fromMs, toMs);
    this.#kept.set(view, kept);
  }

  #read(reading: Reading, level: number, fromMs: number, toMs: number): void {
    if (fromMs >= toMs) return;
    if (level === 0) {
      if (reading.takesQuarters) this.#readQuarters(fromMs, toMs, reading.take);
      return;
    }
    const { view, take } = reading;
    const span = SPANS_MS[level]!;
    const first = Math.ceil(fromMs / span) * span;
    const last = Math.floor(toMs / span) * span;
    if (first >= last) {
      this.#read(reading, level - 1, fromMs, toMs);
      return;
    }
    this.#read(reading, level - 1, fromMs, first);
    let at = first;
    const slots = this.database.query<{ id: number; cells: Uint8Array }, [number, number]>(
      "SELECT id, cells FROM slot WHERE id >= ? AND id < ? ORDER BY id",
    );
    for (const { id, cells } of slots.all(slotKey(level, view, first), slotKey(level, view, last))) {
      const startMs = startOfSlotKey(level, id);
      this.#read(reading, level - 1, at, startMs);
      at = startMs + span;
      take({ startMs, endMs: at, isQuarter: false, cells });
    }
    this.#read(reading, level - 1, at, last);
    this.#read(reading, level - 1, last, toMs);
  }

  #readQuarters(fromMs: number, toMs: number, take: Take): void {
    const parts = this.database.query<{ id: number; cells: Uint8Array }, [number, number]>(
      "SELECT id, cells FROM quarter WHERE id >= ? AND id < ? ORDER BY id",
    );
    for (const { id, cells } of parts.all(quarterKey(fromMs), quarterKey(toMs))) {
      const startMs = startOfQuarterKey(id);
      take({ startMs, endMs: startMs + QUARTER_MS, isQuarter: true, cells });
    }
  }
}

interface Reading {
  readonly view: number;
  readonly take: Take;
  readonly takesQuarters: boolean;
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
