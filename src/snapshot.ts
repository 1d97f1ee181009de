import type { Secret } from "./lib/secret.ts";
import type { ContentPolicy, Quirk } from "./llm/names.ts";
import type { ModelTraits } from "./llm/traits.ts";
import { hasLimits, type KeyLimits } from "./policy/key-meter.ts";
import { quirksInForce } from "./policy/quirks.ts";
import { overrideTraits, traitsOf } from "./providers/traits.ts";
import { effectiveSettings, type FixedSettings, type Settings } from "./settings.ts";
import type {
  ClientKeyRow,
  ModelPrice,
  ModelRow,
  ModelTarget,
  OpenedProviderKey,
  ProviderRow,
  Store,
} from "./store/types.ts";

/** A pooled key as the hot path sees it: opened, never changed in place. Its live state is in the pool (pool.ts), by `id`. */
export interface KeyEntry {
  readonly id: string;
  readonly providerId: string;
  readonly name: string;
  readonly secret: Secret;
  readonly enabled: boolean;
  readonly weight: number;
  /** Lower number first. */
  readonly priority: number;
  readonly userAgent: string | null;
  readonly proxyUrl: Secret | null;
  /** Null: it has none. */
  readonly limits: KeyLimits | null;
}

export interface ProviderEntry
  extends Omit<ProviderRow, "memo" | "createdAt" | "updatedAt" | "quirks" | "ignoredQuirks" | "learnedQuirks"> {
  /** Those in force: configured or learned, and not ignored. */
  readonly quirks: ReadonlySet<Quirk>;
  /** Never to be learned: a person says that the upstream does not have them. */
  readonly ignoredQuirks: ReadonlySet<Quirk>;
  /** Enabled keys only, in a stable order. */
  readonly keys: readonly KeyEntry[];
}

export interface TargetEntry extends Omit<ModelTarget, "traits"> {
  readonly provider: ProviderEntry;
  /** What the table says of the upstream's model, with what a person set before it. */
  readonly traits: ModelTraits;
}

export interface ModelEntry {
  readonly id: string;
  readonly name: string;
  readonly price: ModelPrice | null;
  /** Enabled targets of enabled providers, by priority. */
  readonly targets: readonly TargetEntry[];
  readonly createdAt: number;
}

export interface ClientEntry {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly expiresAt: number | null;
  readonly allowedModels: readonly string[];
  readonly requestContent: ContentPolicy;
  /** What the upstream cannot be sent is a 400 instead of being left out and reported. */
  readonly strictParameters: boolean;
  readonly builtin: "default" | "anonymous" | null;
}

/** Everything the data plane needs to know, in memory and immutable: swapped whole after each control write. */
export interface Snapshot {
  readonly settings: Settings;
  readonly providersById: ReadonlyMap<string, ProviderEntry>;
  readonly providersByName: ReadonlyMap<string, ProviderEntry>;
  /** By name and by alias. */
  readonly models: ReadonlyMap<string, ModelEntry>;
  /** By provider id: what its upstream said it offers. One that was never asked is not here. */
  readonly offers: ReadonlyMap<string, ReadonlySet<string>>;
  readonly clientKeysByHash: ReadonlyMap<string, ClientEntry>;
  readonly anonymous: ClientEntry | null;
}

/**
 * Holds the snapshot in force. `reload` builds the next one from the store and swaps it; requests that run keep theirs. Calls
 * that come while one is loading share the next load, so a burst of writes costs two loads.
 */
export class Snapshots {
  #current: Snapshot;
  #running: Promise<void> | null = null;
  #queued: Promise<void> | null = null;

  private constructor(
    private readonly load: () => Promise<Snapshot>,
    private readonly onSwap: (snapshot: Snapshot) => void,
    /** What nobody can change while this process runs. */
    readonly fixedSettings: FixedSettings,
    first: Snapshot,
  ) {
    this.#current = first;
    onSwap(first);
  }

  static async open(
    store: Store,
    options: { readonly fixedSettings: FixedSettings; readonly onSwap: (snapshot: Snapshot) => void },
  ): Promise<Snapshots> {
    const load = () => loadSnapshot(store, options.fixedSettings);
    return new Snapshots(load, options.onSwap, options.fixedSettings, await load());
  }

