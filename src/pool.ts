import type { Events, KeyHealthState } from "./events.ts";
import type { Secret } from "./lib/secret.ts";
import { Touched } from "./lib/touched.ts";
import type { Health } from "./policy/health.ts";
import { HealthBook } from "./policy/health-book.ts";
import { KeyLease, type Lease } from "./policy/key-lease.ts";
import { type KeyStatus, LiveKey, PickFilter } from "./policy/live-key.ts";
import { Paces } from "./policy/pace.ts";
import { hashText } from "./policy/rendezvous.ts";
import { HOPE, type NoCandidate } from "./policy/retry.ts";
import { Cursor, type Field, makeField, selectCandidate } from "./policy/selection.ts";
import type { ErrorClass } from "./record.ts";
import type { Settings } from "./settings.ts";
import type { KeyEntry, ProviderEntry } from "./snapshot.ts";
import type { KeyStateRow, KeyUseRow } from "./store/types.ts";

export type { Lease } from "./policy/key-lease.ts";
export type { KeyStatus } from "./policy/live-key.ts";

export interface PickRequest {
  readonly provider: ProviderEntry;
  /** The upstream's model id. */
  readonly model: string;
  /** Keys that this request has tried. */
  readonly exclude: ReadonlySet<string> | null;
  readonly stickyId: string | null;
  readonly nowMs: number;
}

export type PickResult =
  | { readonly kind: "key"; readonly key: KeyEntry; readonly probe: boolean }
  | ({ readonly kind: "none" } & Required<NoCandidate>);

export interface KeyPoolOptions {
  readonly events: Events;
  readonly settings: () => Settings;
  readonly random?: () => number;
}

/** What outlives a key's absence from the configuration: a disabled key keeps its counts, not its health. */
interface RetiredKey {
  readonly lastUsedAt: number | null;
  readonly useCount: number;
  readonly models: readonly string[];
}

/** A provider as the last `sync` named it, and its enabled keys in the same order. */
interface SyncedProvider {
  readonly entry: ProviderEntry;
  readonly lives: readonly LiveKey[];
}

export type KeyUse = Pick<RetiredKey, "lastUsedAt" | "useCount">;
const NEVER_USED: KeyUse = { lastUsedAt: null, useCount: 0 };

const MOST_RETIRED = 20_000;
const MOST_NOBODIES = 1000;

/**
 * The keys' live state: health, what is under way, uses. It outlives the snapshots, which name keys by id. Decisions are policy's;
 * here is the memory they work on. One thread and no awaits: between `pick` and `begin` nothing else runs.
 */
export class KeyPool {
  readonly #random: () => number;
  readonly #book: HealthBook;
  readonly #paces = new Paces();
  readonly #keys = new Map<string, LiveKey>();
  readonly #retired = new Map<string, RetiredKey>();
  readonly #fields = new WeakMap<ProviderEntry, Field<LiveKey>>();
  /** By provider id: what the last `sync` named. */
  #synced = new Map<string, SyncedProvider>();
  /** Restored, and not yet named by a `sync`. */
  readonly #unnamed = new Set<LiveKey>();
  /** By provider id; these outlive the snapshots, or each change of the configuration would send the next request to the first key. */
  readonly #cursors = new Map<string, Cursor>();
  readonly #filter = new PickFilter();
  /** By provider and model: all keys are parked and none is free before then. Spares a refused request the search of 10,000 keys. */
  readonly #nobodies = new Map<
    string,
    { readonly result: PickResult; readonly untilMs: number; readonly recoveries: number }
  >();
  #unsavedUses: LiveKey[] = [];
  /** The keys whose health or use may be another. */
  readonly touched = new Touched();
  #syncs = 0;

  constructor({ events, settings, random = Math.random }: KeyPoolOptions) {
    this.#random = random;
    this.#book = new HealthBook(events, settings, random, this.touched);
  }

