import type { Secret } from "./lib/secret.ts";
import { changeSorted } from "./lib/sorted.ts";
import { hasLimits, type KeyLimits } from "./policy/key-meter.ts";
import type { OpenedProviderKey } from "./store/types.ts";

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

const NONE: readonly KeyEntry[] = [];

/**
 * The enabled keys of each provider, ordered by id, carried from one snapshot to the next: a key that did not change is the same
 * object, a provider none of whose keys changed has the same array. A change of one key among 100,000 must not make them all anew.
 */
export class KeyEntries {
  readonly #byId = new Map<string, KeyEntry>();
  readonly #byProvider = new Map<string, readonly KeyEntry[]>();

  of(providerId: string): readonly KeyEntry[] {
    return this.#byProvider.get(providerId) ?? NONE;
  }

  /** `ids`: what may have changed; `found`: those of them that are there, as they are now. */
  change(ids: Iterable<string>, found: readonly OpenedProviderKey[]): void {
    const next = new Map(found.map((key) => [key.id, key.enabled ? entryOf(key) : null]));
    const gone: KeyEntry[] = [];
    const added: KeyEntry[] = [];
    for (const id of ids) {
      const before = this.#byId.get(id) ?? null;
      const after = next.get(id) ?? null;
      if (before === after || (before !== null && after !== null && isSame(before, after))) continue;
      if (before !== null) gone.push(before);
      if (after === null) this.#byId.delete(id);
      else {
        this.#byId.set(id, after);
        added.push(after);
      }
    }
    const goneOf = Map.groupBy(gone, ({ providerId }) => providerId);
    const addedOf = Map.groupBy(added, ({ providerId }) => providerId);
    for (const providerId of new Set([...goneOf.keys(), ...addedOf.keys()])) {
      const entries = this.of(providerId);
      const keys = changeSorted(entries, goneOf.get(providerId) ?? [], addedOf.get(providerId) ?? [], byId);
      if (keys.length === 0) this.#byProvider.delete(providerId);
      else this.#byProvider.set(providerId, keys);
    }
  }
}

function byId(left: KeyEntry, right: KeyEntry): number {
  return left.id < right.id ? -1 : left.id > right.id ? 1 : 0;
}

function entryOf(key: OpenedProviderKey): KeyEntry {
  const { rpm, tpm, rpd, concurrency } = key;
  const limits = { rpm, tpm, rpd, concurrency };
  return {
    id: key.id,
    providerId: key.providerId,
    name: key.name,
    secret: key.secret,
    enabled: key.enabled,
    weight: key.weight,
    priority: key.priority,
    userAgent: key.userAgent,
    proxyUrl: key.proxyUrl,
    limits: hasLimits(limits) ? limits : null,
  };
}

/** A new memo or tag is nothing to the hot path. */
function isSame(before: KeyEntry, after: KeyEntry): boolean {
  return (
    before.providerId === after.providerId &&
    before.name === after.name &&
    before.weight === after.weight &&
    before.priority === after.priority &&
    before.userAgent === after.userAgent &&
    before.secret.reveal() === after.secret.reveal() &&
    before.proxyUrl?.reveal() === after.proxyUrl?.reveal() &&
    Bun.deepEquals(before.limits, after.limits)
  );
}
