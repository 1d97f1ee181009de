import type { Control } from "../control/control.ts";
import { errorText, type Logger } from "../lib/log.ts";
import { isUpgrade } from "./graphql-upgrade.ts";
import type { GraphqlMount } from "./server.ts";

const MAX_MESSAGE_BYTES = 1_048_576;

/**
 * `documentsPath`: where the console's documents are kept, which are all that a session of it may run; null: any.
 *
 * The admin API behind its path, loaded with the first request for it or, by `prepare`, for a page of the console. Building the schema
 * takes a tenth of a second and 15 MB: too much for every start, and for a gateway that nobody looks at.
 */
export function mountGraphql(control: Control, log: Logger, documentsPath: string | null): GraphqlMount {
  let loading: ReturnType<typeof load> | null = null;
  let sockets: Bun.WebSocketHandler<never> | null = null;
  const load = async () => {
    const { createGraphql } = await import("./graphql.ts");
    const graphql = createGraphql(control, log, documentsPath);
    sockets = graphql.sockets;
    return graphql;
  };
  const loaded = () => {
    loading ??= load();
    return loading;
  };

  return {
    async fetch(request, connection) {
      return (await loaded()).fetch(request, connection);
    },
    prepare() {
      // After the answer that is under way. Whoever asks the API itself is told about a failure.
      if (loading === null)
        setTimeout(() => loaded().catch((error) => log.error("no admin API", { error: errorText(error) })));
    },
    isLongLived: (request) =>
      isUpgrade(request) || (request.headers.get("accept")?.includes("text/event-stream") ?? false),
    websocket: {
      maxPayloadLength: MAX_MESSAGE_BYTES,
      idleTimeout: 60,
      // Signs of life are ours: they also notice a session that has ended.
      sendPings: false,
      open: (socket) => sockets?.open?.(socket),
      message: (socket, message) => sockets?.message?.(socket, message),
      drain: (socket) => sockets?.drain?.(socket),
      close: (socket, code, reason) => sockets?.close?.(socket, code, reason),
    },
  };
}
