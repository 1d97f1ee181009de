import type { ConfigDocument, DocumentError } from "../../config-file.ts";
import { Secret } from "../../lib/secret.ts";
import type { OpenedProviderKey, ProviderKeyRow } from "../../store/types.ts";
import { keyEntry } from "./config-entries.ts";
import { type CompleteProvider, defaultKeyName } from "./config-plan-providers.ts";
import {
  type ConfigWorld,
  type Entry,
  type KeyFields,
  type KeyStep,
  type PlanOptions,
  removal,
  stepTo,
} from "./config-step.ts";

type GivenKey = ConfigDocument["providers"][number]["keys"][number];
type Path = readonly PropertyKey[];

export function planKeys(
  world: ConfigWorld,
  entries: readonly CompleteProvider[],
  options: PlanOptions,
  errors: DocumentError[],
): KeyStep[] {
  const ids = new Map(world.providers.map((row) => [row.name, row.id]));
  const byProvider = Map.groupBy(world.keys, (key) => key.providerId);
  const named = new Set(entries.map(({ values }) => values.name));
  const steps = entries.flatMap((entry) => {
    const stored = byProvider.get(ids.get(entry.values.name) ?? "") ?? [];
    return planKeysOf(entry, stored, options, errors);
  });
  if (!options.prune) return steps;
  // Those of a provider that goes go with it, and are told.
  const orphaned = world.providers.filter((row) => !named.has(row.name));
  return [
    ...steps,
    ...orphaned.flatMap((row) => (byProvider.get(row.id) ?? []).map((key) => removalOf(row.name, key))),
  ];
}

function planKeysOf(
  { values: { name: provider }, keys, path: providerPath }: CompleteProvider,
  stored: readonly OpenedProviderKey[],
  options: PlanOptions,
  errors: DocumentError[],
): KeyStep[] {
  const known = new Map(stored.map((key) => [key.name, key]));
  const named = new Set<string>();
  const steps = keys.flatMap((given, index): KeyStep[] => {
    const path = [...providerPath, "keys", index];
    const name = given.name ?? defaultKeyName(index);
    if (named.has(name)) errors.push({ path: [...path, "name"], message: "is taken already" });
    named.add(name);
    const row = known.get(name);
    checkKey(given, row, path, options, errors);
    const values = fieldsOf(provider, name, given, row);
    const before = row === undefined ? null : { ...keyEntry(row), ...secretsOf(row) };
    const after = afterOf(given, values, row, options);
    return stepTo({
      noun: "providerKey",
      name: `${provider}/${name}`,
      path,
      id: row?.id ?? null,
      values,
      before,
      after,
    });
  });
  checkTwins(keys, stored, named, providerPath, options, errors);
  if (!options.prune) return steps;
  const gone = stored.filter((key) => !named.has(key.name));
  return [...steps, ...gone.map((key) => removalOf(provider, key))];
}

/** What is left out stays as it is: an export holds no secrets, and older documents no tags. */
function fieldsOf(provider: string, name: string, given: GivenKey, row: OpenedProviderKey | undefined): KeyFields {
  const proxy = given.proxyUrl ?? null;
  const keepsProxy = given.proxyUrl === undefined && given.secret === undefined && row !== undefined;
  return {
    provider,
    name,
    enabled: given.enabled,
    weight: given.weight,
    priority: given.priority,
    memo: given.memo ?? null,
    userAgent: given.userAgent ?? null,
    ...(given.tags === undefined ? {} : { tags: given.tags }),
    ...(given.secret === undefined ? {} : { secret: new Secret(given.secret) }),
    ...(keepsProxy ? {} : { proxyUrl: proxy === null ? null : new Secret(proxy) }),
  };
}

function afterOf(given: GivenKey, values: KeyFields, row: OpenedProviderKey | undefined, options: PlanOptions): Entry {
  const { secret, proxyUrl, provider: _, ...plain } = values;
  const tags = given.tags ?? row?.tags ?? [];
  const entry = keyEntry({ ...plain, tags });
  const kept = row === undefined ? {} : secretsOf(row);
  const isSame = secret === undefined || row?.fingerprint === options.fingerprint(secret);
  const sameProxy = proxyUrl === undefined || (proxyUrl?.reveal() ?? null) === (row?.proxyUrl?.reveal() ?? null);
  return {
    ...entry,
    ...kept,
    ...(isSame ? {} : { secret: `${secret.preview()}${row === undefined ? "" : " (new)"}` }),
    ...(sameProxy
      ? {}
      : {
          proxyUrl: proxyUrl === null ? undefined : `${hostOf(proxyUrl.reveal())}${row === undefined ? "" : " (new)"}`,
        }),
  };
}

/** As they may be shown. */
function secretsOf(row: ProviderKeyRow): Entry {
  return { secret: row.secretPreview, ...(row.proxyPreview === null ? {} : { proxyUrl: row.proxyPreview }) };
}

function hostOf(url: string): string {
  return URL.parse(url)?.host ?? "…";
}

function checkKey(
  { secret, proxyUrl }: GivenKey,
  row: OpenedProviderKey | undefined,
  path: Path,
  options: PlanOptions,
  errors: DocumentError[],
): void {
  if (secret === undefined && row === undefined) {
    errors.push({ path: [...path, "secret"], message: "is required for a key that is not there yet" });
  }
  // A proxy may need a password; the address policy is about where it stands.
  const refusal = proxyUrl == null ? null : options.checkAddress(new URL(proxyUrl).origin);
  if (refusal !== null) errors.push({ path: [...path, "proxyUrl"], message: refusal });
}

/** One secret under two names would be called twice as often as it may be. */
function checkTwins(
  keys: readonly GivenKey[],
  stored: readonly OpenedProviderKey[],
  named: ReadonlySet<string>,
  providerPath: Path,
  { prune, fingerprint }: PlanOptions,
  errors: DocumentError[],
): void {
  const left = prune ? [] : stored.filter((key) => !named.has(key.name));
  const taken = new Set(left.map((key) => key.fingerprint));
  for (const [index, { secret }] of keys.entries()) {
    if (secret === undefined) continue;
    const mark = fingerprint(new Secret(secret));
    const path = [...providerPath, "keys", index, "secret"];
    if (taken.has(mark)) errors.push({ path, message: "is taken already" });
    taken.add(mark);
  }
}

function removalOf(provider: string, row: OpenedProviderKey): KeyStep {
  return removal("providerKey", `${provider}/${row.name}`, row.id, { ...keyEntry(row), ...secretsOf(row) });
}
