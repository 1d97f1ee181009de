import { type Client, createClient } from "graphql-ws";
import { createSignal } from "solid-js";
import { GRAPHQL_URL } from "./base.ts";

export type Connection = "idle" | "connecting" | "open" | "lost";

const [connection, setConnection] = createSignal<Connection>("idle");
const [lastUpdate, setLastUpdate] = createSignal<number>();

/** `lost`: subscriptions wait for the next try. What is shown stays, with the time it was true at. */
export { connection, lastUpdate };

const PING_MS = 10_000;
const PONG_MS = 5_000;

let client: Client | undefined;

/** One socket for all subscriptions, opened with the first. Repeating is ours (live.ts): graphql-ws would send old cursors. */
export function socket(): Client {
  let pongTimer: ReturnType<typeof setTimeout> | undefined;
  client ??= createClient({
    url: GRAPHQL_URL.replace(/^http/, "ws"),
    retryAttempts: 0,
    lazyCloseTimeout: 3000,
    keepAlive: PING_MS,
    on: {
      connecting: () => setConnection((state) => (state === "lost" ? "lost" : "connecting")),
      connected: () => {
        setConnection("open");
        setLastUpdate(Date.now());
      },
      message: () => setLastUpdate(Date.now()),
      closed: (event) => setConnection(isNormal(event) ? "idle" : "lost"),
      // A line that died without a word is noticed by the missing pong.
      ping: (received) => {
        if (!received) pongTimer = setTimeout(() => client?.terminate(), PONG_MS);
      },
      pong: (received) => {
        if (received) clearTimeout(pongTimer);
      },
    },
  });
  return client;
}

/** After a sign-in the old socket still belongs to the old session. */
export function renewSocket(): void {
  client?.terminate();
}

export function noteLost(): void {
  setConnection("lost");
}

/** Nobody watches any more: a line that is down is nobody's concern. */
export function noteIdle(): void {
  setConnection((state) => (state === "lost" ? "idle" : state));
}

function isNormal(event: unknown): boolean {
  return event instanceof CloseEvent && event.code === 1000;
}
