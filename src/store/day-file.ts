import { Database, type Statement } from "bun:sqlite";
import { join } from "node:path";
import { rowAt } from "../lib/id.ts";
import type { BatchRows } from "./batch-rows.ts";
import { makePrivate } from "./data-directory.ts";
import { FIELD } from "./log-fields.ts";
import { openSchema } from "./open-schema.ts";
import { setPragmas } from "./pragmas.ts";
import { PURGED } from "./purged-usage.ts";
import type { Shape } from "./shape.ts";
import type { QuarterRange } from "./usage-deltas.ts";

export const DAY_MS = 86_400_000;
export const LOG_VERSION = 1;

const SCHEMA = `
  CREATE TABLE shape (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, value TEXT NOT NULL, UNIQUE (kind, value));
  CREATE TABLE request (
    row INTEGER PRIMARY KEY, route INTEGER NOT NULL, caller INTEGER NOT NULL, outcome INTEGER NOT NULL,
    received_us INTEGER, first_token_us INTEGER, duration_us INTEGER,
    input_tokens INTEGER, cache_read_tokens INTEGER, cache_write_tokens INTEGER, output_tokens INTEGER, reasoning_tokens INTEGER,
    cost_nano_usd INTEGER, request_bytes INTEGER, response_bytes INTEGER,
    attempts INTEGER, attempt_start_us INTEGER, attempt_us INTEGER,
    upstream_request_id TEXT, detail TEXT, bulk INTEGER, bulk_start INTEGER, raw_usage_chars INTEGER,
    content_flags INTEGER, request_headers_chars INTEGER, response_headers_chars INTEGER
  );
  CREATE TABLE bulk (id INTEGER PRIMARY KEY, texts BLOB NOT NULL);
  CREATE TABLE body (row INTEGER PRIMARY KEY, request BLOB, response BLOB);
  CREATE TABLE progress (
    id INTEGER PRIMARY KEY CHECK (id = 1), batch INTEGER NOT NULL, counted INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL
  );
`;

/** Which batch last added rows to a quarter hour of the day: what an index of the rows must read again. Older files have none. */
const TOUCHED = "CREATE TABLE IF NOT EXISTS touched (quarter INTEGER PRIMARY KEY, batch INTEGER NOT NULL)";

/**
 * How far this file and the roll-ups agree. `batch` is the last one in the file; the batches after `counted` were not in the roll-ups
 * when it was written, and touched the quarter hours from `first` to `last`.
 */
export interface DayProgress extends Readonly<QuarterRange> {
  readonly batch: number;
  readonly counted: number;
}

export const QUARTERS_PER_DAY = 96;
const ROWS_PER_QUARTER = rowAt(DAY_MS / QUARTERS_PER_DAY);

/** The quarter hour of its day in which a row was received. */
export function quarterOfRow(row: number): number {
  return Math.floor(row / ROWS_PER_QUARTER);
}

/** The first row of a quarter hour of the day. */
export function rowOfQuarter(quarter: number): number {
  return quarter * ROWS_PER_QUARTER;
}

export function dayFilePath(folder: string, day: number): string {
  return join(folder, `${new Date(day * DAY_MS).toISOString().slice(0, 10)}.db`);
}

/** The Unix day of a log file's name; null for any other name. */
export function dayOfFile(name: string): number | null {
  if (!/^\d{4}-\d\d-\d\d\.db$/.test(name)) return null;
  const ms = Date.parse(name.slice(0, 10));
  return Number.isNaN(ms) ? null : ms / DAY_MS;
}

/** One day of the request log, as the writer sees it. */
export class DayFile {
  readonly database: Database;
  readonly #insert: Statement<unknown, (number | string | null)[]>;
  readonly #touch: Statement<unknown, [number, number]>;
  readonly #insertBody: Statement<unknown, [number, Uint8Array | null, Uint8Array | null]>;
  readonly #shapeIds = new Map<string, number>();
  /** This file's id of a shape number of the running generation. */
  #idsByNumber: number[] = [];
  #generation = -1;
  progress: DayProgress;
  usedAtMs = 0;

