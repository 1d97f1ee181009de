import { blob, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { AlertChannelKind } from "../../alert-rule.ts";
import { stamps } from "./stamps.ts";

export const alertChannel = sqliteTable(
  "alert_channel",
  {
    id: text("id").primaryKey(),
    name: text("name").notNull(),
    enabled: integer("enabled", { mode: "boolean" }).notNull(),
    kind: text("kind").$type<AlertChannelKind>().notNull(),
    /** Sealed for (alert_channel, id, config): a webhook's address is a credential by itself. */
    config: blob("config", { mode: "buffer" }).notNull(),
    preview: text("preview").notNull(),
    ...stamps,
  },
  (table) => [uniqueIndex("alert_channel_name").on(table.name)],
);
