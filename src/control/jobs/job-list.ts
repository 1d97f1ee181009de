import {
  JOB_OUTCOMES,
  JOB_STATES,
  type JobItem,
  type JobOutcome,
  type JobRow,
  type JobState,
} from "../../store/job-types.ts";
import type { Control } from "../control.ts";
import { type CountedPage, type PageArgs, pageOf, paginate, readPageArgs } from "../page.ts";
import type { Principal } from "../people/principal.ts";
import { readPlace, writePlace } from "../place-cursor.ts";
import { notFound, ok, type Result, refuse, type UserError } from "../user-errors.ts";
import type { JobView } from "./job-view.ts";
import { JOB_KINDS } from "./kinds.ts";

export { JOB_OUTCOMES, JOB_STATES, type JobItem, type JobOutcome, type JobState };
export const JOB_KIND_NAMES: readonly string[] = Object.keys(JOB_KINDS);

export interface JobFilter {
  readonly kinds?: readonly string[] | null;
  readonly states?: readonly JobState[] | null;
  /** By id, or by what they are called. */
  readonly createdBy?: readonly string[] | null;
}

/** Newest first; those of kinds whose scope the asker holds. */
export async function listJobs(
  control: Control,
  principal: Principal,
  filter: JobFilter,
  page: PageArgs,
): Promise<CountedPage<JobView>> {
  const rows = (await control.store.jobs.list())
    .filter((row) => maySee(principal, row))
    .map((row) => control.jobs.view(row));
  const { kinds, states, createdBy } = filter;
  const shown = rows.filter(
    (job) =>
      (kinds?.includes(job.kind) ?? true) &&
      (states?.includes(job.state) ?? true) &&
      (createdBy == null || isBy(job, createdBy)),
  );
  return paginate(shown, page, { name: "createdAt.desc", descending: true, key: ({ createdAt }) => createdAt });
}

function isBy({ author }: JobRow, names: readonly string[]): boolean {
  return author !== null && (names.includes(author.name) || (author.id !== null && names.includes(author.id)));
}

/** Null also for whoever may not know of it. */
export async function getJob(control: Control, principal: Principal, id: string): Promise<JobView | null> {
  const job = await control.jobs.get(id);
  return job !== null && maySee(principal, job) ? job : null;
}

export function maySee(principal: Principal, { kind }: Pick<JobRow, "kind">): boolean {
  const entry = JOB_KINDS[kind];
  return entry !== undefined && principal.scopes.has(entry.scope);
}

/** By place in the job's input. */
export async function listJobItems(
  control: Control,
  job: JobRow,
  outcomes: readonly JobOutcome[] | null,
  page: PageArgs,
): Promise<CountedPage<JobItem>> {
  const request = readPageArgs(page);
  const { limit, backward, after, before } = request;
  const afterIndex = readPlace("items", after, "after");
  const beforeIndex = readPlace("items", before, "before");
  const query = { jobId: job.id, outcomes, afterIndex, beforeIndex, limit, backward };
  const [{ items, hasMore }, totalCount] = await Promise.all([
    control.store.jobs.items(query),
    control.store.jobs.countItems(job.id, outcomes),
  ]);
  return {
    ...pageOf({ rows: items, hasMore }, request, ({ index }) => writePlace("items", index)),
    totalCount,
  };
}

export async function cancelJob(control: Control, principal: Principal, id: string): Promise<Result<JobView>> {
  const job = await getJob(control, principal, id);
  if (job === null) return refuse(notFound("id", "job", id));
  if (!(await control.jobs.cancel(job))) return refuse(conflict("This job has ended already."));
  return ok((await control.jobs.get(id)) ?? job);
}

export async function undoJob(control: Control, principal: Principal, id: string): Promise<Result<JobView>> {
  const job = await getJob(control, principal, id);
  if (job === null) return refuse(notFound("id", "job", id));
  if (job.finishedAt === null) return refuse(conflict("This job is still running: cancel it first."));
  if (job.undoneAt !== null) return refuse(conflict("This job has been taken back already."));
  const undo = (await JOB_KINDS[job.kind]?.load())?.undo;
  if (undo === undefined || job.undoableUntil === null || job.undoableUntil < control.now()) {
    return refuse(conflict("This job cannot be taken back (any more)."));
  }
  await undo.run(control, job);
  return ok(await control.jobs.noteUndone(job));
}

function conflict(message: string): UserError {
  return { kind: "conflict", code: "CONFLICT", message, field: ["id"], blockers: [] };
}
