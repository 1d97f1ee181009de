import { rm } from "node:fs/promises";
import { join } from "node:path";
import { GatewayError } from "../../errors.ts";
import { errorText } from "../../lib/log.ts";
import { Secret } from "../../lib/secret.ts";
import { writeAs } from "../../store/author.ts";
import type { JobItem, JobPatch, JobRow } from "../../store/job-types.ts";
import type { Control } from "../control.ts";
import { EventLog } from "../event-log.ts";
import { pause } from "../pull-iterator.ts";
import { SharedFrames } from "../shared-frames.ts";
import type { JobFrame, NothingThere } from "./job-feed.ts";
import type { JobKind, JobKindEntry } from "./job-kind.ts";
import { type JobView, viewJob } from "./job-view.ts";
import { JOB_KINDS } from "./kinds.ts";
import { RunningJob } from "./running-job.ts";

/** More wait in the queue: each may hold a few dozen upstream calls. */
const MOST_RUNNING = 4;
const KEPT_NOTES = 256;
/** Of what settled at one moment, so many items go to the watchers; all of them are in `job.items`. */
const ITEMS_A_NOTE = 20;
const KEPT_MS = 30 * 86_400_000;
const MOST_KEPT = 500;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;

export interface JobNote {
  readonly job: JobView;
  readonly items: readonly JobItem[];
}

/** Starts jobs, runs a few at a time, and takes up after a restart what had not ended. */
export class Jobs {
  readonly notes = new EventLog<JobNote>(KEPT_NOTES);
  readonly frames = new SharedFrames<JobFrame | NothingThere>();
  readonly #control: () => Control;
  readonly #running = new Map<string, { readonly job: RunningJob; readonly ended: Promise<void> }>();
  readonly #queue: JobRow[] = [];
  readonly #ended = new AbortController();
  readonly #kinds: Readonly<Record<string, JobKindEntry>>;

  constructor(control: () => Control, kinds = JOB_KINDS) {
    this.#control = control;
    this.#kinds = kinds;
  }

  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** What the last process left. Called once, after everything is open. */
  async resume(): Promise<void> {
    for (const row of await this.#control().store.jobs.unfinished()) {
      if (row.state === "CANCELLING") await this.#endQueued(row);
      else this.#enqueue(row);
    }
  }

