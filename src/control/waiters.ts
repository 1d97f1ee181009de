import { Bag, type Bagged } from "../lib/bag.ts";

const WOKEN_AT_ONCE = 16;

interface Waiter extends Bagged {
  readonly wake: () => void;
}

/** Those who wait for the same thing to happen. */
export class Waiters {
  readonly #waiting = new Bag<Waiter>();

  /** Resolves when it happens next, or when the signal aborts. Whether it has happened already is for the caller to know. */
  wait(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener("abort", wake);
        this.#waiting.remove(waiter);
        resolve();
      };
      const waiter: Waiter = { wake, place: -1 };
      this.#waiting.add(waiter);
      signal.addEventListener("abort", wake, { once: true });
    });
  }

  /** It has happened. */
  wake(): void {
    if (this.#waiting.size > 0) wakeInTurns(this.#waiting.empty());
  }
}

/** A thousand readers that were woken at once would keep requests waiting for as long as it takes to send to all of them. */
function wakeInTurns(waiting: readonly Waiter[]): void {
  for (const { wake } of waiting.slice(0, WOKEN_AT_ONCE)) wake();
  if (waiting.length > WOKEN_AT_ONCE) setImmediate(() => wakeInTurns(waiting.slice(WOKEN_AT_ONCE)));
}
