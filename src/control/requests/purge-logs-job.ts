import { z } from "zod";
import { locateRequest } from "../../lib/id.ts";
import type { LogFilter } from "../../store/reports.ts";
import type { JobKind, JobRun } from "../jobs/job-kind.ts";
import { pause } from "../pull-iterator.ts";

const PAGE = 500;
/** Rows that the writer takes out at once: requests of clients are written in between. */
const SLICE = 5000;
const DAY_MS = 86_400_000;
const LATE_MS = 3_600_000;

const params = z.object({
  filter: z.custom<LogFilter & { readonly toMs: number }>((value) => typeof value === "object" && value !== null),
});
type Run = JobRun<z.output<typeof params>>;

/** The day that was being purged, as it is written down. */
const checkpoint = z.object({ day: z.number() }).nullable();

/** Deletes what a filter of the log finds, day by day, newest first. What a restart interrupts goes on with what is still found. */
export const purgeLogsJob: JobKind<z.output<typeof params>> = {
  name: "PURGE_REQUEST_LOGS",
  params,
  async run(run) {
    const { store } = run.control;
    const { filter } = run.params;
    const interrupted = checkpoint.safeParse(run.checkpoint).data ?? null;
    if (interrupted !== null) await store.logs.purge(interrupted.day, []);
    let ids: string[] = [];
    let afterId: string | undefined;
    for (let more = true; more && !run.signal.aborted; ) {
      const place = afterId === undefined ? {} : { afterId };
      const page = await store.logs.page({ filter, limit: PAGE, withTotal: false, ...place });
      for (const { id } of page.rows) {
        if (ids.length > 0 && dayOf(ids[0]!) !== dayOf(id)) {
          await purgeDay(run, ids);
          ids = [];
        }
        ids.push(id);
      }
      afterId = page.rows.at(-1)?.id ?? afterId;
      more = page.hasMore;
      await pause(1, run.signal);
    }
    if (!run.signal.aborted) await purgeDay(run, ids);
  },
};

async function purgeDay(run: Run, ids: readonly string[]): Promise<void> {
  const day = ids.length === 0 ? null : dayOf(ids[0]!);
  if (day === null) return;
  const { logs } = run.control.store;
  await run.save({ day });
  if (isWhole(run, day)) {
    await logs.purge(day, null);
    run.count(ids.length);
    return;
  }
  for (let start = 0; start < ids.length && !run.signal.aborted; start += SLICE) {
    const slice = ids.slice(start, start + SLICE);
    await logs.purge(day, slice);
    run.count(slice.length);
  }
}

/** A day that is over, of which all is asked for, goes with its files. Requests that began in it may end for an hour more. */
function isWhole({ params: { filter }, control }: Run, day: number): boolean {
  const { fromMs = 0, toMs, ...conditions } = filter;
  const endMs = (day + 1) * DAY_MS;
  const asksForAll = Object.keys(conditions).length === 0 && fromMs <= day * DAY_MS && toMs >= endMs;
  return asksForAll && control.now() > endMs + LATE_MS;
}

function dayOf(id: string): number {
  return locateRequest(id)?.day ?? -1;
}
