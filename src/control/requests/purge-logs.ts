import { timingSafeEqual } from "node:crypto";
import type { LogFilter } from "../../store/reports.ts";
import { badInput } from "../bad-input.ts";
import type { Control } from "../control.ts";
import type { JobView } from "../jobs/job-view.ts";
import { invalid, ok, type Result, refuse } from "../user-errors.ts";
import { purgeLogsJob } from "./purge-logs-job.ts";
import { type RequestFilter, toLogFilter } from "./request-filter.ts";

/** So long what was counted may be confirmed. */
const CONFIRM_MS = 600_000;

export interface PurgeArgs {
  readonly filter: RequestFilter;
  readonly dryRun: boolean;
  readonly confirm?: string | null;
}
export interface Purge {
  /** Requests that match. */
  readonly count: number;
  /** Null for a purge that runs. */
  readonly confirmToken: string | null;
  readonly job: JobView | null;
}

/** Counts first, at a time that the token keeps: what is deleted is what was counted, and nothing that came later. */
export async function purgeRequestLogs(control: Control, args: PurgeArgs): Promise<Result<Purge>> {
  const nowMs = control.now();
  const atMs = args.dryRun ? nowMs : readTime(args.confirm);
  if (atMs === null || atMs > nowMs || nowMs - atMs > CONFIRM_MS) return refuse(NOT_CONFIRMED);
  const asked = toLogFilter(args.filter, atMs);
  if (asked === null) throw badInput("Running requests are not in the log.", "input.filter.statuses");
  const filter = { ...asked, toMs: Math.min(asked.toMs ?? atMs, atMs) };
  const token = tokenOf(control, filter, atMs);
  if (!args.dryRun && !isSame(token, args.confirm ?? "")) return refuse(NOT_CONFIRMED);
  const count = await countRequests(control, filter);
  if (args.dryRun) return ok({ count, confirmToken: token, job: null });
  return ok({ count, confirmToken: null, job: await control.jobs.start(purgeLogsJob, { filter }, { total: count }) });
}

const NOT_CONFIRMED = invalid(
  "confirm",
  "Ask with `dryRun: true` and the same filter first, and repeat its `confirmToken` within ten minutes.",
  "CONFIRMATION_REQUIRED",
);

async function countRequests(control: Control, filter: LogFilter & { readonly toMs: number }): Promise<number> {
  for (;;) {
    const found = await control.store.logs.histogram({ filter, buckets: 1, nowMs: filter.toMs });
    const { success, clientError, upstreamError, cancelled } = found;
    if (!found.isPartial) return [success, clientError, upstreamError, cancelled].flat().reduce((a, b) => a + b, 0);
  }
}

function tokenOf(control: Control, filter: LogFilter, atMs: number): string {
  return `${atMs}.${control.vault.mac("purge-request-logs", JSON.stringify(filter)).slice(0, 32)}`;
}

function readTime(token: string | null | undefined): number | null {
  const found = /^(\d{1,15})\.[0-9a-f]{32}$/.exec(token ?? "")?.[1];
  return found === undefined ? null : Number(found);
}

function isSame(expected: string, token: string): boolean {
  return expected.length === token.length && timingSafeEqual(Buffer.from(expected), Buffer.from(token));
}
