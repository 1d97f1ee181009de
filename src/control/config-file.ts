import { ConfigError } from "../config.ts";
import type { ConfigFile } from "../config-file.ts";
import { Secret } from "../lib/secret.ts";
import type { Quirk } from "../llm/names.ts";
import { canHaveQuirks } from "../policy/quirks.ts";
import { dialects } from "../providers/index.ts";
import { findPreset, PRESETS } from "../providers/presets.ts";
import type { ConfigNouns, ProviderRow, Written } from "../store/types.ts";
import { CLIENT_KEY_PREFIX, generateSecret } from "./client-key-secret.ts";

/** A client key that was made because the file gave no secret; shown once. */
export interface GeneratedClientKey {
  readonly name: string;
  readonly secret: Secret;
}

interface ApplyDeps {
  readonly store: ConfigNouns;
  checkAddress(url: string): string | null;
}

/**
 * Brings the store to what the document says, matching by name: what it names is created or updated, what it does not name is
 * left alone. Applied at every start, so a second run changes nothing. Throws ConfigError with the path of the bad value.
 */
export async function applyConfigFile(deps: ApplyDeps, document: ConfigFile): Promise<readonly GeneratedClientKey[]> {
  const { store } = deps;
  const providers = new Map((await store.providers.list()).map((row) => [row.name, row]));
  const entries = document.providers.map((entry, index) => completeProvider(entry, `providers[${index}]`));
  for (const [index, entry] of entries.entries()) {
    providers.set(entry.name, await applyProvider(deps, entry, providers.get(entry.name), `providers[${index}]`));
  }
  await applyKeys(deps, entries, providers);
  await applyModels(store, document, providers);
  return applyClientKeys(store, document);
}

type GivenProvider = ConfigFile["providers"][number];
type CompleteProvider = Omit<GivenProvider, "preset" | "name" | "kind" | "quirks"> &
  Required<Pick<GivenProvider, "kind" | "name" | "quirks">>;

/** What the file leaves open, its preset says. */
function completeProvider({ preset: id, ...entry }: GivenProvider, path: string): CompleteProvider {
  const preset = id === undefined ? undefined : findPreset(id);
  if (id !== undefined && preset === undefined) {
    throw new ConfigError(`${path}.preset: must be one of ${PRESETS.map((each) => each.id).join(", ")}`);
  }
  const name = entry.name ?? preset?.id;
  const kind = entry.kind ?? preset?.kind;
  if (name === undefined) throw new ConfigError(`${path}.name: is required without a preset`);
  if (kind === undefined) throw new ConfigError(`${path}.kind: is required without a preset`);
  if (preset !== undefined && kind !== preset.kind) {
    throw new ConfigError(`${path}.kind: the preset ${preset.id} is of kind ${preset.kind}`);
  }
  const baseUrl = entry.baseUrl ?? preset?.baseUrl ?? undefined;
  return {
    ...entry,
    name,
    kind,
    baseUrl,
    quirks: entry.quirks ?? unignored(preset?.quirks ?? [], entry.ignoredQuirks),
  };
}

/** A preset's quirk that the file ignores is not set in the first place. */
function unignored(quirks: readonly Quirk[], ignored: readonly Quirk[]): Quirk[] {
  return quirks.filter((quirk) => !ignored.includes(quirk));
}

function checkQuirks({ kind, quirks, ignoredQuirks }: CompleteProvider, path: string): void {
  if (quirks.length + ignoredQuirks.length > 0 && !canHaveQuirks(kind)) {
    throw new ConfigError(`${path}.quirks: kind ${kind} has none`);
  }
  const both = quirks.find((quirk) => ignoredQuirks.includes(quirk));
  if (both !== undefined) throw new ConfigError(`${path}.ignoredQuirks: ${both} is among quirks too`);
}

async function applyProvider(
  { store, checkAddress }: ApplyDeps,
  entry: CompleteProvider,
  existing: ProviderRow | undefined,
  path: string,
): Promise<ProviderRow> {
  const baseUrl = (entry.baseUrl ?? dialects[entry.kind].defaultBaseUrl)?.replace(/\/+$/, "");
  if (baseUrl === undefined) throw new ConfigError(`${path}.baseUrl: is required for kind ${entry.kind}`);
  const refusal = checkAddress(baseUrl);
  if (refusal !== null) throw new ConfigError(`${path}.baseUrl: ${refusal}`);
  checkQuirks(entry, path);
  const values = {
    name: entry.name,
    kind: entry.kind,
    baseUrl,
    apiVersion: entry.apiVersion ?? null,
    botId: entry.botId ?? null,
    strategy: entry.strategy,
    enabled: entry.enabled,
    memo: entry.memo ?? null,
    quirks: entry.quirks,
    ignoredQuirks: entry.ignoredQuirks,
  };
  const isSame = existing !== undefined && differs(existing, values) === false;
  if (isSame) return existing;
  return written(
    existing === undefined ? await store.providers.create(values) : await store.providers.update(existing.id, values),
    path,
  );
}

