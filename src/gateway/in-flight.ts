import { Bag } from "../lib/bag.ts";
import type { ActiveRequest, ActiveRequests } from "../record.ts";
import type { Exchange } from "./exchange.ts";

/**
 * How often the running requests are looked through for deadlines, pings and departed clients. Thousands of streams share this
 * one timer; a timer of its own for each chunk would cost more than the chunk.
 */
const SWEEP_MS = 100;

/** The requests that run at this moment. An id is looked for only when somebody cancels one. */
export class InFlight implements ActiveRequests {
  readonly #running = new Bag<Exchange>();
  #idle: (() => void)[] = [];
  #timer: ReturnType<typeof setInterval> | null = null;

  get size(): number {
    return this.#running.size;
  }

  add(exchange: Exchange): void {
    this.#running.add(exchange);
    this.#timer ??= setInterval(() => this.#sweep(Date.now()), SWEEP_MS);
  }

  remove(exchange: Exchange): void {
    this.#running.remove(exchange);
    if (this.#running.size > 0 || this.#idle.length === 0) return;
    for (const resolve of this.#idle) resolve();
    this.#idle = [];
  }

  list(): ActiveRequest[] {
    return this.#running.items.map((exchange) => exchange.view());
  }

  cancel(id: string): boolean {
    const exchange = this.#running.items.find((each) => each.id === id);
    exchange?.stop("cancelled");
    return exchange !== undefined;
  }

  /** Stops everything that still runs, when the time for draining is over. */
  cancelAll(): void {
    for (const exchange of [...this.#running.items]) exchange.stop("shutdown");
  }

  /** Resolves when nothing runs. */
  whenIdle(): Promise<void> {
    if (this.#running.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #sweep(nowMs: number): void {
    if (this.#running.size === 0 && this.#timer !== null) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
    // From the end: whoever ends in its turn leaves its place to one that was looked at already.
    for (let place = this.#running.size - 1; place >= 0; place--) this.#running.items[place]?.tick(nowMs);
  }
}
