import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { AuditChange, AuditOutcome, AuditSubject } from "../audit-entry.ts";

/** Who did what, and who was refused what. Rows are only added, and deleted by age. */
export const auditEntry = sqliteTable(
  "audit_entry",
  {
    /** The order of the list: clocks step back, this does not. */
    seq: integer("seq").primaryKey({ autoIncrement: true }),
    id: text("id").notNull(),
    at: integer("at").notNull(),
    actorId: text("actor_id"),
    /** As it was called then: people are renamed and deleted. */
    actorLabel: text("actor_label").notNull(),
    tokenId: text("token_id"),
    sessionId: text("session_id"),
    address: text("address").notNull(),
    action: text("action").notNull(),
    outcome: text("outcome").$type<AuditOutcome>().notNull(),
    code: text("code"),
    times: integer("times").notNull(),
    subjects: text("subjects", { mode: "json" }).$type<readonly AuditSubject[]>().notNull(),
    changes: text("changes", { mode: "json" }).$type<readonly AuditChange[]>().notNull(),
    input: text("input", { mode: "json" }).$type<Readonly<Record<string, unknown>>>().notNull(),
  },
  (table) => [
    index("audit_entry_id").on(table.id),
    index("audit_entry_at").on(table.at),
    index("audit_entry_actor").on(table.actorId),
    index("audit_entry_action").on(table.action),
  ],
);

export const auditSubject = sqliteTable(
  "audit_subject",
  {
    subjectId: text("subject_id").notNull(),
    seq: integer("seq")
      .notNull()
      .references(() => auditEntry.seq, { onDelete: "cascade" }),
  },
  (table) => [
    primaryKey({ columns: [table.subjectId, table.seq] }),
    // For the deletion by age.
    index("audit_subject_seq").on(table.seq),
  ],
);
