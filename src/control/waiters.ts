const WOKEN_AT_ONCE = 16;

/** Those who wait for the same thing to happen. */
export class Waiters {
  readonly #waiting = new Set<() => void>();

  /** Resolves when it happens next, or when the signal aborts. Whether it has happened already is for the caller to know. */
  wait(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener("abort", wake);
        this.#waiting.delete(wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener("abort", wake, { once: true });
    });
  }

  /** It has happened. */
  wake(): void {
    if (this.#waiting.size === 0) return;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    wakeInTurns(waiting);
  }
}

/** A thousand readers that were woken at once would keep requests waiting for as long as it takes to send to all of them. */
function wakeInTurns(waiting: readonly (() => void)[]): void {
  for (const wake of waiting.slice(0, WOKEN_AT_ONCE)) wake();
  if (waiting.length > WOKEN_AT_ONCE) setImmediate(() => wakeInTurns(waiting.slice(WOKEN_AT_ONCE)));
}
