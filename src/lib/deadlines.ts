/**
 * Thousands of timeouts on one timer. A stream moves its deadline with every chunk; a timer of its own each time would cost
 * more than the chunk. Fires up to one tick (100 ms) late, which no timeout of ours minds.
 */
export interface Deadline {
  /** Unix milliseconds; write it to move the deadline. */
  atMs: number;
  readonly fire: () => void;
}

const TICK_MS = 100;

export class Deadlines {
  readonly #open = new Set<Deadline>();
  #timer: ReturnType<typeof setInterval> | null = null;

  add(atMs: number, fire: () => void): Deadline {
    const deadline = { atMs, fire };
    this.#open.add(deadline);
    this.#timer ??= setInterval(() => this.#tick(Date.now()), TICK_MS);
    return deadline;
  }

  clear(deadline: Deadline): void {
    this.#open.delete(deadline);
  }

  #tick(nowMs: number): void {
    if (this.#open.size === 0 && this.#timer !== null) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
    for (const deadline of this.#open) {
      if (deadline.atMs > nowMs) continue;
      this.clear(deadline);
      deadline.fire();
    }
  }
}
