import { Database, type Statement } from "bun:sqlite";
import { makePrivate } from "./data-directory.ts";
import { openSchema } from "./open-schema.ts";
import { cellOf, mergeCells, packCells } from "./packed-cells.ts";
import { setPragmas } from "./pragmas.ts";
import { LONGEST_SPAN_MS, QUARTER_MS, SPANS_MS, type UsageCell } from "./usage-cell.ts";
import type { UsageDeltas } from "./usage-deltas.ts";
import { COARSE_VIEWS, FINEST_VIEW, seenIn, type UsageGroup, VIEWS } from "./usage-group.ts";
import { quarterKey, slotKey, startOfSlotKey, USAGE_SCHEMA, USAGE_VERSION } from "./usage-tables.ts";

const LEVELS = [1, 2, 3] as const;
/** Requests that began in a span may end after it: most have by then. */
const SETTLED_AFTER_MS = 120_000;
/** A quarter hour in more parts than this is put together. */
const MAX_PARTS = 32;

/** The roll-ups (usage.db), as the writer sees them: usage-tables.ts says what is where. */
export class UsageFile {
  readonly #database: Database;
  readonly #groups = new Map<string, number>();
  /** By a finest group: its groups in the coarse views, in their order. */
  readonly #wholes = new Map<number, readonly number[]>();
  /** By level: starts of the slots that are to be made when their time is over. */
  readonly #due = new Map<number, Set<number>>(LEVELS.map((level) => [level, new Set()]));
  readonly #parts: Statement<{ id: number; cells: Uint8Array }, [number, number]>;
  readonly #addPart: Statement<unknown, [number, Uint8Array]>;
  readonly #removeParts: Statement<unknown, [number, number]>;
  readonly #slots: Statement<{ cells: Uint8Array }, [number, number]>;
  readonly #putSlot: Statement<unknown, [number, Uint8Array]>;
  readonly #removeSlots: Statement<unknown, [number, number]>;
  readonly #setProgress: Statement<unknown, [number, number]>;

  constructor(path: string) {
    this.#database = new Database(path, { create: true, readwrite: true });
    makePrivate(path);
    const pragmas = [
      ["busy_timeout", 200], // the lane tries again
      ["journal_mode", "wal"],
      ["synchronous", 1],
    ] as const;
    setPragmas(this.#database, pragmas, path);
    openSchema(this.#database, path, USAGE_VERSION, USAGE_SCHEMA);
    this.#parts = this.#database.query("SELECT id, cells FROM quarter WHERE id >= ? AND id < ? ORDER BY id");
    this.#addPart = this.#database.query("INSERT INTO quarter (id, cells) VALUES (?, ?)");
    this.#removeParts = this.#database.query("DELETE FROM quarter WHERE id >= ? AND id < ?");
    this.#slots = this.#database.query("SELECT cells FROM slot WHERE id >= ? AND id < ?");
    this.#putSlot = this.#database.query("INSERT OR REPLACE INTO slot (id, cells) VALUES (?, ?)");
    this.#removeSlots = this.#database.query("DELETE FROM slot WHERE id >= ? AND id < ?");
    this.#setProgress = this.#database.query("INSERT OR REPLACE INTO progress (day, batch) VALUES (?, ?)");
    this.#findDue();
  }

  progressOf(day: number): number {
    return (
      this.#database.query<{ batch: number }, [number]>("SELECT batch FROM progress WHERE day = ?").get(day)?.batch ?? 0
    );
  }

  /** Adds the deltas and notes how far each day is counted: one transaction. */
  commit(deltas: UsageDeltas, progress: ReadonlyMap<number, number>): void {
    this.#transaction(() => {
      this.#add(deltas);
      for (const [day, batch] of progress) this.#setProgress.run(day, batch);
    });
  }

