import { blob, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { ContentPolicy, ProviderKind, Quirk, Strategy } from "../llm/names.ts";
import type { TraitOverrides } from "../trait-overrides.ts";
import type { ModelPrice } from "./types.ts";

/**
 * The configuration database, `DATA_DIR/sluice.db`. After a change here run `bunx drizzle-kit generate`, and add the new file to
 * migrations/index.ts (a test says so when it is forgotten). Times are Unix milliseconds.
 */

const stamps = {
  createdAt: integer("created_at").notNull(),
  updatedAt: integer("updated_at").notNull(),
  version: integer("version").notNull(),
};

export const provider = sqliteTable(
  "provider",
  {
    id: text("id").primaryKey(),
    name: text("name").notNull(),
    kind: text("kind").$type<ProviderKind>().notNull(),
    baseUrl: text("base_url").notNull(),
    apiVersion: text("api_version"),
    botId: text("bot_id"),
    strategy: text("strategy").$type<Strategy>().notNull(),
    enabled: integer("enabled", { mode: "boolean" }).notNull(),
    memo: text("memo"),
    /** A person's word on the upstream's habits; what was learned stands in provider_quirk. */
    quirks: text("quirks", { mode: "json" }).$type<readonly Quirk[]>().notNull().default([]),
    ignoredQuirks: text("ignored_quirks", { mode: "json" }).$type<readonly Quirk[]>().notNull().default([]),
    ...stamps,
  },
  (table) => [uniqueIndex("provider_name").on(table.name)],
);

/** What the gateway learned of an upstream: observed, so it has no version of its own and does not touch the provider's. */
export const providerQuirk = sqliteTable(
  "provider_quirk",
  {
    providerId: text("provider_id")
      .notNull()
      .references(() => provider.id, { onDelete: "cascade" }),
    quirk: text("quirk").$type<Quirk>().notNull(),
    learnedAt: integer("learned_at").notNull(),
    words: text("words").notNull(),
  },
  (table) => [primaryKey({ columns: [table.providerId, table.quirk] })],
);

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
    ...stamps,
  },
  (table) => [
    uniqueIndex("provider_key_name").on(table.providerId, table.name),
    uniqueIndex("provider_key_fingerprint").on(table.providerId, table.fingerprint),
  ],
);

export const model = sqliteTable("model", {
  id: text("id").primaryKey(),
  description: text("description"),
  capabilities: text("capabilities", { mode: "json" }).$type<readonly string[]>().notNull(),
  contextWindow: integer("context_window"),
  maxOutputTokens: integer("max_output_tokens"),
  enabled: integer("enabled", { mode: "boolean" }).notNull(),
  price: text("price", { mode: "json" }).$type<ModelPrice>(),
  ...stamps,
});

/** A model's name (position 0) and its aliases: one primary key keeps them unique over all models. */
export const modelName = sqliteTable(
  "model_name",
  {
    name: text("name").primaryKey(),
    modelId: text("model_id")
      .notNull()
      .references(() => model.id, { onDelete: "cascade" }),
    position: integer("position").notNull(),
  },
  (table) => [index("model_name_model").on(table.modelId)],
);

export const modelTarget = sqliteTable(
  "model_target",
  {
    modelId: text("model_id")
      .notNull()
      .references(() => model.id, { onDelete: "cascade" }),
    position: integer("position").notNull(),
    providerId: text("provider_id")
      .notNull()
      .references(() => provider.id, { onDelete: "cascade" }),
    upstreamModel: text("upstream_model").notNull(),
    priority: integer("priority").notNull(),
    weight: integer("weight").notNull(),
    enabled: integer("enabled", { mode: "boolean" }).notNull(),
    traits: text("traits", { mode: "json" }).$type<TraitOverrides>(),
  },
  (table) => [
    primaryKey({ columns: [table.modelId, table.position] }),
    index("model_target_provider").on(table.providerId),
  ],
);

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

export const setting = sqliteTable("setting", {
  key: text("key").primaryKey(),
  value: text("value", { mode: "json" }).$type<unknown>().notNull(),
});

/** Facts about the database itself: `master_key_check`, a sealed word that only the right master key opens. */
export const meta = sqliteTable("meta", {
  key: text("key").primaryKey(),
  value: blob("value", { mode: "buffer" }).notNull(),
});
