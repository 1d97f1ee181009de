import { KeyEntries, type KeyEntry } from "./key-entries.ts";
import type { ContentPolicy, Quirk } from "./llm/names.ts";
import type { ModelTraits } from "./llm/traits.ts";
import { quirksInForce } from "./policy/quirks.ts";
import { overrideTraits, traitsOf } from "./providers/traits.ts";
import { effectiveSettings, type FixedSettings, type Settings } from "./settings.ts";
import type { ProviderOffer } from "./store/provider-offers.ts";
import type { ClientKeyRow, ModelPrice, ModelRow, ModelTarget, ProviderRow, Store } from "./store/types.ts";
import { WrittenKeys } from "./store/written-keys.ts";

export type { KeyEntry } from "./key-entries.ts";

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
 * that come while one is loading share the next load, so a burst of writes costs two loads. Of the provider keys only those are read
 * that were written since.
 */
export class Snapshots {
  #current: Snapshot | null = null;
  #running: Promise<void> | null = null;
  #queued: Promise<void> | null = null;
  readonly #keys = new KeyEntries();
  readonly #written: WrittenKeys;
  #models: ReadonlyMap<string, KnownModel> = new Map();

  private constructor(
    private readonly store: Store,
    private readonly onSwap: (snapshot: Snapshot) => void,
    /** What nobody can change while this process runs. */
    readonly fixedSettings: FixedSettings,
  ) {
    this.#written = new WrittenKeys(store);
  }

  static async open(
    store: Store,
    options: { readonly fixedSettings: FixedSettings; readonly onSwap: (snapshot: Snapshot) => void },
  ): Promise<Snapshots> {
    const snapshots = new Snapshots(store, options.onSwap, options.fixedSettings);
    const keys = await store.providerKeys.listOpened();
    snapshots.#keys.change(
      Iterator.from(keys).map(({ id }) => id),
      keys,
    );
    await snapshots.#swap();
    return snapshots;
  }

  close(): void {
    this.#written.stop();
  }

  get current(): Snapshot {
    return this.#current!;
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
    const { store } = this;
    while (!this.#written.isEmpty) {
      await this.#written.read(
        (ids) => store.providerKeys.listOpened(ids),
        (ids, found) => this.#keys.change(ids, found),
      );
    }
    // All read in this one turn: of one state with the keys.
    const [providers, models, clients, stored, offers] = await Promise.all([
      store.providers.list(),
      store.models.list(),
      store.clientKeys.list(),
      store.settings.all(),
      store.offers.list(),
    ]);
    const settings = effectiveSettings(stored, this.fixedSettings);
    const known = this.#current?.providersById;
    const providersById = new Map(
      providers.map((row) => [row.id, providerEntry(row, this.#keys.of(row.id), known?.get(row.id))]),
    );
    this.#models = new Map(
      models.map((row) => [row.id, knownModel(row, providersById, this.#models.get(row.id), known)]),
    );
    this.#current = makeSnapshot({ settings, providersById, models: this.#models.values(), clients, offers });
    this.onSwap(this.#current);
  }
}

function makeSnapshot(parts: {
  readonly settings: Settings;
  readonly providersById: ReadonlyMap<string, ProviderEntry>;
  readonly models: Iterable<KnownModel>;
  readonly clients: readonly ClientKeyRow[];
  readonly offers: readonly ProviderOffer[];
}): Snapshot {
  const { settings, providersById, models, clients, offers } = parts;
  const names = new Map<string, ModelEntry>();
  for (const { row, entry } of models) {
    if (row.enabled) for (const name of [row.name, ...row.aliases]) names.set(name, entry);
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

/** The entry that was there, when nothing about it has changed: whoever holds something by it may keep that. */
function providerEntry(row: ProviderRow, keys: readonly KeyEntry[], before: ProviderEntry | undefined): ProviderEntry {
  const { memo: _memo, createdAt: _created, updatedAt: _updated, learnedQuirks: _learned, ...provider } = row;
  const entry = {
    ...provider,
    quirks: new Set(quirksInForce(row).map(({ quirk }) => quirk)),
    ignoredQuirks: new Set(row.ignoredQuirks),
    keys,
  };
  return before?.keys === keys && Bun.deepEquals(before, entry) ? before : entry;
}

interface KnownModel {
  readonly row: ModelRow;
  readonly entry: ModelEntry;
}

/** What was there, when neither the model nor one of its providers has changed. */
function knownModel(
  row: ModelRow,
  providers: ReadonlyMap<string, ProviderEntry>,
  before: KnownModel | undefined,
  providersBefore: ReadonlyMap<string, ProviderEntry> | undefined,
): KnownModel {
  const hasSameProviders = row.targets.every(({ providerId: id }) => providers.get(id) === providersBefore?.get(id));
  if (before !== undefined && hasSameProviders && Bun.deepEquals(before.row, row)) return before;
  return { row, entry: modelEntry(row, providers) };
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
