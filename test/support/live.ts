import { type Client, createClient } from "graphql-ws";
import { ADMIN_TOKEN, type AdminServer, type Answer } from "./admin-server.ts";

/** A subscription as a test reads it: one event after the other, nothing polled. */
export interface Live {
  /** The next event's data (of its one field); rejects with the errors. */
  next(): Promise<Answer>;
  /** The next event of this type; others are passed over. */
  nextOf(typename: string): Promise<Answer>;
  stop(): Promise<void>;
}

export interface LiveClient {
  readonly client: Client;
  watch(query: string, variables?: Record<string, unknown>): Live;
  close(): Promise<void>;
}

export function connectLive(
  server: Pick<AdminServer, "url">,
  authorization: string | null = `Bearer ${ADMIN_TOKEN}`,
): LiveClient {
  const client = createClient({
    url: server.url.replace("http", "ws"),
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    lazyCloseTimeout: 0,
    ...(authorization === null ? {} : { connectionParams: { authorization } }),
  });
  return {
    client,
    watch: (query, variables = {}) => toLive(client.iterate({ query, variables })),
    close: async () => void (await client.dispose()),
  };
}

function toLive(results: AsyncIterableIterator<Answer>): Live {
  const next = async () => {
    const { done, value } = await results.next();
    if (done) throw new Error("the subscription has ended");
    if (value.errors) throw value.errors;
    return Object.values(value.data)[0];
  };
  return {
    next,
    async nextOf(typename) {
      for (;;) {
        const event = (await next()) as Answer;
        if (event.__typename === typename) return event;
      }
    },
    stop: async () => void (await results.return?.()),
  };
}

/** Reads `text/event-stream` frames of a response as graphql-sse's "distinct connections" mode sends them. */
export async function* readEvents(response: Response): AsyncIterableIterator<Answer> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const frame = text.slice(0, end);
      text = text.slice(end + 2);
      const event = /^event: (\w+)$/m.exec(frame)?.[1];
      const data = /^data: ?(.*)$/m.exec(frame)?.[1];
      if (event === "complete") return;
      if (event === "next" && data) yield JSON.parse(data);
      if (frame.startsWith(":")) yield { ping: true };
    }
  }
}
