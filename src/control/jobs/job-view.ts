import type { JobRow } from "../../store/job-types.ts";
import type { Pace } from "./pace.ts";
import { doneOf } from "./running-job.ts";

/** A job as people see it. */
export interface JobView extends JobRow {
  readonly done: number;
  /** Items a second, lately; null when it does not run. */
  readonly ratePerSecond: number | null;
  readonly secondsLeft: number | null;
}

export function viewJob(row: JobRow, pace: Pace | null): JobView {
  const done = doneOf(row);
  const ratePerSecond = row.finishedAt === null ? (pace?.perSecond ?? null) : null;
  const left = row.total === null ? null : Math.max(0, row.total - done);
  const secondsLeft = left === null || ratePerSecond === null || ratePerSecond <= 0 ? null : left / ratePerSecond;
  return { ...row, done, ratePerSecond, secondsLeft };
}
