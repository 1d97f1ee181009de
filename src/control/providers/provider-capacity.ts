import type { ModelTarget } from "../../store/types.ts";
import type { ControlDeps } from "../deps.ts";
import {
  countStatuses,
  isUsable,
  type ProviderKeyCounts,
  type ProviderKeyStatus,
  viewKey,
} from "../keys/key-status.ts";
import type { ConfigRows } from "../rows.ts";

/** Who could answer now: keys that are enabled, well, and not parked on the model in question. */
export interface Capacity {
  readonly usableKeys: number;
  readonly totalKeys: number;
}

export interface ProviderCapacity extends Capacity {
  readonly counts: ProviderKeyCounts;
  /** Usable keys that rest on this upstream model alone. */
  readonly parked: ReadonlyMap<string, number>;
}
export type ProviderCapacities = ReadonlyMap<string, ProviderCapacity>;

/** Cooldowns end by themselves, without a word: what was counted is true for so long. */
const KEPT_MS = 200;

/** Each provider's keys counted once for all who ask in the same moment: a hundred models, each row of a table. */
export class CapacityCounter {
  readonly #deps: Pick<ControlDeps, "pool" | "now">;
  readonly #rows: ConfigRows;
  readonly #stops: (() => void)[];
  #counted: { readonly atMs: number; readonly capacities: Promise<ProviderCapacities> } | null = null;

  constructor(deps: Pick<ControlDeps, "pool" | "now" | "events">, rows: ConfigRows) {
    this.#deps = deps;
    this.#rows = rows;
    const forget = () => {
      this.#counted = null;
    };
    this.#stops = [deps.events.on("config", forget), deps.events.on("keyHealth", forget)];
  }

  read(): Promise<ProviderCapacities> {
    const nowMs = performance.now();
    if (this.#counted === null || nowMs - this.#counted.atMs > KEPT_MS) {
      this.#counted = { atMs: nowMs, capacities: this.#count() };
    }
    return this.#counted.capacities;
  }

  close(): void {
    for (const stop of this.#stops) stop();
    this.#counted = null;
  }

  async #count(): Promise<ProviderCapacities> {
    const [providers, keys] = await Promise.all([this.#rows.providers(), this.#rows.providerKeys()]);
    const nowMs = this.#deps.now();
    const found = new Map([...providers.keys()].map((id) => [id, new ProviderTally()]));
    for (const row of keys.values()) {
      const key = viewKey(this.#deps, row, nowMs);
      found.get(row.providerId)?.add(key.status, key.live.models);
    }
    return new Map([...found].map(([id, tally]) => [id, tally.toCapacity(providers.get(id)!.enabled)]));
  }
}

export function readTargetCapacity(target: ModelTarget, capacities: ProviderCapacities): Capacity {
  const provider = capacities.get(target.providerId);
  if (provider === undefined) return { usableKeys: 0, totalKeys: 0 };
  const parked = provider.parked.get(target.upstreamModel) ?? 0;
  return { usableKeys: target.enabled ? provider.usableKeys - parked : 0, totalKeys: provider.totalKeys };
}

class ProviderTally {
  readonly #statuses: ProviderKeyStatus[] = [];
  readonly #parked = new Map<string, number>();

  add(status: ProviderKeyStatus, parkedOn: readonly { readonly model: string }[]): void {
    this.#statuses.push(status);
    if (!isUsable(status)) return;
    for (const { model } of parkedOn) this.#parked.set(model, (this.#parked.get(model) ?? 0) + 1);
  }

  toCapacity(isEnabled: boolean): ProviderCapacity {
    const counts = countStatuses(this.#statuses);
    const usableKeys = isEnabled ? counts.active + counts.unchecked : 0;
    return { counts, usableKeys, totalKeys: counts.total, parked: isEnabled ? this.#parked : new Map() };
  }
}
