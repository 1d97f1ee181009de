import type { AuditFilter, AuditOutcome, AuditRow } from "../../store/audit-entry.ts";
import { badInput } from "../bad-input.ts";
import type { Control } from "../control.ts";
import { type Page, type PageArgs, pageOf, readPageArgs } from "../page.ts";
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
  const filter = toFilter(query, control.now());
  const afterSeq = readCursor(after, "after");
  const beforeSeq = readCursor(before, "before");
  const found = await control.store.audit.page({ filter, limit, backward, afterSeq, beforeSeq });
  return {
    ...pageOf(found, request, ({ seq }) => writeCursor(seq)),
    filter,
  };
}

function toFilter({ actorIds, actions, outcomes, subjectId, range }: AuditQuery, nowMs: number): AuditFilter {
  return {
    ...(actorIds ? { actorIds } : {}),
    ...(actions ? { actions } : {}),
    ...(outcomes ? { outcomes } : {}),
    ...(subjectId ? { subjectId } : {}),
    ...(range ? readRange(range, { timeZone: "UTC", nowMs }) : {}),
  };
}

function writeCursor(seq: number): string {
  return Buffer.from(`audit:${seq}`).toString("base64url");
}

function readCursor(cursor: string | null, argument: string): number | null {
  if (cursor === null) return null;
  const seq = /^audit:(\d{1,15})$/.exec(Buffer.from(cursor, "base64url").toString())?.[1];
  if (seq === undefined) throw badInput("The cursor does not belong to this list.", argument);
  return Number(seq);
}
