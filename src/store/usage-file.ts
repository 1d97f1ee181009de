import { Database, type Statement } from "bun:sqlite";
import { makePrivate } from "./data-directory.ts";
import { openSynced } from "./new-file.ts";
import { openSchema } from "./open-schema.ts";
import { cellOf, mergeCells, packCells } from "./packed-cells.ts";
import { setPragmas } from "./pragmas.ts";
import { QUARTER_MS, type UsageCell } from "./usage-cell.ts";
import type { UsageDeltas } from "./usage-deltas.ts";
import { COARSE_VIEWS, FINEST_VIEW, seenIn, type UsageGroup, VIEWS } from "./usage-group.ts";
import { phasesOf, UsagePhases } from "./usage-phases.ts";
import { UsageSlots } from "./usage-slots.ts";
import { type Grid, nextSpanStart, spanStart, UTC_GRIDS } from "./usage-spans.ts";
import {
  quarterKey,
  slotKey,
  slotKeysOf,
  startOfQuarterKey,
  startOfSlotKey,
  USAGE_SCHEMA,
  USAGE_UPGRADES,
  USAGE_VERSION,
} from "./usage-tables.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Requests that began in a span may end after it: most have by then. */
const SETTLED_AFTER_MS = 120_000;
/** A quarter hour in more parts than this is put together. */
const MAX_PARTS = 32;

type DueSlots = Map<Grid, Set<number>>;

