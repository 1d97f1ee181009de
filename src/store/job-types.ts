import type { Secret } from "../lib/secret.ts";
import type { Author } from "./author.ts";

export const JOB_STATES = ["QUEUED", "RUNNING", "CANCELLING", "SUCCEEDED", "FAILED", "CANCELLED"] as const;
/** SUCCEEDED: it came to its end, whatever became of the single items. FAILED: it could not. */
export type JobState = (typeof JOB_STATES)[number];

export const JOB_OUTCOMES = ["SUCCEEDED", "FAILED", "SKIPPED"] as const;
export type JobOutcome = (typeof JOB_OUTCOMES)[number];

/** What became of one item of a job. */
export interface JobItem {
  /** Its place in the job's input, from 0. */
  readonly index: number;
  readonly outcome: JobOutcome;
  /** Why; holds no secret. */
  readonly message: string | null;
  /** The typed id of what the item is about, when it has one. */
  readonly subjectId: string | null;
  readonly secretPreview: string | null;
  readonly latencyMs: number | null;
}

export type JobCounts = Readonly<Record<"succeeded" | "failed" | "skipped", number>>;

export interface JobRow extends JobCounts {
  readonly id: string;
  readonly kind: string;
  readonly state: JobState;
  /** Where to go on after a restart; its shape is the kind's own. */
  readonly checkpoint: unknown;
  /** Null while unknown. */
  readonly total: number | null;
  /** Public words. */
  readonly error: string | null;
  /** What it found, in the kind's own shape; null when it has no more to say than its items. */
  readonly result: unknown;
  readonly idempotencyKey: string | null;
  /** Who started it; what it writes, also after a restart, is written in this name. Null: that is not known. */
  readonly author: Author | null;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly undoableUntil: number | null;
  readonly undoneAt: number | null;
  /** The result's name for people; the file itself is named after the job's id. */
  readonly fileName: string | null;
  readonly fileBytes: number | null;
  readonly fileExpiresAt: number | null;
}

export type JobPatch = Partial<Omit<JobRow, "id" | "kind" | "idempotencyKey" | "author" | "createdAt">>;

/** One step forward, written as a whole. */
export interface JobProgress {
  readonly jobId: string;
  readonly items: readonly JobItem[];
  readonly patch: JobPatch;
}

export interface JobItemQuery {
  readonly jobId: string;
  /** Null: all. */
  readonly outcomes: readonly JobOutcome[] | null;
  readonly afterIndex: number | null;
  readonly beforeIndex: number | null;
  readonly limit: number;
  /** The last ones before `beforeIndex` (or the end) instead of the first. */
  readonly backward: boolean;
}

export interface JobStore {
  /** Newest first. */
  list(): Promise<JobRow[]>;
  get(id: string): Promise<JobRow | null>;
  /** In the name of whoever asks for it. `params` is sealed. A job of this kind that was made with the same idempotency key is answered instead, as `known`. */
  create(values: {
    readonly kind: string;
    readonly params: Secret;
    readonly idempotencyKey: string | null;
    readonly total: number | null;
  }): Promise<{ readonly row: JobRow; readonly isKnown: boolean }>;
  /** Null when the job has ended. Throws StoreError when it was sealed with another master key. */
  params(id: string): Promise<Secret | null>;
  /** Those that had not ended when the process did, oldest first. */
  unfinished(): Promise<JobRow[]>;
  write(progress: JobProgress): Promise<void>;
  /** Forgets the parameters, too. */
  finish(progress: JobProgress): Promise<void>;
  /** Ascending. `hasMore`: beyond the page, in its direction. */
  items(query: JobItemQuery): Promise<{ readonly items: JobItem[]; readonly hasMore: boolean }>;
  countItems(jobId: string, outcomes: readonly JobOutcome[] | null): Promise<number>;
  settledIndexes(jobId: string): Promise<number[]>;
  /** What the items with this outcome are about. */
  subjects(jobId: string, outcome: JobOutcome): Promise<string[]>;
  /** Forgets jobs that ended before, and all but the newest `keep`. Answers their ids. */
  expire(beforeMs: number, keep: number): Promise<string[]>;
}
