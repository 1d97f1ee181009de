import { statSync } from "node:fs";
import { DAY_MS, dayFilePath, QUARTERS_PER_DAY } from "./day-file.ts";
import type { DayColumns, DayIndex, DayIndexHead } from "./day-index.ts";
import { DayIndexBuilder } from "./day-index-build.ts";
import { indexPath, readDayIndex, SETTLED_AFTER_MS, writeDayIndex } from "./day-index-file.ts";
import type { DayReader, DayReaders } from "./day-reader.ts";
import { ShapeTable } from "./shape-table.ts";

/** Days whose index is held besides those on disk: they take tens of bytes a row. */
const MAX_LIVE = 3;
/** Days whose index is half made: the one that was asked for, and the one that is made meanwhile. */
const MAX_HALF_MADE = 2;
/** Beyond this many shapes everything is read again: callers of many addresses must not grow the table for ever. */
const MAX_SHAPES = 300_000;

/** In the place of an index: there was no time to make it whole. Asking again goes on where this ended. */
export const LATER = "later";

interface HalfMade {
  readonly reader: DayReader;
  readonly builder: DayIndexBuilder;
  nextQuarter: number;
}
interface Live {
  readonly reader: DayReader;
  readonly builder: DayIndexBuilder;
  index: DayIndex;
}

/** The indexes of all days, each brought up to what is in its file when it is asked for. */
export class DayIndexes {
  shapes = new ShapeTable();
  /** Of days that are over, in files. */
  readonly #sealed = new Map<number, DayIndex>();
  readonly #live = new Map<number, Live>();
  readonly #halfMade = new Map<number, HalfMade>();

  constructor(
    private readonly folder: string,
    private readonly days: DayReaders,
  ) {}

  /** Null for a day that cannot be read. What must be made first is made until `untilMs` (performance.now), but at least a bit of it. */
  get(day: number, untilMs = Number.POSITIVE_INFINITY): DayIndex | null | typeof LATER {
    const sealed = this.#sealed.get(day);
    if (sealed !== undefined && this.#isUpToDate(day, sealed.batch)) return sealed;
    this.#sealed.delete(day);
    const live = this.#live.get(day);
    if (live === undefined) return this.#load(day) ?? this.#make(day, untilMs);
    // The reader of a day that was deleted is closed.
    if (this.days.get(day) !== live.reader) {
      this.#live.delete(day);
      return this.#make(day, untilMs);
    }
    return this.#refresh(live);
  }

  /** Between two questions: lets go of shapes when there are too many. */
  trim(): void {
    if (this.shapes.count < MAX_SHAPES) return;
    this.shapes = new ShapeTable();
    this.#sealed.clear();
    this.#live.clear();
    this.#halfMade.clear();
  }

  release(day: number): void {
    for (const days of [this.#sealed, this.#live, this.#halfMade]) days.delete(day);
  }

  releaseBefore(firstDay: number): void {
    for (const days of [this.#sealed, this.#live, this.#halfMade]) {
      for (const day of days.keys()) if (day < firstDay) days.delete(day);
    }
  }

  #load(day: number): DayIndex | null {
    const stored = readDayIndex(this.folder, day);
    if (stored === null || !this.#isWrittenSince(day, stored.head.batch)) return null;
    const index = this.shapes.attach(stored.head, stored.columns);
    this.#sealed.set(day, index);
    return index;
  }

  #make(day: number, untilMs: number): DayIndex | null | typeof LATER {
    const reader = this.days.get(day);
    if (reader === null) return null;
    const made = this.#begunOf(reader);
    const { builder } = made;
    do builder.read(made.nextQuarter++);
    while (made.nextQuarter < QUARTERS_PER_DAY && performance.now() < untilMs);
    if (made.nextQuarter < QUARTERS_PER_DAY) return LATER;
    this.#halfMade.delete(day);
    const isOver = Date.now() > (day + 1) * DAY_MS + SETTLED_AFTER_MS;
    const { head, columns } = builder.build(isOver);
    const index = this.shapes.attach(head, columns);
    if (isOver && this.#seal(head, columns)) return this.#load(day) ?? index;
    if (this.#live.size >= MAX_LIVE) this.#live.delete(Math.min(...this.#live.keys()));
    this.#live.set(day, { reader, builder, index });
    return index;
  }

  #begunOf(reader: DayReader): HalfMade {
    const { day, database } = reader;
    const begun = this.#halfMade.get(day);
    this.#halfMade.delete(day);
    const { value: longestAgo } = this.#halfMade.keys().next();
    if (longestAgo !== undefined && this.#halfMade.size >= MAX_HALF_MADE) this.#halfMade.delete(longestAgo);
    const made =
      begun?.reader === reader
        ? begun
        : { reader, builder: new DayIndexBuilder(database, day, reader.progress()?.batch ?? 0), nextQuarter: 0 };
    this.#halfMade.set(day, made);
    return made;
  }

  /** False on a disk that takes nothing: the index is then made anew each time. */
  #seal(head: DayIndexHead, columns: DayColumns): boolean {
    try {
      writeDayIndex(this.folder, head, columns);
      return true;
    } catch {
      return false;
    }
  }

  #refresh(live: Live): DayIndex {
    const batch = live.reader.progress()?.batch ?? 0; // before the rows: what comes in between is read again next time
    if (batch === live.index.batch) return live.index;
    for (const quarter of live.reader.touchedSince(live.builder.batch)) live.builder.read(quarter);
    live.builder.batch = batch;
    const { head, columns } = live.builder.build(false);
    live.index = this.shapes.attach(head, columns);
    return live.index;
  }

  /** A day whose write-ahead log is empty has not been written since its index was. */
  #isUpToDate(day: number, batch: number): boolean {
    const log = statSync(`${dayFilePath(this.folder, day)}-wal`, { throwIfNoEntry: false });
    return log === undefined || log.size === 0 || this.days.get(day)?.progress()?.batch === batch;
  }

  #isWrittenSince(day: number, batch: number): boolean {
    const index = statSync(indexPath(this.folder, day), { throwIfNoEntry: false });
    const file = statSync(dayFilePath(this.folder, day), { throwIfNoEntry: false });
    if (index === undefined || file === undefined) return false;
    if (index.mtimeMs > file.mtimeMs && this.#isUpToDate(day, batch)) return true;
    return this.days.get(day)?.progress()?.batch === batch;
  }
}
