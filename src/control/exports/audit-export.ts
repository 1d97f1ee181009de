import { z } from "zod";
import type { AuditFilter, AuditRow } from "../../store/audit-entry.ts";
import { type AuditQuery, toAuditFilter } from "../audit/audit-log.ts";
import type { Control } from "../control.ts";
import type { JobKind, JobRun } from "../jobs/job-kind.ts";
import type { JobView } from "../jobs/job-view.ts";
import { writeExport } from "./export-file.ts";
import { type Cell, EXPORT_FORMATS, type ExportFormat, headOf, lineOf } from "./table.ts";

/** The audit log is read on the thread that carries the streams: a page costs it about a millisecond. */
const PAGE = 200;

const params = z.object({
  /** With times that do not move. */
  filter: z.custom<AuditFilter>((value) => typeof value === "object" && value !== null),
  format: z.enum(EXPORT_FORMATS),
});
type Run = JobRun<z.output<typeof params>>;

/** Writes what a filter of the audit log finds into a file, newest first. After a restart it begins anew. */
export const exportAuditJob: JobKind<z.output<typeof params>> = {
  name: "EXPORT_AUDIT_LOG",
  params,
  async run(run) {
    const { format, filter } = run.params;
    run.expect(await run.control.store.audit.count(filter));
    await writeExport(
      run,
      { name: `audit.${format.toLowerCase()}`, head: headOf(format, Object.keys(COLUMNS)) },
      pagesOf(run),
    );
  },
};

/** The filter's times are taken now: the entry of the export itself is not in it. */
export async function startAuditExport(control: Control, query: AuditQuery, format: ExportFormat): Promise<JobView> {
  const nowMs = control.now();
  return control.jobs.start(exportAuditJob, { filter: { toMs: nowMs, ...toAuditFilter(query, nowMs) }, format });
}

async function* pagesOf({ control, params: { filter, format } }: Run) {
  let afterSeq: number | null = null;
  for (let more = true; more; ) {
    const page = await control.store.audit.page({ filter, limit: PAGE, afterSeq, beforeSeq: null, backward: false });
    yield page.rows.map((row) => lineFor(format, row));
    afterSeq = page.rows.at(-1)?.seq ?? afterSeq;
    more = page.hasMore;
  }
}

/** A line of JSON keeps what an entry is about and what has changed as they are; a cell holds their JSON. */
function lineFor(format: ExportFormat, row: AuditRow): string {
  const cells = Object.entries(COLUMNS).map(([name, read]) => [name, read(row)] as const);
  if (format === "JSONL") return `${JSON.stringify(Object.fromEntries(cells))}\n`;
  const texts = cells.map(([name, value]): [string, Cell] => [name, isCell(value) ? value : JSON.stringify(value)]);
  return lineOf(format, Object.keys(COLUMNS), Object.fromEntries(texts));
}

function isCell(value: unknown): value is Cell {
  return value === null || typeof value !== "object";
}

const COLUMNS = {
  id: (row) => row.id,
  at: (row) => new Date(row.at).toISOString(),
  actor_id: (row) => row.actorId,
  actor: (row) => row.actorLabel,
  token_id: (row) => row.tokenId,
  session_id: (row) => row.sessionId,
  address: (row) => row.address,
  action: (row) => row.action,
  outcome: (row) => row.outcome,
  code: (row) => row.code,
  times: (row) => row.times,
  subjects: (row) => row.subjects,
  changes: (row) => row.changes,
  input: (row) => row.input,
} as const satisfies Record<string, (row: AuditRow) => unknown>;
