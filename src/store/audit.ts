import { and, asc, count, desc, eq, gt, gte, inArray, lt, type SQL } from "drizzle-orm";
import { newId } from "../lib/id.ts";
import type { AuditFilter, AuditRow, AuditStore } from "./audit-entry.ts";
import type { ConfigDatabase, Queries } from "./config-database.ts";
import { auditEntry, auditSubject } from "./tables/audit.ts";

/** Beyond this a total is "many": counting further would hold up the thread that carries the streams. */
const COUNTED = 10_000;

export function openAudit(database: ConfigDatabase): AuditStore {
  return {
    append(entry) {
      return database.write((queries) => {
        const columns = queries
          .insert(auditEntry)
          .values({ ...entry, id: newId("aud", entry.at) })
          .returning()
          .get();
        const ids = [...new Set(entry.subjects.map(({ id }) => id))];
        if (ids.length > 0) {
          queries
            .insert(auditSubject)
            .values(ids.map((subjectId) => ({ subjectId, seq: columns.seq })))
            .run();
        }
        return columns satisfies AuditRow;
      });
    },
    async get(id) {
      return database.read((queries) => queries.select().from(auditEntry).where(eq(auditEntry.id, id)).get() ?? null);
    },
    async page({ filter, limit, afterSeq, beforeSeq, backward }) {
      return database.read((queries) => {
        const wanted = conditions(queries, filter);
        const place = [
          ...(afterSeq === null ? [] : [lt(auditEntry.seq, afterSeq)]),
          ...(beforeSeq === null ? [] : [gt(auditEntry.seq, beforeSeq)]),
        ];
        const found = queries
          .select()
          .from(auditEntry)
          .where(and(...wanted, ...place))
          .orderBy(backward ? asc(auditEntry.seq) : desc(auditEntry.seq))
          .limit(limit + 1)
          .all();
        const rows = found.slice(0, limit);
        return { rows: backward ? rows.reverse() : rows, hasMore: found.length > limit };
      });
    },
    async count(filter) {
      return database.read((queries) => {
        const wanted = conditions(queries, filter);
        const first = queries
          .select({ seq: auditEntry.seq })
          .from(auditEntry)
          .where(and(...wanted))
          .limit(COUNTED + 1)
          .as("first");
        const total = queries.select({ total: count() }).from(first).get()?.total ?? 0;
        return total > COUNTED ? null : total;
      });
    },
    expire(beforeMs) {
      return database.write((queries) => {
        queries.delete(auditEntry).where(lt(auditEntry.at, beforeMs)).run();
      });
    },
  };
}

function conditions(queries: Queries, filter: AuditFilter): SQL[] {
  const { actorIds, actions, outcomes, subjectId, fromMs, toMs } = filter;
  return [
    ...(actorIds === undefined ? [] : [inArray(auditEntry.actorId, [...actorIds])]),
    ...(actions === undefined ? [] : [inArray(auditEntry.action, [...actions])]),
    ...(outcomes === undefined ? [] : [inArray(auditEntry.outcome, [...outcomes])]),
    ...(subjectId === undefined ? [] : [inArray(auditEntry.seq, about(queries, subjectId))]),
    ...(fromMs === undefined ? [] : [gte(auditEntry.at, fromMs)]),
    ...(toMs === undefined ? [] : [lt(auditEntry.at, toMs)]),
  ];
}

function about(queries: Queries, subjectId: string) {
  return queries.select({ seq: auditSubject.seq }).from(auditSubject).where(eq(auditSubject.subjectId, subjectId));
}
