import type { z } from "zod";
import type { JobItem, JobProgress, JobRow } from "../../store/job-types.ts";
import type { Control } from "../control.ts";
import type { Scope } from "../people/principal.ts";

/** A kind of work that outlives a request. Each stands in the table of kinds.ts. */
export interface JobKind<Params> {
  readonly name: string;
  /** Reads what was sealed with the job. */
  readonly params: z.ZodType<Params>;
  /**
   * Does the work, or what is left of it: after a restart it is called again, with the last checkpoint and with the items that had
   * settled. Ends soon after `signal` aborts. Throws a GatewayError whose message may be shown, or anything else for a bug.
   */
  run(run: JobRun<Params>): Promise<void>;
  /** Takes back what the job made. Offered for `undoableForMs` after its end. */
  readonly undo?: { readonly forMs: number; run(control: Control, job: JobRow): Promise<void> };
}

/** A job at work, as its kind sees it. */
export interface JobRun<Params> {
  readonly id: string;
  readonly params: Params;
  readonly control: Control;
  /** Aborts when the job is cancelled, and when the process ends. */
  readonly signal: AbortSignal;
  /** What `save` was given last; null in the beginning. */
  readonly checkpoint: unknown;
  /** How many items there are in all; null while unknown. */
  expect(total: number | null): void;
  /** True for an item that settled before a restart. */
  isSettled(index: number): boolean;
  /** Notes what became of an item. It is written down within a quarter of a second, together with all others of that moment. */
  settle(item: Pick<JobItem, "index" | "outcome"> & Partial<JobItem>): void;
  /** Counts work that is not worth a row each (the lines of an export). */
  count(succeeded: number): void;
  /** Resolves when everything noted is on disk, with this checkpoint. */
  save(checkpoint: unknown): Promise<void>;
  /**
   * For work that must not be done twice: hands over what is to be written in the work's own transaction (store/jobs.writeProgress).
   * `commit` writes it; what it settles counts when it has succeeded. Not while `settle` is called from elsewhere.
   */
  commitWith<T>(
    items: (done: T) => readonly JobItem[],
    commit: (progressOf: (done: T) => JobProgress) => Promise<T>,
    checkpoint: unknown,
  ): Promise<T>;
  /** What it has found so far, in the kind's own shape: kept with the job, for good. */
  report(result: unknown): void;
  /** The file that the job may write its result to; its folder is there. */
  resultPath(): Promise<string>;
  /** The result is ready, under a name for people. It is kept for a day. */
  attach(file: { readonly name: string; readonly bytes: number }): void;
}

/** How a kind is found without loading it. */
export interface JobKindEntry {
  /** Who may start, see and stop such jobs. */
  readonly scope: Scope;
  load(): Promise<JobKind<unknown>>;
}
