import type { ConfigDocument, DocumentError } from "../../config-file.ts";
import type { Quirk } from "../../llm/names.ts";
import { canHaveQuirks } from "../../policy/quirks.ts";
import { dialects } from "../../providers/index.ts";
import { findPreset, PRESETS } from "../../providers/presets.ts";
import type { ProviderRow, ProviderValues } from "../../store/types.ts";
import { providerEntry } from "./config-entries.ts";
import { type ConfigWorld, type PlanOptions, type ProviderStep, removal, stepTo } from "./config-step.ts";

type GivenProvider = ConfigDocument["providers"][number];

/** A provider of the document with what its preset and its kind say. */
export interface CompleteProvider {
  readonly values: ProviderValues;
  readonly keys: GivenProvider["keys"];
  readonly path: readonly PropertyKey[];
}

/** Those that are complete; what the others lack is among the errors. */
export function completeProviders(document: ConfigDocument, errors: DocumentError[]): CompleteProvider[] {
  const seen = new Set<string>();
  return document.providers.flatMap((entry, index) => {
    const path = ["providers", index];
    const complete = completeProvider(entry, path, errors);
    if (complete === null) return [];
    if (seen.has(complete.values.name)) errors.push({ path: [...path, "name"], message: "is taken already" });
    seen.add(complete.values.name);
    return [complete];
  });
}

export function planProviders(
  world: ConfigWorld,
  entries: readonly CompleteProvider[],
  options: PlanOptions,
  errors: DocumentError[],
): ProviderStep[] {
  const known = new Map(world.providers.map((row) => [row.name, row]));
  const steps = entries.flatMap(({ values, path, keys }): ProviderStep[] => {
    checkAddress(values, path, options, errors);
    checkQuirks(values, path, errors);
    const row = known.get(values.name);
    if (row !== undefined) checkMove(world, row, values, { path, keys }, options, errors);
    const before = row === undefined ? null : providerEntry(row);
    const after = providerEntry(values);
    return stepTo({ noun: "provider", name: values.name, path, id: row?.id ?? null, values, before, after });
  });
  if (!options.prune) return steps;
  const named = new Set(entries.map(({ values }) => values.name));
  const gone = world.providers.filter((row) => !named.has(row.name));
  return [...steps, ...gone.map((row) => removal("provider", row.name, row.id, providerEntry(row)))];
}

function completeProvider(entry: GivenProvider, path: PropertyKey[], errors: DocumentError[]): CompleteProvider | null {
  const wrong = (field: string, message: string) => {
    errors.push({ path: [...path, field], message });
    return null;
  };
  const preset = entry.preset === undefined ? undefined : findPreset(entry.preset);
  if (entry.preset !== undefined && preset === undefined) {
    return wrong("preset", `must be one of ${PRESETS.map((each) => each.id).join(", ")}`);
  }
  const name = entry.name ?? preset?.id;
  const kind = entry.kind ?? preset?.kind;
  if (name === undefined) return wrong("name", "is required without a preset");
  if (kind === undefined) return wrong("kind", "is required without a preset");
  if (preset !== undefined && kind !== preset.kind) {
    return wrong("kind", `the preset ${preset.id} is of kind ${preset.kind}`);
  }
  const baseUrl = (entry.baseUrl ?? preset?.baseUrl ?? dialects[kind].defaultBaseUrl)?.replace(/\/+$/, "");
  if (baseUrl === undefined) return wrong("baseUrl", `is required for kind ${kind}`);
  const values: ProviderValues = {
    name,
    kind,
    baseUrl,
    apiVersion: entry.apiVersion ?? null,
    botId: entry.botId ?? null,
    strategy: entry.strategy,
    enabled: entry.enabled,
    memo: entry.memo ?? null,
    quirks: entry.quirks ?? unignored(preset?.quirks ?? [], entry.ignoredQuirks),
    ignoredQuirks: entry.ignoredQuirks,
  };
  return { values, keys: entry.keys, path };
}

/** A preset's quirk that the document ignores is not set in the first place. */
function unignored(quirks: readonly Quirk[], ignored: readonly Quirk[]): Quirk[] {
  return quirks.filter((quirk) => !ignored.includes(quirk));
}

type Path = readonly PropertyKey[];

function checkAddress({ baseUrl }: ProviderValues, path: Path, options: PlanOptions, errors: DocumentError[]): void {
  const refusal = options.checkAddress(baseUrl);
  if (refusal !== null) errors.push({ path: [...path, "baseUrl"], message: refusal });
}

function checkQuirks({ kind, quirks, ignoredQuirks }: ProviderValues, path: Path, errors: DocumentError[]): void {
  if (quirks.length + ignoredQuirks.length > 0 && !canHaveQuirks(kind)) {
    errors.push({ path: [...path, "quirks"], message: `kind ${kind} has none` });
  }
  const both = quirks.find((quirk) => ignoredQuirks.includes(quirk));
  if (both !== undefined) errors.push({ path: [...path, "ignoredQuirks"], message: `${both} is among quirks too` });
}

/** Keys were entered for an address: another one gets them only from somebody who has them, or who may read them. */
function checkMove(
  world: ConfigWorld,
  row: ProviderRow,
  values: ProviderValues,
  { path, keys }: Pick<CompleteProvider, "path" | "keys">,
  { mayMoveKeys, prune }: PlanOptions,
  errors: DocumentError[],
): void {
  if (mayMoveKeys || URL.parse(row.baseUrl)?.origin === URL.parse(values.baseUrl)?.origin) return;
  const given = new Map(keys.map((key, index) => [key.name ?? defaultKeyName(index), key]));
  const moved = world.keys.filter((key) => key.providerId === row.id);
  const blind = moved.find((key) => (given.has(key.name) ? given.get(key.name)?.secret === undefined : !prune));
  if (blind === undefined) return;
  const message = `would send the stored key "${blind.name}" to another address: give its secret again, or have KEYS_REVEAL`;
  errors.push({ path: [...path, "baseUrl"], message });
}

/** Of a key that the document does not name. */
export function defaultKeyName(index: number): string {
  return `key ${index + 1}`;
}
