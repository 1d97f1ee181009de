import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { TraitOverrides } from "../../trait-overrides.ts";
import type { ModelPrice } from "../types.ts";
import { provider } from "./provider.ts";
import { stamps } from "./stamps.ts";

export const model = sqliteTable("model", {
  id: text("id").primaryKey(),
  displayName: text("display_name"),
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