  /** `counted`: how far the roll-ups know this day, for a file that is made now. */
  constructor(
    readonly path: string,
    readonly day: number,
    counted: number,
  ) {
    this.database = new Database(path, { create: true, readwrite: true });
    try {
      makePrivate(path);
      const pragmas = [
        ["busy_timeout", 200], // the lane tries again
        ["journal_mode", "wal"],
        ["synchronous", 1], // NORMAL: a power cut may cost the last moments, a kill nothing
      ] as const;
      setPragmas(this.database, pragmas, path);
      openSchema(this.database, path, LOG_VERSION, SCHEMA);
      this.database.run(TOUCHED);
      this.database.run(PURGED);
      this.progress = this.database
        .query<DayProgress, []>("SELECT batch, counted, first, last FROM progress")
        .get() ?? { batch: counted, counted, first: 0, last: 0 };
      this.#insert = this.database.query(
        `INSERT INTO request VALUES (${"?, ".repeat(25)}?) ON CONFLICT (row) DO NOTHING`,
      );
      this.#touch = this.database.query("INSERT OR REPLACE INTO touched VALUES (?, ?)");
      this.#insertBody = this.database.query("INSERT OR REPLACE INTO body VALUES (?, ?, ?)");
    } catch (error) {
      this.database.close();
      throw error;
    }
  }

  /**
   * Writes the batch's rows of this day in one transaction, and how far that goes beyond what the roll-ups count. Returns the
   * positions of the rows that were new: a batch that is sent again after a crash counts once.
   */
  append(batch: BatchRows, positions: readonly number[], counted: number, touched: QuarterRange): number[] {
    if (batch.generation !== this.#generation) {
      this.#idsByNumber = [];
      this.#generation = batch.generation;
    }
    return this.#step(counted, touched, (number) => {
      const bulk = this.#insertBulk(batch.bulkOf(positions));
      const added = positions.filter((position) => this.#insertRow(batch, position, bulk));
      const quarters = new Set(added.map((position) => quarterOfRow(batch.number(position, FIELD.row))));
      for (const quarter of quarters) this.#touch.run(quarter, number);
      return added;
    });
  }

  /**
   * Changes rows of a quarter hour that the roll-ups count, in one transaction with the word that they must count it again.
   * `write` gets what finds or makes the number of a shape.
   */
  rewrite(touched: QuarterRange, quarter: number, write: (shapeId: (shape: Shape) => number) => void): void {
    this.#step(this.progress.batch, touched, (number) => {
      write((shape) => this.#findOrAddShape(shape));
      this.#touch.run(quarter, number);
    });
  }

  close(): void {
    this.database.close();
  }

  /** The next batch: all that `write` writes, and how far that goes beyond what the roll-ups count. */
  #step<T>(counted: number, { first, last }: QuarterRange, write: (batch: number) => T): T {
    const progress = { batch: this.progress.batch + 1, counted, first, last };
    let result: T;
    try {
      result = this.database
        .transaction(() => {
          const written = write(progress.batch);
          this.database
            .query("INSERT OR REPLACE INTO progress VALUES (1, ?, ?, ?, ?)")
            .run(progress.batch, progress.counted, progress.first, progress.last);
          return written;
        })
        .immediate();
    } catch (error) {
      this.#shapeIds.clear(); // ids made inside it are gone
      this.#idsByNumber = [];
      throw error;
    }
    this.progress = progress;
    this.usedAtMs = Date.now();
    return result;
  }

  /**
   * The bulky texts of a batch are much alike: compressed together they take a tenth of their size and less time than being inserted
   * one by one. Null when there are none.
   */
  #insertBulk(texts: string): number | null {
    if (texts === "") return null;
    const insert = this.database.query<{ id: number }, [Uint8Array]>(
      "INSERT INTO bulk (texts) VALUES (?) RETURNING id",
    );
    return insert.get(Bun.zstdCompressSync(texts, { level: 1 }))!.id;
  }

  #insertRow(batch: BatchRows, position: number, bulk: number | null): boolean {
    const { numbers } = batch;
    const at = batch.startOf(position);
    const row = numbers[at + FIELD.row]!;
    const result = this.#insert.run(
      row,
      this.#shapeId(batch, numbers[at + FIELD.route]!),
      this.#shapeId(batch, numbers[at + FIELD.caller]!),
      this.#shapeId(batch, numbers[at + FIELD.outcome]!),
      numbers[at + FIELD.receivedUs]!, // SQLite binds NaN as NULL
      numbers[at + FIELD.firstTokenUs]!,
      numbers[at + FIELD.durationUs]!,
      numbers[at + FIELD.inputTokens]!,
      numbers[at + FIELD.cacheReadTokens]!,
      numbers[at + FIELD.cacheWriteTokens]!,
      numbers[at + FIELD.outputTokens]!,
      numbers[at + FIELD.reasoningTokens]!,
      numbers[at + FIELD.costNanoUsd]!,
      numbers[at + FIELD.requestBytes]!,
      numbers[at + FIELD.responseBytes]!,
      numbers[at + FIELD.attempts]!,
      numbers[at + FIELD.attemptStartUs]!,
      numbers[at + FIELD.attemptUs]!,
      batch.text(position, FIELD.upstreamIdChars),
      batch.text(position, FIELD.detailChars),
      bulk,
      batch.bulkStart(position),
      numbers[at + FIELD.rawUsageChars]!,
      numbers[at + FIELD.contentFlags]!,
      numbers[at + FIELD.requestHeadersChars]!,
      numbers[at + FIELD.responseHeadersChars]!,
    );
    if (result.changes === 0) return false;
    const bodies = batch.bodies(position);
    if (bodies !== null) this.#insertBody.run(row, compress(bodies.request), compress(bodies.response));
    return true;
  }

  #shapeId(batch: BatchRows, number: number): number {
    const known = this.#idsByNumber[number];
    if (known !== undefined) return known;
    const id = this.#findOrAddShape(batch.shape(number));
    this.#idsByNumber[number] = id;
    return id;
  }

  #findOrAddShape({ kind, value }: Shape): number {
    const key = `${kind} ${value}`;
    let id = this.#shapeIds.get(key);
    if (id === undefined) {
      const find = this.database.query<{ id: number }, [string, string]>(
        "SELECT id FROM shape WHERE kind = ? AND value = ?",
      );
      const add = this.database.query<{ id: number }, [string, string]>(
        "INSERT INTO shape (kind, value) VALUES (?, ?) RETURNING id",
      );
      id = (find.get(kind, value) ?? add.get(kind, value)!).id;
      if (this.#shapeIds.size > 100_000) this.#shapeIds.clear();
      this.#shapeIds.set(key, id);
    }
    return id;
  }
}

function compress(body: Uint8Array | null): Uint8Array | null {
  return body === null ? null : Bun.zstdCompressSync(body);
}
