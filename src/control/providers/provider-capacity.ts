import type { ModelTarget } from "../../store/types.ts";
import type { ControlDeps } from "../deps.ts";
import { isUsable, nameCounts, PROVIDER_KEY_STATUSES, type ProviderKeyCounts } from "../keys/key-status.ts";
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
    const [providers, table] = await Promise.all([this.#rows.providers(), this.#rows.keyTable()]);
    const columns = table.observed();
    const nowMs = this.#deps.now();
    const statuses = columns.shownStatuses(nowMs);
    const tallies = new Map([...providers.keys()].map((id) => [id, new ProviderTally()]));
    const byNumber: (ProviderTally | undefined)[] = [];
    for (let slot = 0; slot < columns.end; slot++) {
      if (columns.isThere[slot] === 0) continue;
      const number = columns.provider[slot]!;
      byNumber[number] ??= tallies.get(table.rowAt(slot).providerId);
      const tally = byNumber[number];
      const status = statuses[slot]!;
      tally?.add(status);
      if (columns.isParkedOnModels[slot] === 1 && isUsable(PROVIDER_KEY_STATUSES[status]!)) {
        tally?.park(this.#deps.pool.status(table.rowAt(slot).id, nowMs).models);
      }
    }
    return new Map([...tallies].map(([id, tally]) => [id, tally.toCapacity(providers.get(id)!.enabled)]));
  }
}

export function readTargetCapacity(target: ModelTarget, capacities: ProviderCapacities): Capacity {
  const provider = capacities.get(target.providerId);
  if (provider === undefined) return { usableKeys: 0, totalKeys: 0 };
  const parked = provider.parked.get(target.upstreamModel) ?? 0;
  return { usableKeys: target.enabled ? provider.usableKeys - parked : 0, totalKeys: provider.totalKeys };
}

class ProviderTally {
  /** In the order of PROVIDER_KEY_STATUSES. */
  readonly #numbers = new Uint32Array(PROVIDER_KEY_STATUSES.length);
  readonly #parked = new Map<string, number>();

  add(status: number): void {
    this.#numbers[status]!++;
  }

  /** A usable key, as a whole. */
  park(models: readonly { readonly model: string }[]): void {
    for (const { model } of models) this.#parked.set(model, (this.#parked.get(model) ?? 0) + 1);
  }

  toCapacity(isEnabled: boolean): ProviderCapacity {
    const counts = nameCounts(this.#numbers);
    const usableKeys = isEnabled ? counts.active + counts.unchecked : 0;
    return { counts, usableKeys, totalKeys: counts.total, parked: isEnabled ? this.#parked : new Map() };
  }
}
