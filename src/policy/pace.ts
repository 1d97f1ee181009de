import type { LiveKey } from "./live-key.ts";

/** A model's average changes slowly, a key's share in it faster. */
const AVERAGE_SHARE = 0.1;
const SLOWNESS_SHARE = 0.3;
const MOST_AVERAGES = 256;

/**
 * Measures how slow a key is: its latency relative to the average of all keys of its provider for the same model, so that a key that
 * happened to serve a slow model is not taken for a slow key. Exponentially weighted moving averages.
 */
export class Paces {
  readonly #averageMs = new Map<string, number>();

  measure(live: LiveKey, model: string, latencyMs: number): void {
    if (!(latencyMs > 0)) return;
    const name = `${live.entry?.providerId}\n${model}`;
    const known = this.#averageMs.get(name);
    const averageMs = known === undefined ? latencyMs : known + AVERAGE_SHARE * (latencyMs - known);
    if (known === undefined && this.#averageMs.size >= MOST_AVERAGES) this.#averageMs.clear();
    this.#averageMs.set(name, averageMs);
    const share = latencyMs / averageMs;
    live.slowness = live.slowness === 0 ? share : live.slowness + SLOWNESS_SHARE * (share - live.slowness);
  }
}
