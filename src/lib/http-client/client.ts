import { type CallHost, HttpCall } from "./call.ts";
import { Connection, type ConnectionKeeper } from "./connection.ts";
import { HttpError } from "./errors.ts";
import { IdlePool } from "./pool.ts";
import type { HttpRequest, Peer, SendOptions } from "./types.ts";

/**
 * Attempts to connect that may hang in the kernel for one peer. It gives them up after about two minutes, we after seconds: calls
 * to an address that swallows everything would otherwise pile up sockets.
 */
const MAX_LINGERING_PER_PEER = 256;

export interface HttpClientOptions {
  readonly maxIdlePerPeer?: number;
  /** Less than the 60 s after which most servers close: a request must not meet a connection that is just going. */
  readonly idleMs?: number;
  readonly maxHeadBytes?: number;
  /** PEM; instead of the well-known authorities (and those of NODE_EXTRA_CA_CERTS). */
  readonly ca?: string | readonly string[];
}

/**
 * HTTP/1.1 on raw sockets: a third cheaper than fetch a request, and strict with whatever a broken or hostile upstream sends.
 * No redirects, no cookies, no decompression, no second try; what it is given goes out and what comes is handed on.
 */
export class HttpClient implements CallHost, ConnectionKeeper {
  readonly maxHeadBytes: number;
  readonly #ca: string | readonly string[] | undefined;
  readonly #idle: IdlePool;
  /** Idle, busy and dialling. */
  readonly #connections = new Set<Connection>();
  readonly #lingering = new Map<string, number>();
  #isClosed = false;

  constructor(options: HttpClientOptions = {}) {
    const { maxIdlePerPeer = 1_024, idleMs = 50_000, maxHeadBytes = 65_536 } = options;
    this.maxHeadBytes = maxHeadBytes;
    this.#ca = options.ca;
    this.#idle = new IdlePool({ maxIdlePerPeer, idleMs });
  }

  /** Begins a call; every failure comes out of its `answer`, and of the body's reads after that. */
  send(request: HttpRequest, options: SendOptions): HttpCall {
    const call = new HttpCall(request, this);
    if (this.#isClosed) call.abort();
    else call.start(options);
    return call;
  }

  /** Ends all connections and with them all calls. */
  close(): void {
    this.#isClosed = true;
    for (const connection of this.#connections) connection.abandon();
    this.#idle.stop();
  }

  /** @internal */
  connect(call: HttpCall, options: SendOptions): Connection {
    const { peer } = call;
    const idle = options.fresh === true ? null : this.#idle.take(peer.key);
    if (idle !== null) return idle;
    if ((this.#lingering.get(peer.key) ?? 0) >= MAX_LINGERING_PER_PEER) {
      throw new HttpError("connect_timeout", "too many attempts to connect hang already", false);
    }
    const connection = Connection.dial(peer, call, this, { timeoutMs: options.connectTimeoutMs, ca: this.#ca });
    this.#connections.add(connection);
    return connection;
  }

  /** @internal */
  release(connection: Connection): void {
    connection.use(null);
    this.#idle.put(connection);
  }

  /** @internal */
  forget(connection: Connection): void {
    this.#connections.delete(connection);
    this.#idle.remove(connection);
  }

  /** @internal */
  countLingering(peer: Peer, change: 1 | -1): void {
    const count = (this.#lingering.get(peer.key) ?? 0) + change;
    if (count > 0) this.#lingering.set(peer.key, count);
    else this.#lingering.delete(peer.key);
  }
}
