import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { ConfigNoun, RevisionCount, RowChange } from "../config-changes.ts";

/** One per transaction that changed the configuration, written in that transaction. */
export const configRevision = sqliteTable("config_revision", {
  version: integer("version").primaryKey(),
  at: integer("at").notNull(),
  /** Of the user or token; null: Sluice itself. */
  actorId: text("actor_id"),
  actor: text("actor").notNull(),
  /** The operation, e.g. "updateProvider". */
  action: text("action").notNull(),
  counts: text("counts", { mode: "json" }).$type<readonly RevisionCount[]>().notNull(),
});

/** What a revision did to one object, row by row: enough to undo it. */
export const configRevisionItem = sqliteTable(
  "config_revision_item",
  {
    version: integer("version").notNull(),
    position: integer("position").notNull(),
    noun: text("noun").$type<ConfigNoun>().notNull(),
    objectId: text("object_id").notNull(),
    name: text("name").notNull(),
    kind: text("kind").$type<"add" | "change" | "remove">().notNull(),
    rows: text("rows", { mode: "json" }).$type<readonly RowChange[]>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.version, table.position] })],
);
