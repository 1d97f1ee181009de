import { blob, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { Author } from "../author.ts";
import type { JobOutcome, JobState } from "../job-types.ts";

export const job = sqliteTable(
  "job",
  {
    id: text("id").primaryKey(),
    kind: text("kind").notNull(),
    state: text("state").$type<JobState>().notNull(),
    /** JSON, sealed for (job, id, params): an import's holds keys. Forgotten when the job ends. */
    params: blob("params", { mode: "buffer" }),
    checkpoint: text("checkpoint", { mode: "json" }).$type<unknown>(),
    total: integer("total"),
    succeeded: integer("succeeded").notNull().default(0),
    failed: integer("failed").notNull().default(0),
    skipped: integer("skipped").notNull().default(0),
    error: text("error"),
    result: text("result", { mode: "json" }).$type<unknown>(),
    idempotencyKey: text("idempotency_key"),
    /** Null in jobs of before this was written down. */
    author: text("author", { mode: "json" }).$type<Author>(),
    createdAt: integer("created_at").notNull(),
    startedAt: integer("started_at"),
    finishedAt: integer("finished_at"),
    undoableUntil: integer("undoable_until"),
    undoneAt: integer("undone_at"),
    fileName: text("file_name"),
    fileBytes: integer("file_bytes"),
    fileExpiresAt: integer("file_expires_at"),
  },
  (table) => [
    uniqueIndex("job_idempotency").on(table.kind, table.idempotencyKey),
    index("job_state").on(table.state),
    index("job_finished").on(table.finishedAt),
  ],
);

export const jobItem = sqliteTable(
  "job_item",
  {
    jobId: text("job_id")
      .notNull()
      .references(() => job.id, { onDelete: "cascade" }),
    index: integer("position").notNull(),
    outcome: text("outcome").$type<JobOutcome>().notNull(),
    message: text("message"),
    subjectId: text("subject_id"),
    secretPreview: text("secret_preview"),
    latencyMs: integer("latency_ms"),
  },
  (table) => [
    primaryKey({ columns: [table.jobId, table.index] }),
    index("job_item_outcome").on(table.jobId, table.outcome, table.index),
  ],
);
