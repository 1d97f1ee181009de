import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { JobCounts, JobItem, JobPatch, JobProgress, JobRow } from "../../store/job-types.ts";
import type { Control } from "../control.ts";
import type { JobKind, JobRun } from "./job-kind.ts";
import { Pace } from "./pace.ts";

/** What settles meanwhile goes to disk and to the watchers together. */
const WRITE_EVERY_MS = 250;
const FILE_KEPT_MS = 86_400_000;
/** Of each kind of outcome one field counts. */
const COUNTED = { SUCCEEDED: "succeeded", FAILED: "failed", SKIPPED: "skipped" } as const;

export interface RunningJobOptions {
  readonly row: JobRow;
  readonly control: Control;
  readonly filePath: string;
  /** The row has changed; `items` settled since the last call. */
  readonly onChange: (items: readonly JobItem[]) => void;
}

/** One job at work: counts, and writes down in batches. */
export class RunningJob implements JobRun<unknown> {
  readonly id: string;
  params: unknown = null;
  readonly control: Control;
  readonly pace: Pace;
  row: JobRow;
  readonly #options: RunningJobOptions;
  readonly #abort = new AbortController();
  #settled = new Set<number>();
  /** Null: nobody has asked for the end. */
  ending: "cancel" | "stop" | null = null;
  #items: JobItem[] = [];
  #patch: JobPatch = {};
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** Writes follow one another. */
  #written: Promise<void> = Promise.resolve();
  #fault: unknown = null;

  constructor(options: RunningJobOptions) {
    this.#options = options;
    this.id = options.row.id;
    this.row = options.row;
    this.control = options.control;
    this.pace = new Pace(performance.now(), doneOf(options.row));
  }

  /** Reads what it needs, and says that it runs. */
  async begin(kind: JobKind<unknown>): Promise<void> {
    const { store, now } = this.control;
    const sealed = await store.jobs.params(this.id);
    this.params = kind.params.parse(JSON.parse(sealed?.reveal() ?? "null"));
    this.#settled = new Set(await store.jobs.settledIndexes(this.id));
    await this.change({
      state: this.ending === "cancel" ? "CANCELLING" : "RUNNING",
      startedAt: this.row.startedAt ?? now(),
    });
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get checkpoint(): unknown {
    return this.row.checkpoint;
  }

  /** Cancel: for good. Stop: the process ends, the job goes on with the next one. */
  end(how: "cancel" | "stop"): void {
    this.ending ??= how;
    this.#abort.abort();
  }

  expect(total: number | null): void {
    this.#change({ total });
  }

  isSettled(index: number): boolean {
    return this.#settled.has(index);
  }

  settle(item: Pick<JobItem, "index" | "outcome"> & Partial<JobItem>): void {
    if (this.#settled.has(item.index)) return;
    this.#settled.add(item.index);
    this.#items.push({ message: null, subjectId: null, secretPreview: null, latencyMs: null, ...item });
    const field = COUNTED[item.outcome];
    this.#change({ [field]: this.row[field] + 1 });
  }

  count(succeeded: number): void {
    this.#change({ succeeded: this.row.succeeded + succeeded });
  }

  async save(checkpoint: unknown): Promise<void> {
    this.#change({ checkpoint });
    await this.#write();
  }

  async commitWith<T>(
    itemsOf: (done: T) => readonly JobItem[],
    commit: (progressOf: (done: T) => JobProgress) => Promise<T>,
    checkpoint: unknown,
  ): Promise<T> {
    await this.#write();
    let items: readonly JobItem[] = [];
    let counts: JobCounts = this.row;
    const done = await commit((result) => {
      items = itemsOf(result);
      counts = addCounts(this.row, items);
      return { jobId: this.id, items, patch: { ...counts, checkpoint } };
    });
    for (const { index } of items) this.#settled.add(index);
    this.row = { ...this.row, ...counts, checkpoint };
    this.pace.note(performance.now(), doneOf(this.row));
    this.#options.onChange(items);
    return done;
  }

  report(result: unknown): void {
    this.#change({ result });
  }

  async resultPath(): Promise<string> {
    await mkdir(dirname(this.#options.filePath), { recursive: true, mode: 0o700 });
    return this.#options.filePath;
  }

  attach({ name, bytes }: { readonly name: string; readonly bytes: number }): void {
    this.#change({ fileName: name, fileBytes: bytes, fileExpiresAt: this.control.now() + FILE_KEPT_MS });
  }

  /** Writes what is left together with the end. Rejects when it cannot be written; may be called again. */
  async finish(patch: JobPatch): Promise<void> {
    this.#clearTimer();
    await this.#written.catch(() => {});
    const items = this.#items;
    await this.control.store.jobs.finish({ jobId: this.id, items, patch: { ...this.#patch, ...patch } });
    this.#items = [];
    this.#patch = {};
    this.row = { ...this.row, ...patch, checkpoint: null };
    this.#options.onChange(items);
  }

  /** Writes what has settled; the job itself goes on another time. */
  async rest(): Promise<void> {
    this.#clearTimer();
    await this.#write();
  }

  /** Also for states that only watchers see. */
  change(patch: JobPatch): Promise<void> {
    this.#change(patch);
    return this.#write();
  }

  #change(patch: JobPatch): void {
    this.row = { ...this.row, ...patch };
    Object.assign(this.#patch, patch);
    // A disk that refuses ends the job at the next `save`, not in a timer.
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#write().catch((error) => {
        this.#fault = error;
        this.#abort.abort();
      });
    }, WRITE_EVERY_MS);
  }

  /** Why it was stopped by itself, if it was. */
  get fault(): unknown {
    return this.#fault;
  }

  #write(): Promise<void> {
    this.#written = this.#written.catch(() => {}).then(() => this.#writeNow());
    return this.#written;
  }

  async #writeNow(): Promise<void> {
    const items = this.#items;
    const patch = this.#patch;
    if (items.length === 0 && Object.keys(patch).length === 0) return;
    this.#items = [];
    this.#patch = {};
    try {
      await this.control.store.jobs.write({ jobId: this.id, items, patch });
    } catch (error) {
      this.#items = [...items, ...this.#items];
      this.#patch = { ...patch, ...this.#patch };
      throw error;
    }
    this.pace.note(performance.now(), doneOf(this.row));
    this.#options.onChange(items);
  }

  #clearTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

export function doneOf({ succeeded, failed, skipped }: JobCounts): number {
  return succeeded + failed + skipped;
}

function addCounts(before: JobCounts, items: readonly JobItem[]): JobCounts {
  const counts = { succeeded: before.succeeded, failed: before.failed, skipped: before.skipped };
  for (const { outcome } of items) counts[COUNTED[outcome]]++;
  return counts;
}