  /** Answers the job that the same idempotency key started before, if there is one. */
  async start<Params>(
    kind: JobKind<Params>,
    params: Params,
    options: { readonly idempotencyKey?: string | null; readonly total?: number | null } = {},
  ): Promise<JobView> {
    const { row, isKnown } = await this.#control().store.jobs.create({
      kind: kind.name,
      params: new Secret(JSON.stringify(params)),
      idempotencyKey: options.idempotencyKey ?? null,
      total: options.total ?? null,
    });
    if (!isKnown) {
      this.#note(row, []);
      this.#enqueue(row);
    }
    return this.view(row);
  }

  /** The row with what is not written down yet. */
  view(row: JobRow): JobView {
    const running = this.#running.get(row.id)?.job;
    return viewJob(running?.row ?? row, running?.pace ?? null);
  }

  async get(id: string): Promise<JobView | null> {
    const row = this.#running.get(id)?.job.row ?? (await this.#control().store.jobs.get(id));
    return row === null ? null : this.view(row);
  }

  /** Waits until the job has ended, or `ms` have gone by. */
  async settled(id: string, ms: number): Promise<void> {
    const deadline = performance.now() + ms;
    let position = this.notes.position;
    while (!this.ended.aborted && performance.now() < deadline) {
      const job = await this.get(id);
      if (job === null || job.finishedAt !== null) return;
      const timeout = AbortSignal.any([this.ended, AbortSignal.timeout(Math.max(1, deadline - performance.now()))]);
      await this.notes.reached(position, timeout);
      position = this.notes.position;
    }
  }

  /** False when it had ended already. */
  async cancel(row: JobRow): Promise<boolean> {
    const waiting = this.#queue.findIndex(({ id }) => id === row.id);
    if (waiting >= 0) {
      this.#queue.splice(waiting, 1);
      await this.#endQueued(row);
      return true;
    }
    const running = this.#running.get(row.id);
    if (running === undefined) return false;
    running.job.end("cancel");
    await running.job.change({ state: "CANCELLING" });
    return true;
  }

  /** A person took back what the job made. */
  async noteUndone(row: JobRow): Promise<JobView> {
    const patch = { undoneAt: this.#control().now(), undoableUntil: null };
    await this.#control().store.jobs.write({ jobId: row.id, items: [], patch });
    this.#note({ ...row, ...patch }, []);
    return this.view({ ...row, ...patch });
  }

  /** Forgets old jobs and deletes result files whose time is over. */
  async expire(): Promise<void> {
    const { store, now } = this.#control();
    const gone = await store.jobs.expire(now() - KEPT_MS, MOST_KEPT);
    const stale = (await store.jobs.list()).filter(
      ({ fileExpiresAt }) => fileExpiresAt !== null && fileExpiresAt < now(),
    );
    for (const row of stale) {
      const patch = { fileName: null, fileBytes: null, fileExpiresAt: null };
      await store.jobs.write({ jobId: row.id, items: [], patch });
      this.#note({ ...row, ...patch }, []);
    }
    await Promise.all([...gone, ...stale.map(({ id }) => id)].map((id) => rm(this.filePath(id), { force: true })));
  }

  filePath(id: string): string {
    return join(this.#control().exportsDir, id);
  }

  /** Lets what runs come to rest: it goes on with the next start. */
  async stop(): Promise<void> {
    this.#ended.abort();
    this.#queue.length = 0;
    const running = [...this.#running.values()];
    for (const { job } of running) job.end("stop");
    await Promise.all(running.map(({ ended }) => ended));
  }

  #enqueue(row: JobRow): void {
    this.#queue.push(row);
    this.#startWaiting();
  }

  #startWaiting(): void {
    while (this.#running.size < MOST_RUNNING && !this.ended.aborted) {
      const row = this.#queue.shift();
      if (row === undefined) return;
      const job = new RunningJob({
        row,
        control: this.#control(),
        filePath: this.filePath(row.id),
        onChange: (items) => this.#note(job.row, items),
      });
      const { author } = row;
      const work = () => this.#run(job);
      const ended = (author === null ? work() : writeAs(author, work)).finally(() => {
        this.#running.delete(row.id);
        this.#startWaiting();
      });
      this.#running.set(row.id, { job, ended });
    }
  }

  async #run(job: RunningJob): Promise<void> {
    const patch = await this.#work(job);
    if (patch === null) return void (await job.rest().catch(() => {}));
    for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(LONGEST_RETRY_MS, waitMs * 2)) {
      try {
        return await job.finish(patch);
      } catch (error) {
        this.#control().log.warn("cannot write down the end of a job", { job: job.id, reason: errorText(error) });
        if (this.ended.aborted) return;
        await pause(waitMs, this.ended);
      }
    }
  }

  /** How it ended; null when the process ends before it. */
  async #work(job: RunningJob): Promise<JobPatch | null> {
    const finishedAt = () => this.#control().now();
    let undoableForMs = 0;
    try {
      const kind = await this.#loadKind(job.row.kind);
      undoableForMs = kind.undo?.forMs ?? 0;
      await job.begin(kind);
      await kind.run(job);
      if (job.fault !== null) throw job.fault;
    } catch (error) {
      if (job.ending === null) {
        const reason = job.fault ?? error;
        this.#control().log.warn("a job failed", { job: job.id, kind: job.row.kind, reason: errorText(reason) });
        return {
          state: "FAILED",
          error: publicWords(reason),
          finishedAt: finishedAt(),
          ...undoable(undoableForMs, finishedAt()),
        };
      }
    }
    if (job.ending === "stop") return null;
    const state = job.ending === "cancel" ? "CANCELLED" : "SUCCEEDED";
    return { state, finishedAt: finishedAt(), ...undoable(undoableForMs, finishedAt()) };
  }

  async #endQueued(row: JobRow): Promise<void> {
    const patch: JobPatch = { state: "CANCELLED", finishedAt: this.#control().now() };
    await this.#control().store.jobs.finish({ jobId: row.id, items: [], patch });
    this.#note({ ...row, ...patch }, []);
  }

  async #loadKind(name: string): Promise<JobKind<unknown>> {
    const entry = this.#kinds[name];
    if (entry === undefined) throw new GatewayError("unsupported", 400, "This version knows no such kind of job.");
    return entry.load();
  }

  #note(row: JobRow, items: readonly JobItem[]): void {
    this.notes.append({ job: this.view(row), items: items.slice(-ITEMS_A_NOTE) });
  }
}

function undoable(forMs: number, nowMs: number): JobPatch {
  return forMs > 0 ? { undoableUntil: nowMs + forMs } : {};
}

function publicWords(error: unknown): string {
  return error instanceof GatewayError ? error.message : "Something went wrong; the gateway's log says more.";
}
