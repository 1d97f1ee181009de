import type { JobItem } from "../../store/job-types.ts";
import { badInput } from "../bad-input.ts";
import type { Control } from "../control.ts";
import type { ResyncReason } from "../event-log.ts";
import type { Principal } from "../people/principal.ts";
import { pullIterator } from "../pull-iterator.ts";
import { getJob, listJobs, maySee } from "./job-list.ts";
import type { JobView } from "./job-view.ts";

/** A reader that was away for a while gets the items of its gap up to this many; all are in `job.items`. */
const MOST_ITEMS = 100;

/** `position`: the last note that went into it. */
interface JobFramePlace {
  readonly cursor: string;
  readonly position: number;
  readonly atMs: number;
}
export type JobFrame =
  | (JobFramePlace & { readonly frame: "progress"; readonly job: JobView; readonly items: readonly JobItem[] })
  | (JobFramePlace & { readonly frame: "resync"; readonly reason: ResyncReason });

/** What happened up to there is not for these readers. */
export interface NothingThere {
  readonly frame: "nothing";
  readonly position: number;
}

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
  const { notes, frames, ended } = control.jobs;
  const resumed = after === null ? null : notes.resume(after);
  let position = resumed?.kind === "at" ? resumed.position : notes.position;
  /** Null: not asked for yet. */
  let opening: JobView[] | null = resumed?.kind === "at" ? [] : null;
  // Whoever watches all jobs needs a cursor before the first of them moves.
  const started = jobId === null && resumed === null ? "STARTED" : null;
  let lost: ResyncReason | null = resumed?.kind === "lost" ? resumed.reason : started;
  /** All who may see the same jobs, or watch the same one, get the same frames. */
  const readers = jobId ?? [...principal.scopes].sort().join(" ");
  let hasEnded = false;
  let isChecked = false;

  const placeOf = (at: number): JobFramePlace => ({ cursor: notes.cursor(at), position: at, atMs: control.now() });
  const resync = (reason: ResyncReason): JobFrame => {
    position = notes.position;
    opening = null;
    return { frame: "resync", ...placeOf(position), reason };
  };
  const progress = (at: number, job: JobView, items: readonly JobItem[]): JobFrame => {
    return { frame: "progress", ...placeOf(at), job, items: items.slice(-MOST_ITEMS) };
  };
  const passOn = (frame: JobFrame): JobFrame => {
    position = frame.position;
    hasEnded = frame.frame === "progress" && frame.job.id === jobId && frame.job.finishedAt !== null;
    return frame;
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
    if (first !== undefined) return passOn(progress(position, first, []));
    while (!signal.aborted) {
      if (notes.isGone(position + 1)) return resync("OVERFLOW");
      await notes.reached(position, signal);
      if (signal.aborted || notes.isGone(position + 1)) continue;
      const from = position;
      const found = frames.get(`${from} ${readers}`, () => gather(from));
      if (found.frame !== "nothing") return passOn(found);
      position = found.position;
    }
    return null;
  };

  /** Notes of one job that follow one another become one frame. */
  const gather = (from: number): JobFrame | NothingThere => {
    let at = from;
    let job: JobView | null = null;
    const items: JobItem[] = [];
    for (; at < notes.position; at++) {
      const note = notes.get(at + 1)!;
      if (!concerns(note.job)) continue;
      if (job !== null && job.id !== note.job.id) break;
      job = note.job;
      items.push(...note.items);
    }
    return job === null ? { frame: "nothing", position: at } : progress(at, job, items);
  };
  const concerns = (job: JobView) => (jobId === null ? maySee(principal, job) : job.id === jobId);
  const isNews = (from: number) => {
    if (notes.isGone(from + 1)) return true;
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
