import type { JobItem } from "../../store/job-types.ts";
import { badInput } from "../bad-input.ts";
import type { Control } from "../control.ts";
import type { ResyncReason } from "../event-log.ts";
import type { Principal } from "../principal.ts";
import { pullIterator } from "../pull-iterator.ts";
import { getJob, listJobs, maySee } from "./job-list.ts";
import type { JobView } from "./job-view.ts";

/** A reader that was away for a while gets the items of its gap up to this many; all are in `job.items`. */
const MOST_ITEMS = 100;

export type JobFrame =
  | {
      readonly frame: "progress";
      readonly cursor: string;
      readonly atMs: number;
      readonly job: JobView;
      readonly items: readonly JobItem[];
    }
  | { readonly frame: "resync"; readonly cursor: string; readonly atMs: number; readonly reason: ResyncReason };

/**
 * One job until it has ended, or all that the asker may see. Opens with how things stand (each job that runs), or goes on after a
 * cursor. A job's frames come at most four times a second (running-job.ts writes no oftener), and what a slow reader missed is merged
 * into the next one.
 */
export function watchJobs(
  control: Control,
  principal: Principal,
  jobId: string | null,
  after: string | null,
): AsyncIterableIterator<JobFrame> {
  const { notes, ended } = control.jobs;
  const resumed = after === null ? null : notes.resume(after);
  let position = resumed?.kind === "at" ? resumed.position : notes.position;
  /** Null: not asked for yet. */
  let opening: JobView[] | null = resumed?.kind === "at" ? [] : null;
  // Whoever watches all jobs needs a cursor before the first of them moves.
  const started = jobId === null && resumed === null ? "STARTED" : null;
  let lost: ResyncReason | null = resumed?.kind === "lost" ? resumed.reason : started;
  let hasEnded = false;
  let isChecked = false;

  const resync = (reason: ResyncReason): JobFrame => {
    position = notes.position;
    opening = null;
    return { frame: "resync", cursor: notes.cursor(position), atMs: control.now(), reason };
  };
  const progress = (job: JobView, items: readonly JobItem[]): JobFrame => {
    hasEnded = job.id === jobId && job.finishedAt !== null;
    return {
      frame: "progress",
      cursor: notes.cursor(position),
      atMs: control.now(),
      job,
      items: items.slice(-MOST_ITEMS),
    };
  };

  const produce = async (signal: AbortSignal): Promise<JobFrame | null> => {
    if (jobId !== null && !isChecked) {
      isChecked = true;
      const job = await getJob(control, principal, jobId);
      if (job === null) throw badInput("There is no such job.", "jobId");
      // Nothing more will come: what has happened since the cursor is told all the same.
      if (job.finishedAt !== null && resumed?.kind === "at" && !isNews(position)) return null;
    }
    if (lost !== null) {
      const reason = lost;
      lost = null;
      return resync(reason);
    }
    if (hasEnded) return null;
    if (opening === null) {
      position = notes.position;
      opening = await snapshot(control, principal, jobId);
    }
    const first = opening.shift();
    if (first !== undefined) return progress(first, []);
    while (!signal.aborted) {
      if (notes.isGone(position + 1)) return resync("OVERFLOW");
      const found = nextNote();
      if (found !== null) return found;
      await notes.reached(position, signal);
    }
    return null;
  };

  /** Notes of one job that follow one another become one frame. */
  const nextNote = (): JobFrame | null => {
    let job: JobView | null = null;
    const items: JobItem[] = [];
    while (position < notes.position) {
      const note = notes.get(position + 1)!;
      if (concerns(note.job)) {
        if (job !== null && job.id !== note.job.id) break;
        job = note.job;
        items.push(...note.items);
      }
      position++;
    }
    return job === null ? null : progress(job, items);
  };
  const concerns = (job: JobView) => (jobId === null ? maySee(principal, job) : job.id === jobId);
  const isNews = (from: number) => {
    for (let at = from + 1; at <= notes.position; at++) if (notes.get(at)?.job.id === jobId) return true;
    return false;
  };
  return pullIterator(produce, { ended });
}

async function snapshot(control: Control, principal: Principal, jobId: string | null): Promise<JobView[]> {
  if (jobId !== null) {
    const job = await getJob(control, principal, jobId);
    return job === null ? [] : [job];
  }
  const { edges } = await listJobs(control, principal, { states: ["QUEUED", "RUNNING", "CANCELLING"] }, { first: 200 });
  return edges.map(({ node }) => node);
}
