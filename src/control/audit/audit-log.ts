import type { AuditFilter, AuditOutcome, AuditRow } from "../../store/audit-entry.ts";
import type { Control } from "../control.ts";
import { type Page, type PageArgs, pageOf, readPageArgs } from "../page.ts";
import { readPlace, writePlace } from "../place-cursor.ts";
import { readRange, type TimeRangeInput } from "../usage/time-range.ts";

export interface AuditQuery {
  readonly actorIds?: readonly string[] | null;
  readonly actions?: readonly string[] | null;
  readonly outcomes?: readonly AuditOutcome[] | null;
  readonly subjectId?: string | null;
  readonly range?: TimeRangeInput | null;
}
export type AuditPage = Page<AuditRow> & { readonly filter: AuditFilter };

/** Newest first. A cursor is an entry's place in the log, which nothing moves. */
export async function listAuditEntries(control: Control, query: AuditQuery, page: PageArgs): Promise<AuditPage> {
  const request = readPageArgs(page);
  const { limit, backward, after, before } = request;
  const filter = toAuditFilter(query, control.now());
  const afterSeq = readPlace("audit", after, "after");
  const beforeSeq = readPlace("audit", before, "before");
  const found = await control.store.audit.page({ filter, limit, backward, afterSeq, beforeSeq });
  return {
    ...pageOf(found, request, ({ seq }) => writePlace("audit", seq)),
    filter,
  };
}

export function toAuditFilter(
  { actorIds, actions, outcomes, subjectId, range }: AuditQuery,
  nowMs: number,
): AuditFilter {
  return {
    ...(actorIds ? { actorIds } : {}),
    ...(actions ? { actions } : {}),
    ...(outcomes ? { outcomes } : {}),
    ...(subjectId ? { subjectId } : {}),
    ...(range ? readRange(range, { timeZone: "UTC", nowMs }) : {}),
  };
}