  /** What the last run knew, or what was kept about keys that come back. Called before the `sync` that names them. */
  restore(states: readonly KeyStateRow[], uses: readonly KeyUseRow[]): void {
    // What a key that comes back was like is in these rows, not in what was left of it here.
    for (const { keyId } of [...states, ...uses]) {
      this.#retired.delete(keyId);
      this.touched.note(keyId);
    }
    for (const { keyId, model, ...health } of states) {
      const isParked = health.state !== "active" && health.state !== "unchecked";
      const untilMs = isParked ? (health.untilMs ?? health.sinceMs) : null;
      this.#restored(keyId, health.sinceMs).keep(model === "" ? null : model, { ...health, untilMs });
    }
    for (const { keyId, lastUsedAt, useCount } of uses) {
      Object.assign(this.#restored(keyId, lastUsedAt), { lastUsedAt, useCount });
    }
  }

  /**
   * After each change of the snapshot: forgets keys that are gone or disabled, and starts those afresh about which the past says
   * nothing any more (another secret, outbound proxy, or address of the provider). A provider that is the same object is passed over.
   */
  sync(providers: Iterable<ProviderEntry>, nowMs: number = Date.now()): void {
    this.#syncs++;
    const synced = new Map<string, SyncedProvider>();
    const before = new Set(this.#unnamed);
    const after = new Set<LiveKey>();
    for (const entry of providers) {
      const known = this.#synced.get(entry.id);
      synced.set(entry.id, known?.entry === entry ? known : this.#adopt(entry, known, { before, after, nowMs }));
    }
    for (const [id, { lives }] of this.#synced) if (!synced.has(id)) for (const live of lives) before.add(live);
    for (const live of before) if (!after.has(live)) this.#retire(live);
    for (const id of this.#cursors.keys()) if (!synced.has(id)) this.#cursors.delete(id);
    this.#unnamed.clear();
    this.#nobodies.clear();
    this.#synced = synced;
  }

  /** What begins and ends like before is kept as it is: most changes are of one key. The others' lives go into `turn`. */
  #adopt(
    provider: ProviderEntry,
    synced: SyncedProvider | undefined,
    turn: { readonly before: Set<LiveKey>; readonly after: Set<LiveKey>; readonly nowMs: number },
  ): SyncedProvider {
    const { nowMs } = turn;
    const { keys } = provider;
    const known = synced?.lives ?? [];
    const moved = synced !== undefined && originOf(synced.entry) !== originOf(provider);
    const isWhole = moved || synced?.entry.strategy !== provider.strategy;
    // The keys themselves are not looked at: of 50,000, all but a few are the same objects in the same order.
    const before = isWhole || synced.entry.keys.length !== known.length ? [] : synced.entry.keys;
    const most = Math.min(keys.length, before.length);
    let start = 0;
    while (start < most && before[start] === keys[start]) start++;
    let tail = 0;
    while (tail < most - start && before[before.length - 1 - tail] === keys[keys.length - 1 - tail]) tail++;
    for (const live of known.slice(start, known.length - tail)) turn.before.add(live);
    const adopt = (entry: KeyEntry) => {
      const live = this.#known(entry.id, nowMs);
      if (moved || isChanged(live.entry, entry)) this.#book.forget(live, nowMs);
      live.adopt(entry);
      live.isMeasured = provider.strategy === "lowest_latency";
      turn.after.add(live);
      return live;
    };
    const changed = keys
      .slice(start, keys.length - tail)
      .filter(isEnabled)
      .map(adopt);
    this.#fields.delete(provider); // it may hold keys that were gone for a while
    return { entry: provider, lives: known.slice(0, start).concat(changed, known.slice(known.length - tail)) };
  }

  /**
   * Whose turn it is. A request that has failed once gets a key that is known to answer, then any that is ready; a half-open key
   * comes as its one `probe`, but not to such a request while a healthy key is there: a client pays for at most one probe. When all keys are parked, those that may be so by accident are asked.
   */
  pick(request: PickRequest): PickResult {
    const { provider, model, exclude, nowMs } = request;
    const nobody = this.#knownNobody(provider.id, model, nowMs);
    if (nobody !== null) return nobody;
    const picked = this.#choose(request, this.#cursorOf(provider.id), this.#random);
    // A retry leaves out keys that another request may have.
    if (picked.kind === "none" && (exclude === null || exclude.size === 0)) {
      this.#noteNobody(provider.id, model, picked);
    }
    return picked;
  }

  /** What `pick` would answer, without anybody's turn being taken. Where a lot decides, a likely answer. */
  foresee(request: PickRequest): PickResult {
    const { provider, model, nowMs } = request;
    const nobody = this.#knownNobody(provider.id, model, nowMs);
    if (nobody !== null) return nobody;
    const { candidates } = this.#fieldOf(provider, nowMs);
    const balances = candidates.map(({ balance }) => balance);
    try {
      return this.#choose(request, this.#cursorOf(provider.id).copy(), () => 0.5);
    } finally {
      for (const [index, candidate] of candidates.entries()) candidate.balance = balances[index]!;
    }
  }

  #choose(request: PickRequest, cursor: Cursor, random: () => number): PickResult {
    const { provider, model, exclude, stickyId, nowMs } = request;
    const filter = this.#filter;
    const isRetry = exclude !== null && exclude.size > 0;
    filter.nowMs = nowMs;
    filter.model = model;
    filter.exclude = isRetry ? exclude : null;
    filter.admits = isRetry ? "proven" : "ready_or_probe";
    const field = this.#fieldOf(provider, nowMs);
    const turn = {
      field,
      filter,
      // Second tries have a turn of their own, or they would lead the first ones past the keys nobody has asked yet.
      cursor: isRetry ? cursor.tier(RETRIES) : cursor,
      stickyHash: stickyId === null ? null : hashText(stickyId),
      random,
    };
    let live = selectCandidate(turn);
    // The key that answered last finds its way out of a pool whose keys are dying together.
    if (exclude !== null && exclude.size > 1) live = this.#lastGood(provider.id, filter) ?? live;
    if (live === null && isRetry) {
      // Nobody has answered yet. Keys were often added in batches that share a fate: go on somewhere else, not with the next one.
      turn.cursor.next = Math.floor(random() * field.candidates.length);
      filter.admits = "ready";
      live = selectCandidate(turn);
    }
    if (live === null && isRetry) {
      filter.admits = "probe";
      live = selectCandidate(turn);
    }
    if (live === null) {
      filter.admits = "accidental";
      live = selectCandidate(turn);
    }
    if (live === null) return nobodyIn(field.candidates, model, nowMs);
    return { kind: "key", key: live.entry!, probe: !live.isClear && live.standing(model, nowMs) === "probe" };
  }

  /** Claims the in-flight count and, of a half-open key, the probe. The lease must be released exactly once. */
  begin(key: KeyEntry, model: string, nowMs: number): Lease {
    const live = this.#keys.get(key.id) ?? goneKey(key, nowMs);
    live.useCount++;
    live.lastUsedAt = nowMs;
    this.touched.note(live.id);
    if (!live.hasUnsavedUse && !live.isGone) {
      live.hasUnsavedUse = true;
      this.#unsavedUses.push(live);
    }
    return new KeyLease(this.#book, this.#paces, live, model, nowMs);
  }

  status(keyId: string, nowMs: number): KeyStatus {
    const live = this.#keys.get(keyId);
    if (live !== undefined) return live.status(nowMs);
    const { lastUsedAt = null, useCount = 0 } = this.#retired.get(keyId) ?? {};
    return { ...new LiveKey(keyId, nowMs).status(nowMs), lastUsedAt, useCount };
  }

  /** The key's own health, as it is; cheaper than `status` for whoever goes through all keys. */
  healthOf(keyId: string): Health | null {
    return this.#keys.get(keyId)?.whole.health ?? null;
  }

  useOf(keyId: string): KeyUse {
    return this.#keys.get(keyId) ?? this.#retired.get(keyId) ?? NEVER_USED;
  }

  /** Whether it rests on some model, whatever its own health. */
  isParkedOnModels(keyId: string): boolean {
    return (this.#keys.get(keyId)?.models ?? null) !== null;
  }

  /** What a request cost its key, known at its end. */
  addTokens(keyId: string, tokens: number, nowMs: number): void {
    this.#keys.get(keyId)?.meter?.addTokens(tokens, nowMs);
  }

  /** A person says: try it again. Clears the health of the key and of its models. */
  reset(keyId: string, nowMs: number): void {
    const live = this.#keys.get(keyId);
    if (live !== undefined) this.#book.forget(live, nowMs);
  }

  /** What changed since the last call, for the store. */
  drain(): { states: KeyStateRow[]; uses: KeyUseRow[] } {
    const uses = this.#unsavedUses.map((live) => {
      live.hasUnsavedUse = false;
      return { keyId: live.id, lastUsedAt: Math.floor(live.lastUsedAt ?? 0), useCount: live.useCount };
    });
    this.#unsavedUses = [];
    return { states: this.#book.takeUnsaved(), uses };
  }

  #restored(id: string, nowMs: number): LiveKey {
    const live = this.#known(id, nowMs);
    if (live.entry === null) this.#unnamed.add(live);
    return live;
  }

  #known(id: string, nowMs: number): LiveKey {
    const known = this.#keys.get(id);
    if (known !== undefined) return known;
    this.touched.note(id);
    const live = new LiveKey(id, nowMs);
    const retired = this.#retired.get(id);
    if (retired !== undefined) {
      live.lastUsedAt = retired.lastUsedAt;
      live.useCount = retired.useCount;
      // The store still holds what was observed before the key was switched off.
      this.#book.saveWhole(live);
      for (const model of retired.models) this.#book.clearModel(id, model, nowMs);
      this.#retired.delete(id);
    }
    this.#keys.set(id, live);
    return live;
  }

  #retire(live: LiveKey): void {
    live.retire();
    this.touched.note(live.id);
    this.#keys.delete(live.id);
    const models = [...(live.models?.keys() ?? [])];
    this.#retired.set(live.id, { lastUsedAt: live.lastUsedAt, useCount: live.useCount, models });
    if (this.#retired.size <= MOST_RETIRED) return;
    const oldest = this.#retired.keys().next().value!;
    this.#retired.delete(oldest);
    this.touched.note(oldest);
  }

  #fieldOf(provider: ProviderEntry, nowMs: number): Field<LiveKey> {
    let field = this.#fields.get(provider);
    if (field === undefined) {
      const synced = this.#synced.get(provider.id);
      const candidates =
        synced?.entry === provider
          ? synced.lives
          : provider.keys.filter(isEnabled).map((entry) => this.#keys.get(entry.id) ?? goneKey(entry, nowMs));
      field = makeField(candidates, provider.strategy);
      this.#fields.set(provider, field);
    }
    return field;
  }

  #lastGood(providerId: string, filter: PickFilter): LiveKey | null {
    const live = this.#book.lastGood.get(providerId);
    return live !== undefined && !live.isGone && filter.accepts(live) ? live : null;
  }

  #cursorOf(providerId: string): Cursor {
    let cursor = this.#cursors.get(providerId);
    if (cursor === undefined) {
      cursor = new Cursor();
      this.#cursors.set(providerId, cursor);
    }
    return cursor;
  }