  get current(): Snapshot {
    return this.#current;
  }

  /** Resolves when what is stored now is in force. */
  reload(): Promise<void> {
    if (this.#running === null) {
      this.#running = this.#swap().finally(() => {
        this.#running = null;
      });
      return this.#running;
    }
    this.#queued ??= this.#running
      .catch(() => {})
      .then(() => {
        this.#queued = null;
        return this.reload();
      });
    return this.#queued;
  }

  async #swap(): Promise<void> {
    this.#current = await this.load();
    this.onSwap(this.#current);
  }
}

async function loadSnapshot(store: Store, fixed: FixedSettings): Promise<Snapshot> {
  const [providers, keys, models, clients, stored, offers] = await Promise.all([
    store.providers.list(),
    store.providerKeys.listOpened(),
    store.models.list(),
    store.clientKeys.list(),
    store.settings.all(),
    store.offers.list(),
  ]);
  const settings = effectiveSettings(stored, fixed);
  const keysOf = Map.groupBy(keys, ({ providerId }) => providerId);
  const providersById = new Map(providers.map((row) => [row.id, providerEntry(row, keysOf.get(row.id) ?? [])]));
  const names = new Map<string, ModelEntry>();
  for (const row of models) {
    if (!row.enabled) continue;
    const entry = modelEntry(row, providersById);
    for (const name of [row.name, ...row.aliases]) names.set(name, entry);
  }
  const clientEntries = clients.map((row) => ({ row, entry: clientEntry(row, settings) }));
  return {
    settings,
    providersById,
    providersByName: new Map(Array.from(providersById.values(), (provider) => [provider.name, provider])),
    models: names,
    offers: new Map(offers.map(({ providerId, models }) => [providerId, new Set(models.map(({ id }) => id))])),
    clientKeysByHash: new Map(
      clientEntries.flatMap(({ row, entry }) => (row.hash === null ? [] : [[row.hash, entry] as const])),
    ),
    anonymous: settings.allowAnonymous
      ? (clientEntries.find(({ row }) => row.builtin === "anonymous")?.entry ?? null)
      : null,
  };
}

function providerEntry(row: ProviderRow, keys: readonly OpenedProviderKey[]): ProviderEntry {
  const { memo: _memo, createdAt: _created, updatedAt: _updated, learnedQuirks: _learned, ...provider } = row;
  return {
    ...provider,
    quirks: new Set(quirksInForce(row).map(({ quirk }) => quirk)),
    ignoredQuirks: new Set(row.ignoredQuirks),
    keys: keys
      .filter((key) => key.enabled)
      .map((key) => ({
        id: key.id,
        providerId: key.providerId,
        name: key.name,
        secret: key.secret,
        enabled: key.enabled,
        weight: key.weight,
        priority: key.priority,
        userAgent: key.userAgent,
        proxyUrl: key.proxyUrl,
        limits: limitsOf(key),
      })),
  };
}

function limitsOf({ rpm, tpm, rpd, concurrency }: OpenedProviderKey): KeyLimits | null {
  const limits = { rpm, tpm, rpd, concurrency };
  return hasLimits(limits) ? limits : null;
}

function modelEntry(row: ModelRow, providers: ReadonlyMap<string, ProviderEntry>): ModelEntry {
  return {
    id: row.id,
    name: row.name,
    price: row.price,
    createdAt: row.createdAt,
    targets: row.targets
      .flatMap((target) => {
        const provider = providers.get(target.providerId);
        return target.enabled && provider?.enabled ? [targetEntry(target, provider)] : [];
      })
      .sort((a, b) => a.priority - b.priority),
  };
}

function targetEntry(target: ModelTarget, provider: ProviderEntry): TargetEntry {
  const traits = overrideTraits(traitsOf(provider.kind, target.upstreamModel), target.traits ?? {});
  return { ...target, provider, traits };
}

function clientEntry(row: ClientKeyRow, settings: Settings): ClientEntry {
  return {
    id: row.id,
    name: row.name,
    enabled: row.enabled,
    expiresAt: row.expiresAt,
    allowedModels: row.allowedModels,
    requestContent: row.requestContent ?? settings.requestContent,
    strictParameters: row.strictParameters,
    builtin: row.builtin,
  };
}
