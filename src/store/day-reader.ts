import { Database } from "bun:sqlite";
import { existsSync, readdirSync } from "node:fs";
import { BulkTexts } from "./bulk-texts.ts";
import { type DayProgress, dayFilePath, dayOfFile, LOG_VERSION, QUARTERS_PER_DAY } from "./day-file.ts";
import { schemaVersion } from "./open-schema.ts";
import type { Route, RowShapes, Shape } from "./shape.ts";

/** A page of what is rare takes rows from many days, and opening one costs more than reading it. */
const MAX_OPEN = 128;

/** A day of the request log, open for reading. */
export class DayReader {
  readonly bulk: BulkTexts;
  usedAt = 0;

  private constructor(
    readonly database: Database,
    readonly day: number,
  ) {
    this.bulk = new BulkTexts(database);
  }

  /** Null when there is no such file, or none that this program can read. */
  static open(folder: string, day: number): DayReader | null {
    const path = dayFilePath(folder, day);
    if (!existsSync(path)) return null;
    let database: Database | null = null;
    try {
      database = openForReading(path);
      if (schemaVersion(database) === LOG_VERSION) return new DayReader(database, day);
    } catch {
      // Damaged, or deleted between looking and opening: the writer deals with it, a list shows the other days.
    }
    database?.close();
    return null;
  }

  /** By their number in this file. */
  routes(): ReadonlyMap<number, Route> {
    const rows = this.database
      .query<{ id: number; value: string }, []>("SELECT id, value FROM shape WHERE kind = 'route'")
      .all();
    return new Map(rows.map(({ id, value }) => [id, JSON.parse(value)]));
  }

  /** Null when one is missing (a damaged file). */
  shapesOf({ route, caller, outcome }: Record<Shape["kind"], number>): RowShapes | null {
    const read = (kind: Shape["kind"], id: number) =>
      this.database
        .query<{ value: string }, [number, string]>("SELECT value FROM shape WHERE id = ? AND kind = ?")
        .get(id, kind)?.value;
    const values = [read("route", route), read("caller", caller), read("outcome", outcome)] as const;
    const [ofRoute, ofCaller, ofOutcome] = values.map((value) => (value === undefined ? null : JSON.parse(value)));
    if (ofRoute === null || ofCaller === null || ofOutcome === null) return null;
    return { route: ofRoute, caller: ofCaller, outcome: ofOutcome };
  }

  /** How far the file is ahead of the roll-ups; null for an empty one. */
  progress(): DayProgress | null {
    return this.database.query<DayProgress, []>("SELECT batch, counted, first, last FROM progress").get();
  }

  /** The quarter hours that got rows after this batch: all, when the file is too old to tell. */
  touchedSince(batch: number): number[] {
    try {
      return this.database
        .query<{ quarter: number }, [number]>("SELECT quarter FROM touched WHERE batch > ?")
        .all(batch)
        .map(({ quarter }) => quarter);
    } catch {
      return Array.from({ length: QUARTERS_PER_DAY }, (_, quarter) => quarter);
    }
  }

  close(): void {
    this.database.close();
  }
}

/** The day files that are there, a few of them open. */
export class DayReaders {
  readonly #open = new Map<number, DayReader>();
  #uses = 0;

  constructor(private readonly folder: string) {}

  /** Newest first. */
  list(): number[] {
    const days = readdirSync(this.folder).map(dayOfFile);
    return days.filter((day) => day !== null).sort((a, b) => b - a);
  }

  get(day: number): DayReader | null {
    let reader = this.#open.get(day) ?? null;
    if (reader !== null && !existsSync(dayFilePath(this.folder, day))) {
      this.#close(reader);
      return null;
    }
    if (reader === null) {
      reader = DayReader.open(this.folder, day);
      if (reader === null) return null;
      if (this.#open.size >= MAX_OPEN) {
        this.#close([...this.#open.values()].reduce((a, b) => (a.usedAt <= b.usedAt ? a : b)));
      }
      this.#open.set(day, reader);
    }
    reader.usedAt = ++this.#uses;
    return reader;
  }

  release(day: number): void {
    const reader = this.#open.get(day);
    if (reader !== undefined) this.#close(reader);
  }

  /** Lets go of the days before `firstDay`: they are about to be deleted. */
  releaseBefore(firstDay: number): void {
    for (const reader of this.#open.values()) if (reader.day < firstDay) this.#close(reader);
  }

  close(): void {
    for (const reader of this.#open.values()) this.#close(reader);
  }

  #close(reader: DayReader): void {
    this.#open.delete(reader.day);
    reader.close();
  }
}

/**
 * Read-write, and then told not to write: SQLite cannot open a database with a write-ahead log read-only when its shared-memory file is
 * missing, as it is after a clean end.
 */
export function openForReading(path: string): Database {
  const database = new Database(path, { readwrite: true, create: false });
  database.run("PRAGMA busy_timeout = 1000");
  database.run("PRAGMA query_only = 1");
  return database;
}
