import { and, asc, count, desc, eq, getTableColumns, gt, inArray, isNotNull, lt, type SQL } from "drizzle-orm";
import { newId } from "../lib/id.ts";
import type { Vault } from "../lib/secret.ts";
import { currentAuthor } from "./author.ts";
import type { ConfigAccess, Queries } from "./config-access.ts";
import { insertRows } from "./insert-rows.ts";
import type { JobItem, JobItemQuery, JobProgress, JobRow, JobStore } from "./job-types.ts";
import { job, jobItem } from "./tables/job.ts";
import { inSlices } from "./written.ts";

const { params: _params, ...PUBLIC } = getTableColumns(job);
const { jobId: _jobId, ...ITEM } = getTableColumns(jobItem);
const UNFINISHED = ["QUEUED", "RUNNING", "CANCELLING"] as const;

export function openJobs(database: ConfigAccess, vault: Vault): JobStore {
  return {
    list: async () => database.read((queries) => queries.select(PUBLIC).from(job).orderBy(desc(job.id)).all()),
    get: async (id) => database.read((queries) => find(queries, eq(job.id, id))),
    create({ kind, params, idempotencyKey, total }) {
      const id = newId("job");
      const sealed = Buffer.from(vault.seal(params, place(id)));
      return database.write((queries) => {
        const known =
          idempotencyKey === null
            ? null
            : find(queries, and(eq(job.kind, kind), eq(job.idempotencyKey, idempotencyKey)));
        if (known !== null) return { row: known, isKnown: true };
        const values = {
          id,
          kind,
          params: sealed,
          state: "QUEUED",
          idempotencyKey,
          total,
          author: currentAuthor(),
          createdAt: Date.now(),
        } as const;
        const row = queries.insert(job).values(values).returning(PUBLIC).get();
        return { row, isKnown: false };
      });
    },
    async params(id) {
      const row = database.read((queries) => queries.select().from(job).where(eq(job.id, id)).get());
      return row?.params ? vault.open(row.params, place(id)) : null;
    },
    unfinished: async () =>
      database.read((queries) =>
        queries.select(PUBLIC).from(job).where(inArray(job.state, UNFINISHED)).orderBy(asc(job.id)).all(),
      ),
    write: (progress) => database.write((queries) => writeProgress(queries, progress)),
    finish: (progress) =>
      database.write((queries) => {
        writeProgress(queries, progress);
        queries.update(job).set({ params: null, checkpoint: null }).where(eq(job.id, progress.jobId)).run();
      }),
    items: async (query) => database.read((queries) => pageOfItems(queries, query)),
    async countItems(jobId, outcomes) {
      const found = database.read((queries) =>
        queries
          .select({ value: count() })
          .from(jobItem)
          .where(and(eq(jobItem.jobId, jobId), outcomes === null ? undefined : inArray(jobItem.outcome, outcomes)))
          .get(),
      );
      return found?.value ?? 0;
    },
    async settledIndexes(jobId) {
      const rows = database.read((queries) =>
        queries.select({ index: jobItem.index }).from(jobItem).where(eq(jobItem.jobId, jobId)).all(),
      );
      return rows.map(({ index }) => index);
    },
    async subjects(jobId, outcome) {
      const rows = database.read((queries) =>
        queries
          .select({ id: jobItem.subjectId })
          .from(jobItem)
          .where(and(eq(jobItem.jobId, jobId), eq(jobItem.outcome, outcome), isNotNull(jobItem.subjectId)))
          .all(),
      );
      return rows.flatMap(({ id }) => (id === null ? [] : [id]));
    },
    expire: (beforeMs, keep) =>
      database.write((queries) => {
        const ended = queries
          .select({ id: job.id, finishedAt: job.finishedAt })
          .from(job)
          .where(isNotNull(job.finishedAt))
          .orderBy(desc(job.finishedAt))
          .all();
        const old = ended.filter(({ finishedAt }, index) => index >= keep || finishedAt! < beforeMs);
        const ids = old.map(({ id }) => id);
        return inSlices(ids, (slice) =>
          queries.delete(job).where(inArray(job.id, slice)).returning({ id: job.id }).all(),
        ).map(({ id }) => id);
      }),
  };
}

/** For store methods that move a job forward in the transaction of the work itself. */
export function writeProgress(queries: Queries, { jobId, items, patch }: JobProgress): void {
  const rows = items.map((item) => ({ jobId, ...item }));
  insertRows(queries, jobItem, rows);
  if (Object.keys(patch).length > 0) queries.update(job).set(patch).where(eq(job.id, jobId)).run();
}

function pageOfItems(queries: Queries, query: JobItemQuery): { items: JobItem[]; hasMore: boolean } {
  const { jobId, outcomes, afterIndex, beforeIndex, limit, backward } = query;
  const rows = queries
    .select(ITEM)
    .from(jobItem)
    .where(
      and(
        eq(jobItem.jobId, jobId),
        outcomes === null ? undefined : inArray(jobItem.outcome, outcomes),
        afterIndex === null ? undefined : gt(jobItem.index, afterIndex),
        beforeIndex === null ? undefined : lt(jobItem.index, beforeIndex),
      ),
    )
    .orderBy(backward ? desc(jobItem.index) : asc(jobItem.index))
    .limit(limit + 1)
    .all();
  const items = rows.slice(0, limit);
  return { items: backward ? items.reverse() : items, hasMore: rows.length > limit };
}

function find(queries: Queries, where: SQL | undefined): JobRow | null {
  return queries.select(PUBLIC).from(job).where(where).get() ?? null;
}

function place(id: string) {
  return { table: "job", row: id, column: "params" };
}
