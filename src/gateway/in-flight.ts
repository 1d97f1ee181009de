import type { ActiveRequest, ActiveRequests } from "../record.ts";
import type { Exchange } from "./exchange.ts";

/** The requests that run at this moment, by id. */
export class InFlight implements ActiveRequests {
  readonly #running = new Map<string, Exchange>();
  #idle: (() => void)[] = [];

  get size(): number {
    return this.#running.size;
  }

  add(exchange: Exchange): void {
    this.#running.set(exchange.id, exchange);
  }

  remove(exchange: Exchange): void {
    this.#running.delete(exchange.id);
    if (this.#running.size > 0 || this.#idle.length === 0) return;
    for (const resolve of this.#idle) resolve();
    this.#idle = [];
  }

  list(): ActiveRequest[] {
    return Array.from(this.#running.values(), (exchange) => exchange.view());
  }

  cancel(id: string): boolean {
    const exchange = this.#running.get(id);
    exchange?.stop("cancelled");
    return exchange !== undefined;
  }

  /** Stops everything that still runs, when the time for draining is over. */
  cancelAll(): void {
    for (const exchange of [...this.#running.values()]) exchange.stop("shutdown");
  }

  /** Resolves when nothing runs. */
  whenIdle(): Promise<void> {
    if (this.#running.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }
}
