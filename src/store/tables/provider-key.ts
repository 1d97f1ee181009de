import { blob, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { provider } from "./provider.ts";
import { stamps } from "./stamps.ts";

export const providerKey = sqliteTable(
  "provider_key",
  {
    id: text("id").primaryKey(),
    providerId: text("provider_id")
      .notNull()
      .references(() => provider.id, { onDelete: "cascade" }),
    name: text("name").notNull(),
    /** Sealed by the vault for (provider_key, id, secret). */
    secret: blob("secret", { mode: "buffer" }).notNull(),
    secretPreview: text("secret_preview").notNull(),
    fingerprint: text("fingerprint").notNull(),
    enabled: integer("enabled", { mode: "boolean" }).notNull(),
    weight: integer("weight").notNull(),
    priority: integer("priority").notNull(),
    tags: text("tags", { mode: "json" }).$type<readonly string[]>().notNull(),
    memo: text("memo"),
    userAgent: text("user_agent"),
    /** Sealed for (provider_key, id, proxy_url): it may hold a password. */
    proxyUrl: blob("proxy_url", { mode: "buffer" }),
    proxyPreview: text("proxy_preview"),
    /** The import that made it. */
    importJobId: text("import_job_id"),
    ...stamps,
  },
  (table) => [
    uniqueIndex("provider_key_name").on(table.providerId, table.name),
    uniqueIndex("provider_key_fingerprint").on(table.providerId, table.fingerprint),
  ],
);