  #knownNobody(providerId: string, model: string, nowMs: number): PickResult | null {
    if (this.#syncs === 0) throw new Error("KeyPool.sync must be called before the first pick");
    if (this.#nobodies.size === 0) return null;
    const nobody = this.#nobodies.get(`${providerId}\n${model}`);
    const isTrue = nobody !== undefined && nowMs < nobody.untilMs && nobody.recoveries === this.#book.recoveries;
    return isTrue ? nobody.result : null;
  }

  #noteNobody(providerId: string, model: string, result: PickResult & { readonly kind: "none" }): void {
    if (result.earliestMs === null) return;
    if (this.#nobodies.size >= MOST_NOBODIES) this.#nobodies.clear();
    const { recoveries } = this.#book;
    this.#nobodies.set(`${providerId}\n${model}`, { result, untilMs: result.earliestMs, recoveries });
  }
}

/** Why nobody is there, by the key with the best prospects: cooling before out of quota before refused. */
function nobodyIn(keys: readonly LiveKey[], model: string, nowMs: number): PickResult & { readonly kind: "none" } {
  let reason: NoCandidate["reason"] = "empty";
  let earliestMs = Infinity;
  let soonestMs = Infinity;
  let errorClass: ErrorClass | null = null;
  for (const live of keys) {
    if (live.isGone) continue;
    const parking = live.parking(model);
    const meteredMs = live.meter?.freeAt(live.inFlight, nowMs) ?? nowMs;
    // Free, but tried by this request: the next one may have it. Over, but probed just now: soon known.
    const parkedMs = parking === null ? nowMs : parking.untilMs! > nowMs ? parking.untilMs! : nowMs + PROBE_WAIT_MS;
    const freeMs = Math.max(parkedMs, meteredMs);
    const isAtLimit = meteredMs > nowMs && (parking === null || parking.state === "cooling");
    const why = parking === null ? "cooling" : reasonOf(parking.state);
    earliestMs = Math.min(earliestMs, freeMs);
    if (HOPE[why] < HOPE[reason] || (why === reason && freeMs >= soonestMs)) continue;
    [reason, soonestMs, errorClass] = [why, freeMs, isAtLimit ? "rate_limited" : (parking?.errorClass ?? null)];
  }
  return { kind: "none", reason, earliestMs: earliestMs === Infinity ? null : earliestMs, errorClass };
}

/** A turn apart from those of all priorities. */
const RETRIES = -1;

/** How long somebody else's probe is waited for, at a guess. */
const PROBE_WAIT_MS = 1000;

function reasonOf(state: KeyHealthState): "cooling" | "exhausted" | "invalid" {
  return state === "exhausted" || state === "invalid" ? state : "cooling";
}

/** A key that the configuration names no more: it may finish what it began, and leaves no trace. */
function goneKey(entry: KeyEntry, nowMs: number): LiveKey {
  const live = new LiveKey(entry.id, nowMs);
  live.adopt(entry);
  live.retire();
  return live;
}

function isEnabled({ enabled }: KeyEntry): boolean {
  return enabled;
}

/** Where a provider's keys are used: what was observed elsewhere says nothing. */
function originOf({ kind, baseUrl, apiVersion }: ProviderEntry): string {
  return `${kind} ${baseUrl} ${apiVersion ?? ""}`;
}

function isChanged(before: KeyEntry | null, after: KeyEntry): boolean {
  return before !== null && !(isSame(before.secret, after.secret) && isSame(before.proxyUrl, after.proxyUrl));
}

function isSame(before: Secret | null, after: Secret | null): boolean {
  return before === after || before?.reveal() === after?.reveal();
}
