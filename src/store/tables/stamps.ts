import { integer } from "drizzle-orm/sqlite-core";

/**
 * The tables of this folder are the configuration database, `DATA_DIR/sluice.db`. After a change run `bunx drizzle-kit generate`, and add
 * the new file to migrations/index.ts (a test says so when it is forgotten). Times are Unix milliseconds.
 */
export const stamps = {
  createdAt: integer("created_at").notNull(),
  updatedAt: integer("updated_at").notNull(),
  version: integer("version").notNull(),
};
