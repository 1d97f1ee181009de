import { integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { AlertCondition, AlertScope, Severity } from "../../alert-rule.ts";
import { stamps } from "./stamps.ts";

export const alertRule = sqliteTable(
  "alert_rule",
  {
    id: text("id").primaryKey(),
    name: text("name").notNull(),
    enabled: integer("enabled", { mode: "boolean" }).notNull(),
    severity: text("severity").$type<Severity>().notNull(),
    condition: text("condition", { mode: "json" }).$type<AlertCondition>().notNull(),
    scope: text("scope", { mode: "json" }).$type<AlertScope>().notNull(),
    forMs: integer("for_ms").notNull(),
    cooldownMs: integer("cooldown_ms").notNull(),
    mutedUntil: integer("muted_until"),
    channelIds: text("channel_ids", { mode: "json" }).$type<readonly string[]>().notNull(),
    memo: text("memo"),
    ...stamps,
  },
  (table) => [uniqueIndex("alert_rule_name").on(table.name)],
);
