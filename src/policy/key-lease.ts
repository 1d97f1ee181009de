import type { Failure } from "./failure.ts";
import { availability } from "./health.ts";
import type { HealthBook, Judged } from "./health-book.ts";
import type { LiveKey, Watch } from "./live-key.ts";
import type { Paces } from "./pace.ts";

/** One attempt's claim on a key. Verdicts when they are known, `release` when the answer has ended. */
export interface Lease {
  /** `latencyMs`: from the call to the first good frame. */
  succeeded(nowMs: number, latencyMs: number): void;
  /** `cooldownMs`: how long the key (or key and model) is parked from now on; null when this failure parks nothing. */
  failed(failure: Failure, nowMs: number, requestId: string): { readonly cooldownMs: number | null };
  /** Gives back the in-flight count and the probe, without judging. Harmless when called again. */
  release(): void;
}

/** Claims the in-flight count and, of a half-open key, the probe. */
export class KeyLease implements Lease, Judged {
  readonly generation: number;
  readonly #book: HealthBook;
  readonly #paces: Paces;
  #probed: readonly Watch[] | null;
  #isReleased = false;

  constructor(
    book: HealthBook,
    paces: Paces,
    readonly live: LiveKey,
    readonly model: string,
    readonly startedAtMs: number,
  ) {
    this.#book = book;
    this.#paces = paces;
    this.generation = live.generation;
    live.inFlight++;
    live.meter?.begin(startedAtMs);
    this.#probed = live.isClear ? null : claimProbes(live, model, startedAtMs);
  }

  succeeded(nowMs: number, latencyMs: number): void {
    if (this.live.isMeasured) this.#paces.measure(this.live, this.model, latencyMs);
    this.#book.succeed(this, nowMs);
    this.#endProbe();
  }

  failed(failure: Failure, nowMs: number, requestId: string): { readonly cooldownMs: number | null } {
    const cooldownMs = this.#book.fail(this, failure, nowMs, requestId);
    this.#endProbe();
    return { cooldownMs };
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.live.inFlight--;
    // Somebody may be free again before the time that was said.
    if (this.live.meter !== null) this.#book.recoveries++;
    this.#endProbe();
  }

  #endProbe(): void {
    if (this.#probed === null) return;
    for (const watch of this.#probed) watch.probing = false;
    this.#probed = null;
    this.#book.recoveries++;
  }
}

/** Each half-open state that lies on the way, of the key and of the key for this model, unless somebody probes it already. */
function claimProbes(live: LiveKey, model: string, nowMs: number): readonly Watch[] | null {
  const part = live.models?.get(model);
  const watches = part === undefined ? [live.whole] : [live.whole, part];
  const due = watches.filter(({ health, probing }) => !probing && availability(health, nowMs) === "probe");
  for (const watch of due) watch.probing = true;
  return due.length === 0 ? null : due;
}
