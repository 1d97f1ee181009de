import { sql } from "drizzle-orm";
import { blob, index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
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
    /** What the vendor allows the key; null: unlimited. */
    rpm: integer("rpm"),
    tpm: integer("tpm"),
    rpd: integer("rpd"),
    concurrency: integer("concurrency"),
    /** Deleted, and kept for a while in case that was a mistake. Nobody sees the row but whoever brings it back. */
    deletedAt: integer("deleted_at"),
    ...stamps,
  },
  (table) => [
    uniqueIndex("provider_key_name").on(table.providerId, table.name).where(sql`deleted_at IS NULL`),
    uniqueIndex("provider_key_fingerprint").on(table.providerId, table.fingerprint).where(sql`deleted_at IS NULL`),
    // Partial, or SQLite would take it for "not deleted" too, and go through all rows to find those of a few ids.
    index("provider_key_deleted").on(table.deletedAt).where(sql`deleted_at IS NOT NULL`),
  ],
);

/** What is known of a key's money: observed or burned down, so it has no version and is no configuration. */
export const keyBalance = sqliteTable("key_balance", {
  keyId: text("key_id")
    .primaryKey()
    .references(() => providerKey.id, { onDelete: "cascade" }),
  /** Billionths of `currency`. */
  remaining: integer("remaining"),
  total: integer("total"),
  currency: text("currency").notNull(),
  source: text("source").$type<"vendor" | "manual">().notNull(),
  refreshedAt: integer("refreshed_at").notNull(),
});
