import { z } from "zod";
import type { Control } from "../control.ts";
import type { JobKind, JobRun } from "../jobs/job-kind.ts";
import type { JobView } from "../jobs/job-view.ts";
import { formatNanoUsd } from "../usage/money.ts";
import { labelValue, readUsage, type UsageArgs, type UsageView } from "../usage/usage.ts";
import { writeExport } from "./export-file.ts";
import { type Cell, EXPORT_FORMATS, type ExportFormat, headOf, lineOf, type Row } from "./table.ts";

const BUCKETS_A_PAGE = 100;

const params = z.object({
  args: z.custom<UsageArgs>((value) => typeof value === "object" && value !== null),
  format: z.enum(EXPORT_FORMATS),
});

/** Writes a usage report into a file: a line for each bucket and group that has requests. */
export const exportUsageJob: JobKind<z.output<typeof params>> = {
  name: "EXPORT_USAGE",
  params,
  async run(run) {
    const { args, format } = run.params;
    const view = await readUsage(run.control, args);
    const columns = ["bucket", ...args.groupBy.flatMap((name) => [name, `${name}_label`]), ...METRICS];
    const pages = pagesOf(run, view, (row) => lineOf(format, columns, row));
    await writeExport(run, { name: `usage.${format.toLowerCase()}`, head: headOf(format, columns) }, pages);
  },
};

async function* pagesOf({ control }: JobRun<unknown>, view: UsageView, lineOfRow: (row: Row) => string) {
  const { buckets } = view.report;
  for (let from = 0; from < buckets.length; from += BUCKETS_A_PAGE) {
    const lines: string[] = [];
    for (const [index, start] of buckets.slice(from, from + BUCKETS_A_PAGE).entries()) {
      lines.push(...(await rowsOf(control, view, from + index, start)).map(lineOfRow));
    }
    yield lines;
  }
}

export async function startUsageExport(control: Control, args: UsageArgs, format: ExportFormat): Promise<JobView> {
  const { query } = await readUsage(control, args); // refuses what no report can be made of
  const range = { from: new Date(query.fromMs).toISOString(), to: new Date(query.toMs).toISOString() };
  return control.jobs.start(exportUsageJob, { args: { ...args, range }, format });
}

const METRICS = [
  "requests",
  "successes",
  "errors",
  "cancelled",
  "retries",
  "inputTokens",
  "cacheReadTokens",
  "cacheWriteTokens",
  "outputTokens",
  "reasoningTokens",
  "costUsd",
  "unpricedRequests",
  "latencyAvgMs",
  "latencyP50Ms",
  "latencyP95Ms",
  "latencyP99Ms",
  "firstTokenP50Ms",
  "firstTokenP95Ms",
] as const;

async function rowsOf(control: Control, { query, report }: UsageView, index: number, start: number) {
  const rows: Record<string, Cell>[] = [];
  for (const { values, isOther, points } of report.series) {
    if (points("requests")[index] === 0) continue;
    const row: Record<string, Cell> = { bucket: new Date(start).toISOString() };
    for (const [at, dimension] of query.groupBy.entries()) {
      const value = values[at] ?? null;
      row[dimension] = isOther ? "(other)" : value;
      row[`${dimension}_label`] = isOther ? "(other)" : await labelValue(control, dimension, value);
    }
    for (const metric of METRICS) {
      row[metric] =
        metric === "costUsd" ? formatNanoUsd(points("costNanoUsd")[index]!) : (points(metric)[index] ?? null);
    }
    rows.push(row);
  }
  return rows;
}
