import { type ExecutionArgs, GraphQLError } from "graphql";
import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL, makeServer } from "graphql-ws";
import type { Control } from "../control/control.ts";
import { ANONYMOUS, type Principal } from "../control/people/principal.ts";
import { errorText } from "../lib/log.ts";
import { mayRunAny } from "./graphiql-grant.ts";
import { byBearer, identify } from "./graphql-caller.ts";
import { withoutStatus } from "./graphql-errors.ts";
import { type OperationParts, type PreparedOperation, prepareOperation } from "./graphql-operation.ts";
import type { GraphqlMount } from "./server.ts";

/** Also when the session is looked at again. */
const PING_MS = 5000;
/** A reader that lets so many bytes pile up is waited for: its subscriptions then skip what they can. */
const MAX_BUFFERED_BYTES = 131_072;

/** What travels with a socket from the upgrade on. */
interface SocketData {
  readonly address: string;
  /** By the cookie of the upgrade; `connection_init` may bring a token instead. */
  principal: Principal;
  mayRunAny: boolean;
  connection: Connection | null;
}
type Socket = Bun.ServerWebSocket<SocketData>;

/** Undefined: the connection is a WebSocket now. */
export function upgrade(
  control: Control,
  request: Request,
  { address, server }: Parameters<GraphqlMount["fetch"]>[1],
): Response | undefined {
  const offered = request.headers.get("sec-websocket-protocol")?.split(",") ?? [];
  if (!offered.some((protocol) => protocol.trim() === GRAPHQL_TRANSPORT_WS_PROTOCOL)) {
    return new Response(`This socket speaks ${GRAPHQL_TRANSPORT_WS_PROTOCOL}.`, { status: 400 });
  }
  let principal: Principal;
  try {
    // The same rule as for any request with a cookie: a page of another origin gets no socket at all.
    principal = identify(control, request, address).principal;
  } catch (error) {
    const status = error instanceof GraphQLError ? (error.extensions.http as { status: number }).status : 500;
    return new Response(null, { status });
  }
  const data: SocketData = { address, principal, mayRunAny: false, connection: null };
  const headers = { "sec-websocket-protocol": GRAPHQL_TRANSPORT_WS_PROTOCOL };
  return server.upgrade(request, { data, headers }) ? undefined : new Response(null, { status: 400 });
}

export function createSocketHandler(parts: OperationParts): GraphqlMount["websocket"] {
  const { control, log } = parts;
  const server = makeServer<{ authorization?: unknown; graphiql?: unknown }, { socket: Socket }>({
    connectionInitWaitTimeout: 3000,
    onConnect({ connectionParams, extra: { socket } }) {
      try {
        const { authorization, graphiql } = connectionParams ?? {};
        if (typeof authorization === "string") {
          socket.data.principal = byBearer(control, authorization, socket.data.address).principal;
        }
        socket.data.mayRunAny = mayRunAny(control, socket.data.principal, graphiql);
      } catch (error) {
        if (!(error instanceof GraphQLError)) throw error;
        socket.data.principal = ANONYMOUS;
      }
      return socket.data.principal.kind !== "anonymous"; // False closes with 4403.
    },
    onSubscribe: ({ extra: { socket } }, _id, payload) =>
      prepareOperation(parts, socket.data, payload) as Promise<ExecutionArgs | readonly GraphQLError[]>,
    onError: (_context, _id, _payload, errors) => errors.map((error) => withoutStatus(error as GraphQLError)),
    onNext: (_context, _id, _payload, _args, result) =>
      result.errors && { ...result, errors: result.errors.map((error) => withoutStatus(error as GraphQLError)) },
    execute: (args) => (args as PreparedOperation & ExecutionArgs).execute(args),
    subscribe: (args) => (args as PreparedOperation & ExecutionArgs).subscribe(args),
  });

  const handler: Bun.WebSocketHandler<SocketData> = {
    open(socket) {
      const connection = new Connection(socket, control);
      socket.data.connection = connection;
      connection.closed = server.opened(connection, { socket });
    },
    message(socket, message) {
      const { connection } = socket.data;
      connection?.receive(String(message)).catch((error: unknown) => {
        log.error("a WebSocket message failed", { error: errorText(error) });
        socket.close(CloseCode.InternalServerError, "Internal server error");
      });
    },
    drain(socket) {
      socket.data.connection?.drained();
    },
    close(socket, code, reason) {
      socket.data.connection?.end(code, reason);
    },
  };
  return handler as unknown as GraphqlMount["websocket"];
}

/** Bun's socket as graphql-ws wants it. A send that waits holds back the subscription it came from, and nothing else. */
class Connection {
  readonly protocol = GRAPHQL_TRANSPORT_WS_PROTOCOL;
  closed: (code?: number, reason?: string) => Promise<void> = async () => {};
  readonly #socket: Socket;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #stopListening: () => void;
  #receive: (data: string) => Promise<void> = async () => {};
  #waiting: (() => void)[] = [];
  #isOpen = true;

  constructor(socket: Socket, control: Control) {
    this.#socket = socket;
    const { access } = control;
    const isOver = () => !access.isStillValid(socket.data.principal);
    const close = () => this.close(4403, "Session ended");
    this.#timer = setInterval(() => (isOver() ? close() : void socket.sendText('{"type":"ping"}')), PING_MS);
    this.#stopListening = access.directory.onChange(() => void (isOver() && close()));
  }

  async send(message: string): Promise<void> {
    if (!this.#isOpen) return;
    this.#socket.sendText(message);
    if (this.#socket.getBufferedAmount() < MAX_BUFFERED_BYTES) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  close(code?: number, reason?: string): void {
    if (this.#isOpen) this.#socket.close(code, reason);
  }

  onMessage(receive: (data: string) => Promise<void>): void {
    this.#receive = receive;
  }

  receive(data: string): Promise<void> {
    return this.#receive(data);
  }

  drained(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  end(code: number, reason: string): void {
    this.#isOpen = false;
    clearInterval(this.#timer);
    this.#stopListening();
    this.drained();
    void this.closed(code, reason);
  }
}
