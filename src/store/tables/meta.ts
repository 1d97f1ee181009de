import { blob, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Facts about the database itself: `master_key_check`, a sealed word that only the right master key opens. */
export const meta = sqliteTable("meta", {
  key: text("key").primaryKey(),
  value: blob("value", { mode: "buffer" }).notNull(),
});
