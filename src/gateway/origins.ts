import { connect } from "node:net";

/**
 * What is known of the way to an outbound proxy. fetch cannot tell a slow connect from a slow answer, nor a used connection from a
 * new one, so a proxy that has not answered lately is first tried with a plain TCP connect under the connect timeout; a black hole
 * then costs ten seconds instead of the whole answer timeout.
 */
interface OriginState {
  /** The last instant at which it was seen to be there. */
  seenAtMs: number;
  /** An answer was read to its end, so an idle connection may be kept (and may have gone stale). */
  mayHaveIdleSocket: boolean;
  probing: Promise<ConnectResult> | null;
}

export type ConnectResult = "connected" | "refused" | "timeout";

const TRUSTED_FOR_MS = 30_000;

export class Origins {
  readonly #states = new Map<string, OriginState>();

  /** Null when the origin was seen lately: the hot path does not wait. */
  reach(origin: string, timeoutMs: number, nowMs: number): Promise<ConnectResult> | null {
    const state = this.#state(origin);
    if (nowMs - state.seenAtMs < TRUSTED_FOR_MS) return null;
    state.probing ??= probe(origin, timeoutMs).then((result) => {
      state.probing = null;
      if (result === "connected") state.seenAtMs = Date.now();
      return result;
    });
    return state.probing;
  }

  answered(origin: string, nowMs: number): void {
    const state = this.#state(origin);
    state.seenAtMs = nowMs;
    state.mayHaveIdleSocket = true;
  }

  /** Could a connection that dies at once have been an old, idle one? */
  mayBeStale(origin: string): boolean {
    return this.#states.get(origin)?.mayHaveIdleSocket ?? false;
  }

  #state(origin: string): OriginState {
    let state = this.#states.get(origin);
    if (state === undefined) {
      state = { seenAtMs: 0, mayHaveIdleSocket: false, probing: null };
      this.#states.set(origin, state);
    }
    return state;
  }
}

function probe(origin: string, timeoutMs: number): Promise<ConnectResult> {
  const url = new URL(origin);
  const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
  const host = url.hostname.startsWith("[") ? url.hostname.slice(1, -1) : url.hostname;
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (result: ConnectResult) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => finish("timeout"), timeoutMs);
    socket.once("connect", () => finish("connected"));
    socket.once("error", () => finish("refused"));
  });
}