  /** Puts `deltas` in the place of everything between two instants (starts of quarter hours). */
  replace(fromMs: number, toMs: number, deltas: UsageDeltas): void {
    this.#transaction(() => {
      this.#removeParts.run(quarterKey(fromMs), quarterKey(toMs));
      this.#dropSlots(fromMs, toMs);
      this.#add(deltas);
    });
  }

  /** Notes that the day is counted up to this batch. */
  setProgress(day: number, batch: number): void {
    this.#setProgress.run(day, batch);
  }

  /** Makes one slot whose time is over; false when there is none. A slot is the work of some milliseconds. */
  compactOne(nowMs: number): boolean {
    for (const level of LEVELS) {
      const due = this.#due.get(level)!;
      for (const start of due) {
        if (start + SPANS_MS[level]! + SETTLED_AFTER_MS > nowMs) continue;
        this.#transaction(() => (level === 1 ? this.#makeHour(start) : this.#makeSlot(level, start)));
        due.delete(start);
        return true;
      }
    }
    return false;
  }

  /** Deletes a slice of what ended before an instant; false when nothing is left to delete. */
  expireSlice(beforeMs: number, sliceRows: number): boolean {
    let deleted = 0;
    this.#transaction(() => {
      const slice = (table: string, from: number, to: number) => {
        if (deleted >= sliceRows) return;
        const remove = this.#database.query<unknown, [number, number, number]>(
          `DELETE FROM ${table} WHERE id IN (SELECT id FROM ${table} WHERE id >= ? AND id < ? LIMIT ?)`,
        );
        deleted += remove.run(from, to, sliceRows - deleted).changes;
      };
      slice("quarter", 0, quarterKey(beforeMs - (beforeMs % QUARTER_MS)));
      for (const level of LEVELS) {
        const last = beforeMs - (beforeMs % SPANS_MS[level]!);
        for (const view of VIEWS) slice("slot", slotKey(level, view, 0), slotKey(level, view, last));
        for (const start of this.#due.get(level)!) if (start < last) this.#due.get(level)!.delete(start);
      }
      this.#database.query("DELETE FROM progress WHERE day < ?").run(Math.floor(beforeMs / LONGEST_SPAN_MS) - 1);
    });
    return deleted > 0;
  }

  close(): void {
    this.#database.close();
  }

  #findDue(): void {
    const made = new Set(
      this.#database
        .query<{ id: number }, [number, number]>("SELECT id FROM slot WHERE id >= ? AND id < ?")
        .all(slotKey(1, 0, 0), slotKey(1, 1, 0))
        .map(({ id }) => startOfSlotKey(1, id)),
    );
    const hourKeys = quarterKey(SPANS_MS[1]);
    const hours = this.#database
      .query<{ hour: number }, []>(`SELECT DISTINCT id / ${hourKeys} AS hour FROM quarter`)
      .all();
    const longer = this.#database.query<{ id: number }, [number]>("SELECT id FROM slot WHERE id = ?");
    for (const { hour } of hours) {
      const start = hour * SPANS_MS[1];
      if (!made.has(start)) this.#due.get(1)!.add(start);
      for (const level of [2, 3]) {
        const from = start - (start % SPANS_MS[level]!);
        if (!this.#due.get(level)!.has(from) && longer.get(slotKey(level, 0, from)) === null) {
          this.#due.get(level)!.add(from);
        }
      }
    }
  }

  #add(deltas: UsageDeltas): void {
    for (const [quarter, groups] of deltas.quarters) {
      const cells = new Map(Array.from(groups, ([group, cell]) => [this.#groupId(group), cell]));
      const parts = this.#parts.all(quarterKey(quarter), quarterKey(quarter + QUARTER_MS));
      let part = (parts.at(-1)?.id ?? quarterKey(quarter) - 1) + 1;
      if (parts.length >= MAX_PARTS) {
        for (const { cells: blob } of parts) mergeCells(blob, (group) => cellOf(cells, group));
        this.#removeParts.run(quarterKey(quarter), quarterKey(quarter + QUARTER_MS));
        part = quarterKey(quarter);
      }
      this.#addPart.run(part, packCells(cells));
      this.#dropSlots(quarter, quarter + QUARTER_MS);
      for (const level of LEVELS) this.#due.get(level)!.add(quarter - (quarter % SPANS_MS[level]!));
    }
  }

  /** Late rows: the slots around them are made again. */
  #dropSlots(fromMs: number, toMs: number): void {
    for (const level of LEVELS) {
      const span = SPANS_MS[level]!;
      const first = fromMs - (fromMs % span);
      const last = Math.ceil(toMs / span) * span;
      if (this.#slots.get(slotKey(level, 0, first), slotKey(level, 0, last)) === null) continue;
      for (const view of VIEWS) this.#removeSlots.run(slotKey(level, view, first), slotKey(level, view, last));
    }
  }

  /** Puts the hour's quarters together, each of them and all, in every view. */
  #makeHour(start: number): void {
    const hour = new Map<number, UsageCell>();
    for (let quarter = start; quarter < start + SPANS_MS[1]; quarter += QUARTER_MS) {
      const parts = this.#parts.all(quarterKey(quarter), quarterKey(quarter + QUARTER_MS));
      for (const { cells } of parts) mergeCells(cells, (group) => cellOf(hour, group));
      if (parts.length <= 1) continue;
      const whole = new Map<number, UsageCell>();
      for (const { cells } of parts) mergeCells(cells, (group) => cellOf(whole, group));
      this.#removeParts.run(quarterKey(quarter), quarterKey(quarter + QUARTER_MS));
      this.#addPart.run(quarterKey(quarter), packCells(whole));
    }
    if (hour.size === 0) return;
    this.#putSlot.run(slotKey(1, FINEST_VIEW, start), packCells(hour));
    for (const [index, view] of COARSE_VIEWS.entries()) {
      const cells = new Map<number, UsageCell>();
      for (const [group, cell] of hour) cellOf(cells, this.#wholesOf(group)[index]!).merge(cell);
      this.#putSlot.run(slotKey(1, view, start), packCells(cells));
    }
  }

  #makeSlot(level: number, start: number): void {
    const [from, to] = [start, start + SPANS_MS[level]!];
    for (const view of VIEWS) {
      const cells = new Map<number, UsageCell>();
      for (const slot of this.#slots.all(slotKey(level - 1, view, from), slotKey(level - 1, view, to))) {
        mergeCells(slot.cells, (group) => cellOf(cells, group));
      }
      if (cells.size > 0) this.#putSlot.run(slotKey(level, view, start), packCells(cells));
    }
  }

  #wholesOf(group: number): readonly number[] {
    let wholes = this.#wholes.get(group);
    if (wholes === undefined) {
      const { value } = this.#database
        .query<{ value: string }, [number]>("SELECT value FROM usage_group WHERE id = ?")
        .get(group)!;
      const parts: UsageGroup = JSON.parse(value);
      wholes = COARSE_VIEWS.map((view) => this.#groupId(JSON.stringify(seenIn(view, parts))));
      if (this.#wholes.size > 50_000) this.#wholes.clear();
      this.#wholes.set(group, wholes);
    }
    return wholes;
  }

  #groupId(value: string): number {
    let id = this.#groups.get(value);
    if (id === undefined) {
      const find = this.#database.query<{ id: number }, [string]>("SELECT id FROM usage_group WHERE value = ?");
      const add = this.#database.query<{ id: number }, [string]>(
        "INSERT INTO usage_group (value) VALUES (?) RETURNING id",
      );
      id = (find.get(value) ?? add.get(value)!).id;
      if (this.#groups.size > 100_000) this.#groups.clear();
      this.#groups.set(value, id);
    }
    return id;
  }

  #transaction(work: () => void): void {
    try {
      this.#database.transaction(work).immediate();
    } catch (error) {
      this.#groups.clear(); // ids made inside it are gone
      this.#wholes.clear();
      throw error;
    }
  }
}
