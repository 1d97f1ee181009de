/** What a vendor allows one key. Null: unlimited. */
export interface KeyLimits {
  readonly rpm: number | null;
  readonly tpm: number | null;
  readonly rpd: number | null;
  readonly concurrency: number | null;
}

export const NO_LIMITS: KeyLimits = { rpm: null, tpm: null, rpd: null, concurrency: null };

export interface KeyUsed {
  readonly rpmUsed: number;
  readonly tpmUsed: number;
  readonly rpdUsed: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** How long a request under way is waited for, at a guess. */
const CONCURRENCY_WAIT_MS = 1000;

/** A span is counted in so many slices; one that has begun to leave the span still counts: two seconds of a minute. */
const SLICES = 30;

/** How much fell into the last `spanMs`, in a ring of slices: nothing is kept per request. */
export class SlidingWindow {
  readonly #sliceMs: number;
  readonly #slices = new Float64Array(SLICES + 1);
  /** Number of the latest slice, counted from the epoch. */
  #latest = 0;
  #sum = 0;

  constructor(spanMs: number) {
    this.#sliceMs = spanMs / SLICES;
  }

  add(amount: number, nowMs: number): void {
    this.#turn(nowMs);
    this.#slices[this.#latest % this.#slices.length]! += amount;
    this.#sum += amount;
  }

  used(nowMs: number): number {
    this.#turn(nowMs);
    return this.#sum;
  }

  /** When no more than `allowed` will be counted if nothing is added; now when that is so already. */
  freeAt(allowed: number, nowMs: number): number {
    let left = this.used(nowMs);
    for (let slice = this.#latest - SLICES; left > allowed && slice <= this.#latest; slice++) {
      left -= this.#slices[slice % this.#slices.length]!;
      if (left <= allowed) return (slice + SLICES + 1) * this.#sliceMs;
    }
    return nowMs;
  }

  /** Lets go of what has left the span. */
  #turn(nowMs: number): void {
    const now = Math.floor(nowMs / this.#sliceMs);
    for (let slice = Math.max(this.#latest + 1, now - SLICES); slice <= now; slice++) {
      this.#sum -= this.#slices[slice % this.#slices.length]!;
      this.#slices[slice % this.#slices.length] = 0;
    }
    if (now > this.#latest) this.#latest = now;
  }
}

/** What a key with limits has used. Keys without limits have none of these: their way costs one look at a null. */
export class KeyMeter {
  limits: KeyLimits;
  readonly #minute = new SlidingWindow(MINUTE_MS);
  readonly #tokens = new SlidingWindow(MINUTE_MS);
  readonly #day = new SlidingWindow(DAY_MS);

  constructor(limits: KeyLimits) {
    this.limits = limits;
  }

  begin(nowMs: number): void {
    this.#minute.add(1, nowMs);
    this.#day.add(1, nowMs);
  }

  /** Known only when a request has ended: the next ones wait for it. */
  addTokens(tokens: number, nowMs: number): void {
    this.#tokens.add(tokens, nowMs);
  }

  admits(inFlight: number, nowMs: number): boolean {
    return this.freeAt(inFlight, nowMs) <= nowMs;
  }

  /** When one more request may begin. */
  freeAt(inFlight: number, nowMs: number): number {
    const { rpm, tpm, rpd, concurrency } = this.limits;
    let freeMs = nowMs;
    if (concurrency !== null && inFlight >= concurrency) freeMs = nowMs + CONCURRENCY_WAIT_MS;
    if (rpm !== null) freeMs = Math.max(freeMs, this.#minute.freeAt(rpm - 1, nowMs));
    if (rpd !== null) freeMs = Math.max(freeMs, this.#day.freeAt(rpd - 1, nowMs));
    // Tokens are counted afterwards: anything below the limit lets one more begin.
    if (tpm !== null) freeMs = Math.max(freeMs, this.#tokens.freeAt(tpm - 1, nowMs));
    return freeMs;
  }

  used(nowMs: number): KeyUsed {
    return {
      rpmUsed: this.#minute.used(nowMs),
      tpmUsed: this.#tokens.used(nowMs),
      rpdUsed: this.#day.used(nowMs),
    };
  }
}

export function hasLimits({ rpm, tpm, rpd, concurrency }: KeyLimits): boolean {
  return rpm !== null || tpm !== null || rpd !== null || concurrency !== null;
}