/** The roll-ups (usage.db), as the writer sees them: usage-tables.ts says what is where. */
export class UsageFile {
  readonly #database: Database;
  readonly #groups = new Map<string, number>();
  /** By a finest group: its groups in the coarse views, in their order. */
  readonly #wholes = new Map<number, readonly number[]>();
  readonly #phases: UsagePhases;
  /** By grid, in the order in which they are made: starts of the slots that are due when their time is over. */
  #due: DueSlots = new Map();
  /** What the file lacks is looked up when there is time, not at the start. */
  #isDueKnown = false;
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
    ] as const;
    openSynced(this.#database, path, 1, () => {
      setPragmas(this.#database, pragmas, path);
      openSchema(this.#database, path, USAGE_VERSION, USAGE_SCHEMA, USAGE_UPGRADES);
    });
    this.#phases = new UsagePhases(this.#database);
    for (const grid of [...UTC_GRIDS, ...this.#phases.grids()]) this.#due.set(grid, new Set());
    this.#parts = this.#database.query("SELECT id, cells FROM quarter WHERE id >= ? AND id < ? ORDER BY id");
    this.#addPart = this.#database.query("INSERT INTO quarter (id, cells) VALUES (?, ?)");
    this.#removeParts = this.#database.query("DELETE FROM quarter WHERE id >= ? AND id < ?");
    this.#slots = this.#database.query("SELECT cells FROM slot WHERE id >= ? AND id < ?");
    this.#putSlot = this.#database.query("INSERT OR REPLACE INTO slot (id, cells) VALUES (?, ?)");
    this.#removeSlots = this.#database.query("DELETE FROM slot WHERE id >= ? AND id < ?");
    this.#setProgress = this.#database.query("INSERT OR REPLACE INTO progress (day, batch) VALUES (?, ?)");
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

  /** The days of this zone are asked for: those that are over, and all to come, get slots of their own. */
  prepareZone(timeZone: string, nowMs: number): void {
    const oldest = this.#database.query<{ id: number | null }, []>("SELECT min(id) AS id FROM quarter").get()!.id;
    const fromMs = oldest === null ? nowMs : Math.min(startOfQuarterKey(oldest), nowMs);
    let isNew = false;
    this.#transaction(() => {
      isNew = this.#phases.want(phasesOf(timeZone, fromMs, nowMs), nowMs);
    });
    if (isNew) this.#isDueKnown = false;
    for (const grid of this.#phases.grids()) if (!this.#due.has(grid)) this.#due.set(grid, new Set());
  }

  /** Makes one slot whose time is over; false when there is none. A slot is the work of some milliseconds. */
  compactOne(nowMs: number): boolean {
    if (!this.#isDueKnown) this.#findDue();
    for (const [grid, starts] of this.#due) {
      for (const start of starts) {
        if (start + grid.spanMs + SETTLED_AFTER_MS > nowMs) continue;
        this.#transaction(() => (grid.parts.length === 0 ? this.#makeHour(grid, start) : this.#makeSlot(grid, start)));
        starts.delete(start);
        return true;
      }
    }
    return false;
  }

  /** From here on, slots for zones that nobody asked for in a long time are among what `expireSlice` deletes. */
  leaveZones(nowMs: number): void {
    this.#phases.leave(nowMs);
    for (const grid of this.#phases.leaving()) this.#due.delete(grid);
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
      for (const [grid, starts] of this.#due) {
        const last = spanStart(grid, beforeMs);
        for (const view of VIEWS) slice("slot", slotKey(grid, view, grid.phaseMs), slotKey(grid, view, last));
        for (const start of starts) if (start < last) starts.delete(start);
      }
      for (const grid of this.#phases.leaving()) slice("slot", ...slotKeysOf(grid));
      if (deleted < sliceRows) this.#phases.forgetLeft();
      this.#database.query("DELETE FROM progress WHERE day < ?").run(Math.floor(beforeMs / DAY_MS) - 1);
    });
    return deleted > 0;
  }

  close(): void {
    this.#database.close();
  }

  /** The slots that are not there, newest first: of these a chart shows more. */
  #findDue(): void {
    const hours = this.#hoursCounted();
    for (const [grid, due] of this.#due) {
      const made = this.#database
        .query<{ id: number }, [number, number]>("SELECT id FROM slot WHERE id >= ? AND id < ?")
        .all(slotKey(grid, 0, grid.phaseMs), slotKey(grid, 1, grid.phaseMs));
      const starts = new Set(made.map(({ id }) => startOfSlotKey(grid, id)));
      for (const hour of hours) {
        // Where the grid has other hours than UTC's, two of its spans share this one.
        for (const start of [spanStart(grid, hour + HOUR_MS - 1), spanStart(grid, hour)]) {
          if (!starts.has(start)) due.add(start);
        }
      }
    }
    this.#isDueKnown = true;
  }

  /** Starts of UTC's hours in which something was counted, newest first. */
  #hoursCounted(): number[] {
    const before = this.#database.query<{ id: number | null }, [number]>(
      "SELECT max(id) AS id FROM quarter WHERE id < ?",
    );
    const hours: number[] = [];
    for (let { id } = before.get(Number.MAX_SAFE_INTEGER)!; id !== null; ) {
      const quarter = startOfQuarterKey(id);
      hours.push(quarter - (quarter % HOUR_MS));
      id = before.get(quarterKey(hours.at(-1)!))!.id;
    }
    return hours;
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
    }
  }

  /** The slots around what was counted are made again, or for the first time, when their time is over. */
  #dropSlots(fromMs: number, toMs: number): void {
    for (const [grid, due] of this.#due) {
      const [first, last] = [spanStart(grid, fromMs), nextSpanStart(grid, toMs)];
      for (let start = first; start < last; start += grid.spanMs) due.add(start);
      if (this.#slots.get(slotKey(grid, 0, first), slotKey(grid, 0, last)) === null) continue;
      for (const view of VIEWS) this.#removeSlots.run(slotKey(grid, view, first), slotKey(grid, view, last));
    }
  }

  /** Puts the hour's quarters together, each of them and all, in every view. */
  #makeHour(grid: Grid, start: number): void {
    const hour = new Map<number, UsageCell>();
    for (let quarter = start; quarter < start + grid.spanMs; quarter += QUARTER_MS) {
      const parts = this.#parts.all(quarterKey(quarter), quarterKey(quarter + QUARTER_MS));
      for (const { cells } of parts) mergeCells(cells, (group) => cellOf(hour, group));
      if (parts.length <= 1) continue;
      const whole = new Map<number, UsageCell>();
      for (const { cells } of parts) mergeCells(cells, (group) => cellOf(whole, group));
      this.#removeParts.run(quarterKey(quarter), quarterKey(quarter + QUARTER_MS));
      this.#addPart.run(quarterKey(quarter), packCells(whole));
    }
    if (hour.size === 0) return;
    this.#putSlot.run(slotKey(grid, FINEST_VIEW, start), packCells(hour));
    for (const [index, view] of COARSE_VIEWS.entries()) {
      const cells = new Map<number, UsageCell>();
      for (const [group, cell] of hour) cellOf(cells, this.#wholesOf(group)[index]!).merge(cell);
      this.#putSlot.run(slotKey(grid, view, start), packCells(cells));
    }
  }

  /** Puts a longer span together from shorter ones, and from the quarter hours that are in none of these. */
  #makeSlot(grid: Grid, start: number): void {
    const slots = new UsageSlots(this.#database, grid.parts);
    const pieces = slots.pieces(FINEST_VIEW, start, start + grid.spanMs);
    const quarters = new Map<number, UsageCell>();
    for (const part of pieces) {
      if (part.grid === null) mergeCells(part.cells, (group) => cellOf(quarters, group));
    }
    for (const view of VIEWS) {
      const cells = new Map<number, UsageCell>();
      for (const blob of slots.inView(view, pieces)) mergeCells(blob, (group) => cellOf(cells, group));
      for (const [group, cell] of quarters) cellOf(cells, this.#groupIn(view, group)).merge(cell);
      if (cells.size > 0) this.#putSlot.run(slotKey(grid, view, start), packCells(cells));
    }
  }

  #groupIn(view: number, finest: number): number {
    return view === FINEST_VIEW ? finest : this.#wholesOf(finest)[COARSE_VIEWS.indexOf(view)]!;
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
