import { integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { ContentPolicy } from "../../llm/names.ts";
import { stamps } from "./stamps.ts";

export const clientKey = sqliteTable(
  "client_key",
  {
    id: text("id").primaryKey(),
    name: text("name").notNull(),
    /** HMAC-SHA-256, hex; null for the built-in `anonymous`. */
    hash: text("hash"),
    secretPreview: text("secret_preview").notNull(),
    builtin: text("builtin").$type<"default" | "anonymous">(),
    enabled: integer("enabled", { mode: "boolean" }).notNull(),
    expiresAt: integer("expires_at"),
    allowedModels: text("allowed_models", { mode: "json" }).$type<readonly string[]>().notNull(),
    requestContent: text("request_content").$type<ContentPolicy>(),
    /** Whom its use is put down to: teams, cost centres. */
    tags: text("tags", { mode: "json" }).$type<readonly string[]>().notNull().default([]),
    strictParameters: integer("strict_parameters", { mode: "boolean" }).notNull().default(false),
    memo: text("memo"),
    ...stamps,
  },
  (table) => [
    uniqueIndex("client_key_name").on(table.name),
    uniqueIndex("client_key_hash").on(table.hash),
    uniqueIndex("client_key_builtin").on(table.builtin),
  ],
);
