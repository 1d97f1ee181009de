const WINDOW_MS = 60_000;
const ALLOWED_FAILURES = 10;
const LONGEST_BLOCK_MS = 15 * 60_000;
const MAX_ADDRESSES = 10_000;

interface Failures {
  /** Fingerprints: the same wrong token again is a stale script, not a guess. */
  readonly guesses: Set<string>;
  sinceMs: number;
  blocks: number;
  blockedUntilMs: number;
}

/**
 * Slows down guessing, per address or per account: ten different wrong tokens or passwords in a minute close the door for a
 * minute, then for two, and so on up to a quarter of an hour. While it is closed even the right one is not compared.
 */
export class SignInThrottle {
  readonly #addresses = new Map<string, Failures>();
  readonly #keyOf: (address: string) => string;

  /** `keyOf`: what counts as one and the same. */
  constructor(keyOf: (address: string) => string = networkOf) {
    this.#keyOf = keyOf;
  }

  /** How long this address must wait; 0 = it may try. */
  waitMs(address: string, nowMs: number): number {
    const entry = this.#addresses.get(this.#keyOf(address));
    return entry === undefined ? 0 : Math.max(0, entry.blockedUntilMs - nowMs);
  }

  failed(address: string, guess: string, nowMs: number): void {
    const network = this.#keyOf(address);
    const entry = this.#addresses.get(network) ?? { guesses: new Set(), sinceMs: nowMs, blocks: 0, blockedUntilMs: 0 };
    this.#addresses.delete(network); // Re-inserted at the end: the map is ordered by the last failure.
    this.#addresses.set(network, entry);
    if (this.#addresses.size > MAX_ADDRESSES) this.#addresses.delete(this.#addresses.keys().next().value!);

    if (nowMs - entry.sinceMs > WINDOW_MS) {
      entry.guesses.clear();
      entry.sinceMs = nowMs;
      if (nowMs - entry.blockedUntilMs > LONGEST_BLOCK_MS) entry.blocks = 0;
    }
    entry.guesses.add(guess);
    if (entry.guesses.size < ALLOWED_FAILURES) return;
    entry.blockedUntilMs = nowMs + Math.min(WINDOW_MS * 2 ** entry.blocks, LONGEST_BLOCK_MS);
    entry.blocks++;
    entry.guesses.clear();
    entry.sinceMs = nowMs;
  }

  succeeded(address: string): void {
    this.#addresses.delete(this.#keyOf(address));
  }
}

/** One person can have a whole IPv6 /64. */
export function networkOf(address: string): string {
  if (!address.includes(":") || address.includes(".")) return address;
  const [head = "", tail] = address.split("::");
  const groups = head.split(":").filter((group) => group !== "");
  const behind = tail?.split(":").filter((group) => group !== "") ?? [];
  while (tail !== undefined && groups.length + behind.length < 8) groups.push("0");
  return [...groups, ...behind].slice(0, 4).join(":");
}