async function applyKeys(
  { store, checkAddress }: ApplyDeps,
  entries: readonly CompleteProvider[],
  providers: ReadonlyMap<string, ProviderRow>,
): Promise<void> {
  const opened = await store.providerKeys.listOpened();
  for (const [p, entry] of entries.entries()) {
    const providerId = providers.get(entry.name)!.id;
    const known = new Map(opened.filter((key) => key.providerId === providerId).map((key) => [key.name, key]));
    for (const [k, key] of entry.keys.entries()) {
      const path = `providers[${p}].keys[${k}]`;
      const plain = {
        providerId,
        name: key.name ?? `key ${k + 1}`,
        enabled: key.enabled,
        weight: key.weight,
        priority: key.priority,
        memo: key.memo ?? null,
        userAgent: key.userAgent ?? null,
      };
      const proxyUrl = key.proxyUrl === undefined ? null : new Secret(key.proxyUrl);
      const refusal = key.proxyUrl === undefined ? null : checkAddress(withoutUser(key.proxyUrl));
      if (refusal !== null) throw new ConfigError(`${path}.proxyUrl: ${refusal}`);
      const existing = known.get(plain.name);
      if (existing === undefined) {
        const values = { ...plain, tags: [], secret: new Secret(key.secret), proxyUrl };
        written(await store.providerKeys.create(values), path);
        continue;
      }
      const sameSecret =
        existing.secret.reveal() === key.secret && (existing.proxyUrl?.reveal() ?? null) === (key.proxyUrl ?? null);
      if (sameSecret && !differs(existing, plain)) continue;
      const patch = sameSecret ? plain : { ...plain, secret: new Secret(key.secret), proxyUrl };
      written(await store.providerKeys.update(existing.id, patch), path);
    }
  }
}

async function applyModels(
  store: ConfigNouns,
  document: ConfigFile,
  providers: ReadonlyMap<string, ProviderRow>,
): Promise<void> {
  const known = new Map((await store.models.list()).map((row) => [row.name, row]));
  for (const [m, entry] of document.models.entries()) {
    const path = `models[${m}]`;
    const given = {
      name: entry.name,
      description: entry.description ?? null,
      enabled: entry.enabled,
      aliases: entry.aliases,
      price: entry.price ?? null,
      targets: entry.targets.map((target, t) => {
        const provider = providers.get(target.provider);
        if (provider === undefined) {
          throw new ConfigError(`${path}.targets[${t}].provider: there is no provider "${target.provider}"`);
        }
        return {
          providerId: provider.id,
          upstreamModel: target.model,
          priority: target.priority,
          weight: target.weight,
          enabled: target.enabled,
          traits: target.traits ?? null,
        };
      }),
    };
    const existing = known.get(entry.name);
    if (existing === undefined) {
      const values = { ...given, displayName: null, capabilities: [], contextWindow: null, maxOutputTokens: null };
      written(await store.models.create(values), path);
    } else if (differs(existing, given)) {
      written(await store.models.update(existing.id, given), path);
    }
  }
}

async function applyClientKeys(store: ConfigNouns, document: ConfigFile): Promise<readonly GeneratedClientKey[]> {
  const generated: GeneratedClientKey[] = [];
  const known = new Map((await store.clientKeys.list()).map((row) => [row.name, row]));
  for (const [c, entry] of document.clientKeys.entries()) {
    const path = `clientKeys[${c}]`;
    const values = {
      name: entry.name,
      enabled: entry.enabled,
      expiresAt: entry.expiresAt === undefined ? null : Date.parse(entry.expiresAt),
      allowedModels: entry.allowedModels,
      requestContent: entry.requestContent ?? null,
      strictParameters: entry.strictParameters,
      memo: entry.memo ?? null,
    };
    const existing = known.get(entry.name);
    const given = entry.secret === undefined ? null : new Secret(entry.secret);
    if (existing === undefined) {
      const secret = given ?? generateSecret(CLIENT_KEY_PREFIX);
      if (given === null) generated.push({ name: entry.name, secret });
      written(await store.clientKeys.create({ ...values, secret, builtin: null }), path);
    } else {
      // Whether the secret changed cannot be read from its hash here; the store compares and keeps an equal one as it is.
      written(await store.clientKeys.update(existing.id, given === null ? values : { ...values, secret: given }), path);
    }
  }
  return generated;
}

/** A proxy may need a password; the address policy is about where it stands. */
function withoutUser(proxyUrl: string): string {
  return new URL(proxyUrl).origin;
}

function differs(row: object, values: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(values).some(
    ([name, value]) => JSON.stringify((row as Record<string, unknown>)[name]) !== JSON.stringify(value),
  );
}

function written<Row>(result: Written<Row>, path: string): Row {
  switch (result.kind) {
    case "ok":
      return result.row;
    case "duplicate":
      throw new ConfigError(`${path}.${result.field}: is taken already`);
    default:
      throw new ConfigError(`${path}: was changed by somebody else meanwhile; start again`);
  }
}
