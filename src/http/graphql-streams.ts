import { GraphQLError, getOperationAST } from "graphql";
import { unauthenticated } from "../../schema/guard.ts";
import { GRAPHQL_LIMITS } from "../../schema/limits.ts";
import { principalKey } from "../control/people/principal.ts";
import { errorText } from "../lib/log.ts";
import { EventLine } from "./graphql-event-line.ts";
import { type LineOwner, type OperationParts, prepareOperation } from "./graphql-operation.ts";

const TOKEN_HEADER = "x-graphql-event-stream-token";
/** A reserved stream that nobody opens is forgotten. */
const RESERVED_MS = 30_000;
/** Of one visitor. Each may carry as many subscriptions as the visitor may have. */
const MAX_STREAMS = 8;

/** One event stream for many operations, as graphql-sse's single connection mode has it: PUT reserves, GET listens, POST runs, DELETE stops. */
export class EventStreams {
  readonly #parts: OperationParts;
  readonly #lines = new Map<string, EventLine>();

  constructor(parts: OperationParts) {
    this.#parts = parts;
  }

  /** Null: the request belongs to no such stream. */
  async answer(request: Request, owner: LineOwner, readBody: () => Promise<unknown>): Promise<Response | null> {
    const { method, headers } = request;
    const query = new URLSearchParams(request.url.split("?")[1] ?? "");
    const token = headers.get(TOKEN_HEADER) ?? (method === "GET" ? query.get("token") : null);
    if (method === "PUT" && token === null) return this.#reserve(owner);
    if (token === null) return null;
    const line = this.#lines.get(token);
    // Another's token is no token.
    if (line === undefined || principalKey(line.owner.principal) !== principalKey(owner.principal)) {
      throw refused(404, "NOT_FOUND", "There is no such stream.");
    }
    switch (method) {
      case "GET":
        return this.#listen(line);
      case "POST":
        return this.#run(line, await readBody());
      case "DELETE":
        return this.#stop(line, query.get("operationId"));
      default:
        return null;
    }
  }

  #reserve(owner: LineOwner): Response {
    if (owner.principal.kind === "anonymous") {
      const { message, extensions } = unauthenticated();
      throw new GraphQLError(message, { extensions: { ...extensions, http: { status: 401 } } });
    }
    const visitor = principalKey(owner.principal);
    const own = [...this.#lines.values()].filter((line) => principalKey(line.owner.principal) === visitor);
    if (own.length >= MAX_STREAMS) throw refused(429, "LIMIT_EXCEEDED", `At most ${MAX_STREAMS} streams at once.`);
    const token = crypto.randomUUID();
    const line = new EventLine(owner, () => this.#lines.delete(token));
    this.#lines.set(token, line);
    setTimeout(() => line.isOpen || line.end(), RESERVED_MS).unref();
    return new Response(token, { status: 201, headers: { "content-type": "text/plain; charset=utf-8" } });
  }

  #listen(line: EventLine): Response {
    if (line.isOpen) throw refused(409, "CONFLICT", "This stream is already listened to.");
    const { access } = this.#parts.control;
    const body = line.open(() => access.isStillValid(line.owner.principal));
    return new Response(body, { headers: { "content-type": "text/event-stream; charset=utf-8" } });
  }

  async #run(line: EventLine, asked: unknown): Promise<Response> {
    const body = (typeof asked === "object" && asked !== null ? asked : {}) as Parameters<typeof prepareOperation>[2];
    const { operationId } = (body.extensions ?? {}) as { operationId?: unknown };
    if (typeof operationId !== "string" || operationId === "" || operationId.length > 100) {
      throw refused(400, "BAD_USER_INPUT", "Name the operation in extensions.operationId.");
    }
    if (line.has(operationId)) throw refused(409, "CONFLICT", "An operation of this id is running.");
    if (line.size >= GRAPHQL_LIMITS.subscriptions) {
      throw refused(429, "LIMIT_EXCEEDED", `At most ${GRAPHQL_LIMITS.subscriptions} operations at once.`);
    }
    line.reserve(operationId);
    const prepared = await prepareOperation(this.#parts, line.owner, body);
    const isSubscription =
      "document" in prepared &&
      getOperationAST(prepared.document, prepared.operationName)?.operation === "subscription";
    line.run(operationId, prepared, isSubscription).catch((error: unknown) => {
      this.#parts.log.error("an operation on an event stream failed", { error: errorText(error) });
      void line.stop(operationId);
    });
    return new Response(null, { status: 202 });
  }

  async #stop(line: EventLine, operationId: string | null): Promise<Response> {
    if (operationId === null) throw refused(400, "BAD_USER_INPUT", "Name the operation as operationId.");
    await line.stop(operationId);
    return new Response(null, { status: 200 });
  }
}

function refused(status: number, code: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code, http: { status } } });
}
