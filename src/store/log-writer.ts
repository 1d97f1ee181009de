import { existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { msOfRow } from "../lib/id.ts";
import type { Batch } from "./batch.ts";
import { BatchRows, KnownShapes } from "./batch-rows.ts";
import type { CostPlan } from "./cost-types.ts";
import { DAY_MS, DayFile, dayFilePath, dayOfFile } from "./day-file.ts";
import { removeDayIndex } from "./day-index-file.ts";
import { purgeRows } from "./day-purge.ts";
import { repriceQuarter } from "./day-reprice.ts";
import { FIELD } from "./log-fields.ts";
import { reconcile } from "./recount.ts";
import { isDamage } from "./store-error.ts";
import { QUARTER_MS } from "./usage-cell.ts";
import { type QuarterRange, UsageDeltas } from "./usage-deltas.ts";
import type { UsageFile } from "./usage-file.ts";

/** Requests that end after midnight still belong to yesterday's file; an importer may bring more days. */
const MAX_OPEN_DAYS = 4;

/** The job of writing one batch. Days that are done are not repeated when a later one fails. */
export interface BatchJob {
  readonly rows: BatchRows;
  readonly byDay: Map<number, number[]>;
}

/** Day files and roll-ups, kept in step: rows first, roll-ups later and in bulk, `DayProgress` says what lies between. */
export class LogWriter {
  readonly #shapes = new KnownShapes();
  readonly #days = new Map<number, DayFile>();
  readonly #deltas = new UsageDeltas();
  /** Days with batches that the roll-ups do not count yet. */
  readonly #uncounted = new Map<number, { batch: number; counted: number; range: QuarterRange }>();
  /** Days that were looked at once: the roll-ups count them. */
  readonly #known = new Set<number>();
  #generation = -1;

  constructor(
    private readonly folder: string,
    private readonly usage: UsageFile,
  ) {}

  /** Takes the batch's shapes in: once per batch, in their order. */
  prepare(batch: Batch): BatchJob {
    this.#shapes.learn(batch);
    const rows = new BatchRows(batch, this.#shapes.current);
    const byDay = new Map<number, number[]>();
    for (let position = 0; position < rows.count; position++) {
      const day = rows.number(position, FIELD.day);
      const positions = byDay.get(day);
      if (positions === undefined) byDay.set(day, [position]);
      else positions.push(position);
    }
    return { rows, byDay };
  }

  /** Throws when a day cannot be written: call it again later with the same job. */
  write(job: BatchJob): void {
    if (job.rows.generation !== this.#generation) {
      this.#deltas.forgetShapes();
      this.#generation = job.rows.generation;
    }
    for (const [day, positions] of job.byDay) {
      this.#writeDay(day, job.rows, positions);
      job.byDay.delete(day);
    }
  }

  /** Brings the roll-ups up to the rows. */
  count(): void {
    if (this.#uncounted.size === 0) return;
    this.usage.commit(this.#deltas, new Map(Array.from(this.#uncounted, ([day, { batch }]) => [day, batch])));
    this.#deltas.clear();
    this.#uncounted.clear();
  }

  /** Opens every day that a crash may have left ahead of the roll-ups: those whose write-ahead log is still there. */
  reconcileAll(): void {
    for (const name of readdirSync(this.folder)) {
      const day = dayOfFile(name);
      if (day === null) continue;
      const log = `${dayFilePath(this.folder, day)}-wal`;
      if (existsSync(log) && statSync(log).size > 0) this.#open(day);
    }
  }

  /** Counts the next day file that the roll-ups know nothing of; false when there is none. For roll-ups that were lost. */
  countNextUnknown(): boolean {
    for (const name of readdirSync(this.folder)) {
      const day = dayOfFile(name);
      if (day === null || this.#days.has(day) || this.#known.has(day)) continue;
      this.#known.add(day);
      if (this.usage.progressOf(day) > 0) continue;
      this.#open(day);
      return true;
    }
    return false;
  }

  /** Deletes the days before `firstDay`. */
  expireDays(firstDay: number): void {
    for (const name of readdirSync(this.folder)) {
      const day = dayOfFile(name.slice(0, 13));
      if (day === null || day >= firstDay) continue;
      this.#close(day);
      rmSync(join(this.folder, name), { force: true });
    }
  }

  /** Takes rows out of a day; null: the whole day. The roll-ups keep what they counted. Safe to repeat. */
  purge(day: number, rows: readonly number[] | null): void {
    const path = dayFilePath(this.folder, day);
    if (!existsSync(path)) return;
    if (rows === null) {
      this.#close(day);
      removeDayIndex(path);
      for (const suffix of ["-shm", "-wal", ""]) rmSync(path + suffix, { force: true });
      return;
    }
    const file = this.#open(day);
    this.count(); // what is not counted yet would be counted from rows that are gone
    const { batch } = purgeRows(file, rows);
    this.usage.setProgress(day, batch);
    this.#close(day); // it knows shapes that may be gone
    removeDayIndex(path);
  }

  /** Gives the requests of a quarter hour the costs of a plan, and the roll-ups with them. Safe to repeat. */
  reprice(day: number, quarter: number, plan: CostPlan): void {
    if (!existsSync(dayFilePath(this.folder, day))) return;
    const file = this.#open(day);
    this.count(); // so that only this quarter hour is ahead of the roll-ups
    if (!repriceQuarter(file, quarter, plan)) return;
    try {
      reconcile(file, this.usage);
    } catch (error) {
      this.#days.delete(day); // whoever opens it next, for this or for a batch, brings the roll-ups up to it first
      file.close();
      throw error;
    }
  }

  closeIdle(beforeMs: number): void {
    for (const file of this.#days.values()) if (file.usedAtMs < beforeMs) this.#close(file.day);
  }

  close(): void {
    for (const day of [...this.#days.keys()]) this.#close(day);
  }

  #writeDay(day: number, rows: BatchRows, positions: readonly number[]): void {
    const file = this.#open(day);
    const dayMs = day * DAY_MS;
    const before = this.#uncounted.get(day);
    const range = before === undefined ? { first: Number.POSITIVE_INFINITY, last: 0 } : { ...before.range };
    for (const position of positions) {
      const ms = dayMs + msOfRow(rows.number(position, FIELD.row));
      const quarter = ms - (ms % QUARTER_MS);
      if (quarter < range.first) range.first = quarter;
      if (quarter > range.last) range.last = quarter;
    }
    const counted = before?.counted ?? file.progress.batch;
    let added: number[];
    try {
      added = file.append(rows, positions, counted, range);
    } catch (error) {
      if (isDamage(error)) this.#setAside(file);
      throw error;
    }
    this.#uncounted.set(day, { batch: file.progress.batch, counted, range });
    for (const position of added) this.#addToDeltas(rows, position, dayMs);
  }

  #addToDeltas(rows: BatchRows, position: number, dayMs: number): void {
    const { numbers } = rows;
    const at = rows.startOf(position);
    this.#deltas.add(
      dayMs + msOfRow(numbers[at + FIELD.row]!),
      {
        routeNumber: numbers[at + FIELD.route]!,
        callerNumber: numbers[at + FIELD.caller]!,
        outcomeNumber: numbers[at + FIELD.outcome]!,
        route: rows.route(position),
        caller: rows.caller(position),
        outcome: rows.outcome(position),
      },
      {
        attempts: numbers[at + FIELD.attempts]!,
        inputTokens: numbers[at + FIELD.inputTokens]!,
        cacheReadTokens: numbers[at + FIELD.cacheReadTokens]!,
        cacheWriteTokens: numbers[at + FIELD.cacheWriteTokens]!,
        outputTokens: numbers[at + FIELD.outputTokens]!,
        reasoningTokens: numbers[at + FIELD.reasoningTokens]!,
        costNanoUsd: numbers[at + FIELD.costNanoUsd]!,
        firstTokenUs: numbers[at + FIELD.firstTokenUs]!,
        durationUs: numbers[at + FIELD.durationUs]!,
      },
    );
  }

  #open(day: number): DayFile {
    let file = this.#days.get(day);
    if (file === undefined) {
      if (this.#days.size >= MAX_OPEN_DAYS) {
        const oldest = [...this.#days.values()].reduce((a, b) => (a.usedAtMs <= b.usedAtMs ? a : b));
        this.#close(oldest.day);
      }
      file = this.#openFile(day);
      this.#days.set(day, file);
    }
    return file;
  }

  #openFile(day: number): DayFile {
    const path = dayFilePath(this.folder, day);
    let file: DayFile | null = null;
    try {
      file = new DayFile(path, day, this.usage.progressOf(day));
      reconcile(file, this.usage);
      return file;
    } catch (error) {
      file?.close();
      if (!isDamage(error)) throw error;
      setAside(path);
      return new DayFile(path, day, this.usage.progressOf(day));
    }
  }

  /** A day is closed only when the roll-ups count all of it: opening it again compares the two. */
  #close(day: number): void {
    const file = this.#days.get(day);
    if (file === undefined) return;
    if (this.#uncounted.has(day)) this.count();
    this.#days.delete(day);
    file.close();
  }

  /** The next try makes a new file; the roll-ups keep what they have counted. */
  #setAside(file: DayFile): void {
    this.count();
    this.#days.delete(file.day);
    file.close();
    setAside(file.path);
  }
}

/** Out of the way, but not deleted: somebody may want to recover rows. */
function setAside(path: string): void {
  const stamp = Date.now();
  for (const suffix of ["", "-wal"]) {
    if (existsSync(path + suffix)) renameSync(path + suffix, `${path}.damaged-${stamp}${suffix}`);
  }
  rmSync(`${path}-shm`, { force: true });
  removeDayIndex(path);
}
