import { integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { OfferedModel } from "../../llm/model-capabilities.ts";
import type { ProviderKind, Quirk, Strategy } from "../../llm/names.ts";
import { stamps } from "./stamps.ts";

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

/** What the upstream said it offers, as it was last asked: observed, like its quirks. */
export const providerOffer = sqliteTable("provider_offer", {
  providerId: text("provider_id")
    .primaryKey()
    .references(() => provider.id, { onDelete: "cascade" }),
  seenAt: integer("seen_at").notNull(),
  models: text("models", { mode: "json" }).$type<readonly OfferedModel[]>().notNull(),
});
