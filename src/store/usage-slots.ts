import type { Database } from "bun:sqlite";
import { QUARTER_MS, SPANS_MS } from "./usage-cell.ts";
import { quarterKey, slotKey, startOfSlotKey } from "./usage-tables.ts";

const LONGEST = SPANS_MS.length - 1;

type Visit = (cells: Uint8Array) => void;
interface Reading {
  readonly view: number;
  readonly visit: Visit;
  /** Null: these are left out. */
  readonly visitFinest: Visit | null;
}

/** Reads the roll-ups of a time from as few and as long spans as fit into it. */
export class UsageSlots {
  constructor(private readonly database: Database) {}

  /**
   * The blobs that together hold [fromMs, toMs), both on the quarter hour: cells of the view, and finest ones where that is not made;
   * these to `visitFinest`, where it is given.
   */
  each(view: number, fromMs: number, toMs: number, visit: Visit, visitFinest: Visit | null = visit): void {
    this.#read({ view, visit, visitFinest }, LONGEST, fromMs, toMs);
  }

  #read(reading: Reading, level: number, fromMs: number, toMs: number): void {
    if (fromMs >= toMs) return;
    if (level === 0) {
      if (reading.visitFinest !== null) this.#readQuarters(fromMs, toMs, reading.visitFinest);
      return;
    }
    const { view, visit } = reading;
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
      const start = startOfSlotKey(level, id);
      this.#read(reading, level - 1, at, start);
      visit(cells);
      at = start + span;
    }
    this.#read(reading, level - 1, at, last);
    this.#read(reading, level - 1, last, toMs);
  }

  #readQuarters(fromMs: number, toMs: number, visit: Visit): void {
    const parts = this.database.query<{ cells: Uint8Array }, [number, number]>(
      "SELECT cells FROM quarter WHERE id >= ? AND id < ?",
    );
    for (const { cells } of parts.all(quarterKey(fromMs), quarterKey(toMs))) visit(cells);
  }
}

/** Roll-ups know no less than a quarter of an hour. */
export function toQuarters({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }) {
  return { fromMs: fromMs - (fromMs % QUARTER_MS), toMs: Math.ceil(toMs / QUARTER_MS) * QUARTER_MS };
}
