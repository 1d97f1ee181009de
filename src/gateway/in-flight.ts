import type { ActiveRequest, ActiveRequests } from "../record.ts";
import type { Exchange } from "./exchange.ts";

/**
 * How often the running requests are looked through for deadlines, pings and departed clients. Thousands of streams share this
 * one timer; a timer of its own for each chunk would cost more than the chunk.
 */
const SWEEP_MS = 100;

/**
 * The requests that run at this moment; an id is looked for only when somebody cancels one. Not a Set: one from which entries come and
 * go is copied every hundred requests or so, JavaScriptCore's old copies refer to the new ones, and an old copy that the collector of
 * young objects takes for alive then keeps thousands of requests that are over.
 */
export class InFlight implements ActiveRequests {
  readonly #running: Exchange[] = [];
  #idle: (() => void)[] = [];
  #timer: ReturnType<typeof setInterval> | null = null;

  get size(): number {
    return this.#running.length;
  }

  add(exchange: Exchange): void {
    exchange.place = this.#running.push(exchange) - 1;
    this.#timer ??= setInterval(() => this.#sweep(Date.now()), SWEEP_MS);
  }

  /** The last one takes its place. */
  remove(exchange: Exchange): void {
    const running = this.#running;
    const { place } = exchange;
    if (running[place] !== exchange) return;
    const last = running.pop()!;
    if (last !== exchange) {
      running[place] = last;
      last.place = place;
    }
    if (running.length > 0 || this.#idle.length === 0) return;
    for (const resolve of this.#idle) resolve();
    this.#idle = [];
  }

  list(): ActiveRequest[] {
    return this.#running.map((exchange) => exchange.view());
  }

  cancel(id: string): boolean {
    const exchange = this.#running.find((each) => each.id === id);
    exchange?.stop("cancelled");
    return exchange !== undefined;
  }

  /** Stops everything that still runs, when the time for draining is over. */
  cancelAll(): void {
    for (const exchange of [...this.#running]) exchange.stop("shutdown");
  }

  /** Resolves when nothing runs. */
  whenIdle(): Promise<void> {
    if (this.#running.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #sweep(nowMs: number): void {
    if (this.#running.length === 0 && this.#timer !== null) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
    // From the end: whoever ends in its turn leaves its place to one that was looked at already.
    for (let place = this.#running.length - 1; place >= 0; place--) this.#running[place]?.tick(nowMs);
  }
}
