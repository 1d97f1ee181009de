import { z } from "zod";
import type { LogFilter } from "../../store/reports.ts";
import { badInput } from "../bad-input.ts";
import type { Control } from "../control.ts";
import type { JobKind, JobRun } from "../jobs/job-kind.ts";
import type { JobView } from "../jobs/job-view.ts";
import { type RequestFilter, toLogFilter } from "../requests/request-filter.ts";
import { writeExport } from "./export-file.ts";
import { REQUEST_COLUMNS, readNames, requestCells } from "./request-rows.ts";
import { EXPORT_FORMATS, type ExportFormat, headOf, lineOf } from "./table.ts";

/** Rows in memory at a time, however long the export is. */
const PAGE = 500;

const params = z.object({
  /** With times that do not move. */
  filter: z.custom<LogFilter>((value) => typeof value === "object" && value !== null),
  format: z.enum(EXPORT_FORMATS),
});

/** Writes what a filter of the log finds into a file, newest first. After a restart it begins anew. */
export const exportRequestsJob: JobKind<z.output<typeof params>> = {
  name: "EXPORT_REQUEST_LOGS",
  params,
  async run(run) {
    const { format } = run.params;
    const head = headOf(format, REQUEST_COLUMNS);
    await writeExport(run, { name: `requests.${format.toLowerCase()}`, head }, pagesOf(run));
  },
};

async function* pagesOf(run: JobRun<z.output<typeof params>>) {
  const { filter, format } = run.params;
  const names = await readNames(run.control);
  let afterId: string | undefined;
  for (let more = true; more; ) {
    const isFirst = afterId === undefined;
    const place = afterId === undefined ? {} : { afterId };
    const page = await run.control.store.logs.page({ filter, limit: PAGE, withTotal: isFirst, ...place });
    if (isFirst) run.expect(page.totalCount);
    yield page.rows.map((row) => lineOf(format, REQUEST_COLUMNS, requestCells(row, names)));
    afterId = page.rows.at(-1)?.id ?? afterId; // no rows and yet more: days are being indexed
    more = page.hasMore;
  }
}

/** The filter's times are taken now: what comes later is not in it. */
export async function startRequestExport(
  control: Control,
  filter: RequestFilter,
  format: ExportFormat,
): Promise<JobView> {
  const nowMs = control.now();
  const asked = toLogFilter(filter, nowMs);
  if (asked === null) throw badInput("Running requests are not in the log.", "input.filter.statuses");
  return control.jobs.start(exportRequestsJob, { filter: { toMs: nowMs, ...asked }, format });
}
