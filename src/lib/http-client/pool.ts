import type { Connection } from "./connection.ts";

export interface IdleLimits {
  readonly maxIdlePerPeer: number;
  readonly idleMs: number;
}

/** How much longer than `idleMs` a connection may stay, as a part of it. */
const SWEEPS_PER_IDLE_TIME = 5;

/** Connections between two calls, by peer; the last used goes first, so that those not needed grow old. */
export class IdlePool {
  readonly #byPeer = new Map<string, Connection[]>();
  #count = 0;
  #sweep: ReturnType<typeof setInterval> | null = null;

  constructor(private readonly limits: IdleLimits) {}

  take(peerKey: string): Connection | null {
    const connection = this.#byPeer.get(peerKey)?.pop() ?? null;
    if (connection !== null) this.#counted(-1);
    return connection;
  }

  put(connection: Connection): void {
    const { key } = connection.peer;
    let idle = this.#byPeer.get(key);
    if (idle === undefined) {
      idle = [];
      this.#byPeer.set(key, idle);
    }
    if (idle.length >= this.limits.maxIdlePerPeer) {
      connection.close();
      return;
    }
    connection.idleSinceMs = Date.now();
    idle.push(connection);
    this.#counted(1);
  }

  remove(connection: Connection): void {
    const idle = this.#byPeer.get(connection.peer.key);
    const at = idle?.lastIndexOf(connection) ?? -1;
    if (at < 0) return;
    idle!.splice(at, 1);
    this.#counted(-1);
  }

  #counted(change: number): void {
    this.#count += change;
    if (this.#count > 0 && this.#sweep === null) {
      this.#sweep = setInterval(() => this.#closeOld(), this.limits.idleMs / SWEEPS_PER_IDLE_TIME);
      this.#sweep.unref();
    }
  }

  #closeOld(): void {
    const before = Date.now() - this.limits.idleMs;
    for (const [key, idle] of this.#byPeer) {
      // The first are the oldest; closing one removes it here.
      while (idle.length > 0 && idle[0]!.idleSinceMs <= before) idle[0]!.close();
      if (idle.length === 0) this.#byPeer.delete(key);
    }
    if (this.#count === 0) this.stop();
  }

  stop(): void {
    if (this.#sweep !== null) clearInterval(this.#sweep);
    this.#sweep = null;
  }
}
