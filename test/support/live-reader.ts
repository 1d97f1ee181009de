import { ADMIN_TOKEN, type Answer } from "./admin-server.ts";

/** When a test's reader loses its line. */
export interface Cut {
  /** After so many whole frames. */
  readonly frames?: number;
  /** After so many bytes, wherever in a frame that is (over SSE). */
  readonly bytes?: number;
  readonly afterMs?: number;
}

export type Transport = "socket" | "events";
export const TRANSPORTS: readonly Transport[] = ["socket", "events"];

export interface Subscription {
  readonly url: string;
  readonly query: string;
  readonly variables: object;
}

/** The frames of one connection, until the subscription ends or the line is cut. Errors of the API throw. */
export async function* readFrames(
  transport: Transport,
  subscription: Subscription,
  cut: Cut,
): AsyncGenerator<Answer, void> {
  const leave = new AbortController();
  const timer = cut.afterMs === undefined ? undefined : setTimeout(() => leave.abort(), cut.afterMs);
  let frames = 0;
  try {
    const open = transport === "socket" ? overSocket : overEvents;
    if (cut.frames === 0) return;
    for await (const frame of open(subscription, leave.signal, cut.bytes ?? Number.POSITIVE_INFINITY)) {
      yield frame;
      if (++frames === cut.frames) return;
    }
  } finally {
    clearTimeout(timer);
    leave.abort();
  }
}

async function* overEvents(
  { url, query, variables }: Subscription,
  signal: AbortSignal,
  bytes: number,
): AsyncGenerator<Answer, void> {
  const decoder = new TextDecoder();
  let text = "";
  let left = bytes;
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        accept: "text/event-stream",
        "content-type": "application/json",
        authorization: `Bearer ${ADMIN_TOKEN}`,
      },
      body: JSON.stringify({ query, variables }),
      signal,
    });
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk.subarray(0, left), { stream: true });
      left -= chunk.length;
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        const data = /^data: (.+)$/m.exec(text.slice(0, end))?.[1];
        text = text.slice(end + 2);
        if (data !== undefined) yield readResult(JSON.parse(data));
        if (signal.aborted) return;
      }
      if (left <= 0) return;
    }
  } catch (error) {
    if (!signal.aborted && !isLineDown(error)) throw error;
  }
}

async function* overSocket({ url, query, variables }: Subscription, signal: AbortSignal): AsyncGenerator<Answer, void> {
  const socket = new WebSocket(url.replace("http", "ws"), ["graphql-transport-ws"]);
  const arrived: Answer[] = [];
  let wake = () => {};
  let isOver = false;
  const end = () => {
    isOver = true;
    wake();
  };
  socket.onopen = () =>
    socket.send(JSON.stringify({ type: "connection_init", payload: { authorization: `Bearer ${ADMIN_TOKEN}` } }));
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(String(data));
    if (message.type === "connection_ack") {
      socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query, variables } }));
    } else if (message.type === "next") arrived.push(message.payload);
    else if (message.type === "error") arrived.push({ errors: message.payload });
    else if (message.type === "complete") isOver = true;
    wake();
  };
  socket.onclose = socket.onerror = end;
  signal.addEventListener("abort", end);
  try {
    while (!signal.aborted) {
      const result = arrived.shift();
      if (result !== undefined) yield readResult(result);
      else if (isOver) return;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    socket.close();
  }
}

function readResult({ data, errors }: Answer): Answer {
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  return Object.values(data)[0];
}

/** The server has gone, which is part of the game. */
function isLineDown(error: unknown): boolean {
  return error instanceof Error && /socket|connect|closed|ECONN/i.test(`${error.name} ${error.message}`);
}
