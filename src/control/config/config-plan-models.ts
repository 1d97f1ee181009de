import type { ConfigDocument, DocumentError } from "../../config-file.ts";
import type { ModelPrice, ModelRow, ModelValues } from "../../store/types.ts";
import { definedOnly } from "../writes.ts";
import { modelEntry } from "./config-entries.ts";
import type { CompleteProvider } from "./config-plan-providers.ts";
import {
  type ConfigWorld,
  type ModelFields,
  type ModelStep,
  NOTHING_SAID,
  type PlanOptions,
  removal,
  stepTo,
} from "./config-step.ts";

type GivenModel = ConfigDocument["models"][number];

export function planModels(
  world: ConfigWorld,
  document: ConfigDocument,
  entries: readonly CompleteProvider[],
  { prune }: PlanOptions,
  errors: DocumentError[],
): ModelStep[] {
  const names = new Map(world.providers.map((row) => [row.id, row.name]));
  const nameOf = (id: string) => names.get(id) ?? id;
  const known = new Map(world.models.map((row) => [row.name, row]));
  const named = new Set(document.models.map(({ name }) => name));
  const left = prune ? [] : world.models.filter((row) => !named.has(row.name));
  checkNames(document.models, left, errors);
  const providers = new Set(entries.map(({ values }) => values.name));
  if (!prune) for (const row of world.providers) providers.add(row.name);

  const steps = document.models.flatMap((given, index): ModelStep[] => {
    const path = ["models", index];
    checkTargets(given, path, providers, errors);
    const row = known.get(given.name);
    const values = fieldsOf(given, row);
    const before = row === undefined ? null : modelEntry(row, nameOf);
    const after = modelEntry(rowOf(values, row), (name) => name);
    return stepTo({ noun: "model", name: given.name, path, id: row?.id ?? null, values, before, after });
  });
  if (!prune) return steps;
  const gone = world.models.filter((row) => !named.has(row.name));
  return [...steps, ...gone.map((row) => removal("model", row.name, row.id, modelEntry(row, nameOf)))];
}

function fieldsOf(given: GivenModel, row: ModelRow | undefined): ModelFields {
  const { displayName, capabilities, contextWindow, maxOutputTokens } = given;
  return {
    name: given.name,
    description: given.description ?? null,
    enabled: given.enabled,
    aliases: [...new Set(given.aliases)].filter((alias) => alias !== given.name),
    price: given.price === undefined ? null : priceOf(given.price, row?.price ?? null),
    ...definedOnly({ displayName, capabilities, contextWindow, maxOutputTokens }),
    targets: given.targets.map(({ provider, model, priority, weight, enabled, traits }) => ({
      provider,
      upstreamModel: model,
      priority,
      weight,
      enabled,
      traits: traits ?? null,
    })),
  };
}

/** Who names the same price again does not make it younger. */
function priceOf({ since: said, ...price }: NonNullable<GivenModel["price"]>, stored: ModelPrice | null): ModelPrice {
  const parts = ["input", "output", "cacheRead", "cacheWrite", "reasoning", "perRequest"] as const;
  const isSame = stored !== null && parts.every((part) => (price[part] ?? null) === (stored[part] ?? null));
  const since = said === undefined ? (isSame ? stored.since : undefined) : Date.parse(said);
  return since === undefined ? price : { ...price, since };
}

/** As it would be stored, but that its targets name their providers. */
function rowOf(values: ModelFields, row: ModelRow | undefined): ModelValues {
  const { displayName, capabilities, contextWindow, maxOutputTokens } = row ?? NOTHING_SAID;
  const targets = values.targets.map(({ provider, ...target }) => ({ ...target, providerId: provider }));
  return { displayName, capabilities, contextWindow, maxOutputTokens, ...values, targets };
}

function checkTargets(
  { targets }: GivenModel,
  path: readonly PropertyKey[],
  providers: ReadonlySet<string>,
  errors: DocumentError[],
): void {
  for (const [index, { provider }] of targets.entries()) {
    if (providers.has(provider)) continue;
    errors.push({ path: [...path, "targets", index, "provider"], message: `there is no provider "${provider}"` });
  }
}

/** A name or alias belongs to one model. */
function checkNames(given: readonly GivenModel[], left: readonly ModelRow[], errors: DocumentError[]): void {
  const taken = new Set(left.flatMap(({ name, aliases }) => [name, ...aliases]));
  for (const [index, { name, aliases }] of given.entries()) {
    if (taken.has(name)) errors.push({ path: ["models", index, "name"], message: "is taken already" });
    const alias = aliases.findIndex((each) => taken.has(each));
    if (alias >= 0) errors.push({ path: ["models", index, "aliases", alias], message: "is taken already" });
    for (const each of [name, ...aliases]) taken.add(each);
  }
}
