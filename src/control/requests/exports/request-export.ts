import { z } from "zod";
import type { LogFilter } from "../../../store/reports.ts";
import { badInput } from "../../bad-input.ts";
import type { Control } from "../../control.ts";
import { breathe } from "../../jobs/each-item.ts";
import type { JobKind } from "../../jobs/job-kind.ts";
import type { JobView } from "../../jobs/job-view.ts";
import { type RequestFilter, toLogFilter } from "../request-filter.ts";
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
    const { control, signal } = run;
    const { filter, format } = run.params;
    const path = await run.resultPath();
    await Bun.write(path, "");
    const file = Bun.file(path).writer();
    let bytes = 0;
    try {
      const names = await readNames(control);
      bytes += await file.write(headOf(format, REQUEST_COLUMNS));
      let afterId: string | undefined;
      for (let more = true; more && !signal.aborted; ) {
        const isFirst = afterId === undefined;
        const place = afterId === undefined ? {} : { afterId };
        const page = await control.store.logs.page({ filter, limit: PAGE, withTotal: isFirst, ...place });
        if (isFirst) run.expect(page.totalCount);
        const lines = page.rows.map((row) => lineOf(format, REQUEST_COLUMNS, requestCells(row, names)));
        bytes += await file.write(lines.join(""));
        await file.flush();
        run.count(page.rows.length);
        afterId = page.rows.at(-1)?.id ?? afterId; // no rows and yet more: days are being indexed
        more = page.hasMore;
        await breathe(signal);
      }
    } finally {
      await file.end();
    }
    if (!signal.aborted) run.attach({ name: `requests.${format.toLowerCase()}`, bytes });
  },
};

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
