import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { AlertKind, Severity, Told } from "../../alert-rule.ts";

/** One incident of a rule about one subject. It outlives its rule: name, kind and severity are kept as they were. */
export const alert = sqliteTable(
  "alert",
  {
    id: text("id").primaryKey(),
    ruleId: text("rule_id").notNull(),
    ruleName: text("rule_name").notNull(),
    kind: text("kind").$type<AlertKind>().notNull(),
    severity: text("severity").$type<Severity>().notNull(),
    /** A node's id, a model's name, or "" for the whole of what the rule looks at. */
    subject: text("subject").notNull(),
    title: text("title").notNull(),
    detail: text("detail"),
    openedAt: integer("opened_at").notNull(),
    lastSeenAt: integer("last_seen_at").notNull(),
    resolvedAt: integer("resolved_at"),
    acknowledgedAt: integer("acknowledged_at"),
    mutedUntil: integer("muted_until"),
    changedAt: integer("changed_at").notNull(),
    occurrences: integer("occurrences").notNull(),
    told: text("told").$type<Told>(),
    toldAt: integer("told_at"),
  },
  (table) => [index("alert_rule_id").on(table.ruleId), index("alert_resolved_at").on(table.resolvedAt)],
);
