import { eq, inArray, sql } from "drizzle-orm";
import { newId } from "../lib/id.ts";
import { type TraitOverrides, traitOverridesSchema } from "../trait-overrides.ts";
import type { ConfigAccess, Queries } from "./config-access.ts";
import { model, modelName, modelTarget } from "./tables/model.ts";
import type { ModelRow, ModelTarget, ModelValues, Nouns } from "./types.ts";
import { change, defined, firstStamps, inSlices, nextStamps } from "./written.ts";

/** A model is three tables: itself, its names (unique over all models), its targets in their order. */
export function openModels(database: ConfigAccess): Nouns<ModelRow, ModelValues> {
  return {
    async list() {
      return database.read((queries) => load(queries, undefined));
    },
    async get(id) {
      return database.read((queries) => find(queries, id));
    },
    create(values) {
      const id = newId("mdl");
      return database.write((queries) => {
        const duplicate = findDuplicate(queries, id, values.name, values.aliases);
        if (duplicate !== null) return { kind: "duplicate", ...duplicate };
        const { name, aliases, targets, ...columns } = values;
        queries
          .insert(model)
          .values({ ...columns, ...firstStamps(id) })
          .run();
        putNames(queries, id, name, aliases);
        putTargets(queries, id, targets);
        return { kind: "ok", row: find(queries, id)! };
      });
    },
    update(id, given, expectedVersion) {
      const patch = defined(given);
      return database.write((queries) =>
        change({
          current: find(queries, id),
          expectedVersion,
          duplicate: (current) =>
            findDuplicate(queries, id, patch.name ?? current.name, patch.aliases ?? current.aliases),
          write(current) {
            const { name, aliases, targets, ...columns } = patch;
            queries
              .update(model)
              .set({ ...columns, ...nextStamps(current) })
              .where(eq(model.id, id))
              .run();
            if (name !== undefined || aliases !== undefined) {
              putNames(queries, id, name ?? current.name, aliases ?? current.aliases);
            }
            if (targets !== undefined) putTargets(queries, id, targets);
            return find(queries, id)!;
          },
        }),
      );
    },
    async delete(ids) {
      const gone = await database.write((queries) =>
        inSlices(ids, (slice) =>
          queries.delete(model).where(inArray(model.id, slice)).returning({ id: model.id }).all(),
        ),
      );
      return gone.map((row) => row.id);
    },
  };
}

/** Marks models as changed whose targets another noun took away. */
export function bumpModels(queries: Queries, ids: readonly string[]): void {
  inSlices(ids, (slice) => {
    queries
      .update(model)
      .set({ version: sql`${model.version} + 1`, updatedAt: Date.now() })
      .where(inArray(model.id, slice))
      .run();
    return [];
  });
}

function find(queries: Queries, id: string): ModelRow | null {
  return load(queries, id)[0] ?? null;
}

function load(queries: Queries, id: string | undefined): ModelRow[] {
  const only = id === undefined ? undefined : eq(model.id, id);
  const models = queries.select().from(model).where(only).orderBy(model.id).all();
  const names = Map.groupBy(
    queries
      .select()
      .from(modelName)
      .where(id === undefined ? undefined : eq(modelName.modelId, id))
      .orderBy(modelName.modelId, modelName.position)
      .all(),
    (row) => row.modelId,
  );
  const targets = Map.groupBy(
    queries
      .select()
      .from(modelTarget)
      .where(id === undefined ? undefined : eq(modelTarget.modelId, id))
      .orderBy(modelTarget.modelId, modelTarget.position)
      .all(),
    (row) => row.modelId,
  );
  return models.map((columns) => {
    const [name = "", ...aliases] = (names.get(columns.id) ?? []).map((row) => row.name);
    return {
      ...columns,
      name,
      aliases,
      targets: (targets.get(columns.id) ?? []).map(toTarget),
    };
  });
}

function toTarget({ modelId: _model, position: _position, ...target }: typeof modelTarget.$inferSelect): ModelTarget {
  return { ...target, traits: readTraits(target.traits) };
}

/** What no longer fits its schema must not stop the gateway: the table of models holds then. */
function readTraits(stored: unknown): TraitOverrides | null {
  return stored === null ? null : (traitOverridesSchema.safeParse(stored).data ?? null);
}

/** Names that another model has. A name given twice in one model is put once (see putNames). */
function findDuplicate(queries: Queries, id: string, name: string, aliases: readonly string[]) {
  for (const candidate of [name, ...aliases]) {
    const taken = queries.select().from(modelName).where(eq(modelName.name, candidate)).get();
    if (taken !== undefined && taken.modelId !== id) {
      return { field: candidate === name ? "name" : "aliases", existing: find(queries, taken.modelId)! };
    }
  }
  return null;
}

function putNames(queries: Queries, id: string, name: string, aliases: readonly string[]): void {
  queries.delete(modelName).where(eq(modelName.modelId, id)).run();
  const rows = [...new Set([name, ...aliases])].map((value, position) => ({ name: value, modelId: id, position }));
  queries.insert(modelName).values(rows).run();
}

function putTargets(queries: Queries, id: string, targets: ModelValues["targets"]): void {
  queries.delete(modelTarget).where(eq(modelTarget.modelId, id)).run();
  if (targets.length === 0) return;
  const rows = targets.map((target, position) => ({
    modelId: id,
    position,
    providerId: target.providerId,
    upstreamModel: target.upstreamModel,
    priority: target.priority,
    weight: target.weight,
    enabled: target.enabled,
    traits: target.traits,
  }));
  queries.insert(modelTarget).values(rows).run();
}
