import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** A key with a $ in front is no setting but something else that is remembered. */
export const setting = sqliteTable("setting", {
  key: text("key").primaryKey(),
  value: text("value", { mode: "json" }).$type<unknown>().notNull(),
  /** Why it is as it is. */
  memo: text("memo"),
  updatedAt: integer("updated_at"),
  updatedBy: text("updated_by"),
});
