import type { GraphQLError } from "graphql";
import { createYoga, type YogaServerInstance } from "graphql-yoga";
import type { CookieJar, GraphqlContext } from "../../schema/context.ts";
import { schema } from "../../schema/index.ts";
import type { Control } from "../control/control.ts";
import type { Logger } from "../lib/log.ts";
import { mayRunAny } from "./graphiql-grant.ts";
import { identify } from "./graphql-caller.ts";
import { maskError, withoutStatus } from "./graphql-errors.ts";
import { ConsoleDocuments } from "./graphql-persisted.ts";
import { createGuardPlugin } from "./graphql-plugin.ts";
import { readGraphqlJson, readGraphqlRequest } from "./graphql-request.ts";
import { answerSchema, isSchemaRequest } from "./graphql-sdl.ts";
import { createSocketHandler, upgrade } from "./graphql-socket.ts";
import { keepAlive } from "./graphql-sse.ts";
import { EventStreams } from "./graphql-streams.ts";
import { OpenSubscriptions } from "./graphql-subscriptions.ts";
import { isUpgrade } from "./graphql-upgrade.ts";
import type { GraphqlMount } from "./server.ts";
import { writeSessionCookie } from "./session-cookies.ts";

/** What an operation carries besides what its resolvers see. */
export interface HttpContext extends GraphqlContext {
  /** False: the console's own documents only. */
  readonly mayRunAny: boolean;
}

export type Yoga = YogaServerInstance<HttpContext, object>;

export interface Graphql {
  readonly fetch: GraphqlMount["fetch"];
  readonly sockets: GraphqlMount["websocket"];
}

/** The admin API: POST, GET (queries), SSE and WebSocket (`graphql-transport-ws`). */
export function createGraphql(control: Control, log: Logger, documentsPath: string | null): Graphql {
  const open = new OpenSubscriptions();
  const documents = documentsPath === null ? null : new ConsoleDocuments(documentsPath);
  const yoga: Yoga = createYoga<HttpContext, object>({
    schema,
    graphqlEndpoint: "/graphql",
    healthCheckEndpoint: "/graphql/health-is-elsewhere",
    cors: false,
    multipart: false,
    batching: false,
    graphiql: false,
    landingPage: false,
    logging: false,
    parserAndValidationCache: false,
    extraParamNames: ["documentId"],
    plugins: [createGuardPlugin({ log, open, documents })],
    // The plugin masks what execution throws; this is for what goes wrong around it.
    maskedErrors: { maskError: (error) => maskError(error, crypto.randomUUID(), log) },
  });
  const parts = { control, yoga, log, documents };
  const streams = new EventStreams(parts);

  return {
    async fetch(request, { address, server }) {
      if (isUpgrade(request)) return upgrade(control, request, { address, server });
      const requestId = crypto.randomUUID();
      const answer = await answerHttp({ control, yoga, streams, request, address, requestId }).catch((error) =>
        refusal(maskError(error, requestId, log)),
      );
      answer.headers.set("x-request-id", requestId);
      answer.headers.set("cache-control", "no-store");
      answer.headers.set("x-content-type-options", "nosniff");
      return answer;
    },
    sockets: createSocketHandler(parts),
  };
}

const GRANT_HEADER = "x-sluice-graphiql";

interface HttpCall {
  readonly control: Control;
  readonly yoga: Yoga;
  readonly streams: EventStreams;
  readonly request: Request;
  readonly address: string;
  readonly requestId: string;
}

async function answerHttp({ control, yoga, streams, request, address, requestId }: HttpCall): Promise<Response> {
  const { principal, isSecure } = identify(control, request, address);
  if (isSchemaRequest(request)) return answerSchema(request, principal);
  const owner = { principal, address, mayRunAny: mayRunAny(control, principal, request.headers.get(GRANT_HEADER)) };
  const streamed = await streams.answer(request, owner, () => readGraphqlJson(request));
  if (streamed !== null) return streamed;
  const jar = new AnswerCookies(isSecure);
  const userAgent = request.headers.get("user-agent") ?? "";
  const context: HttpContext = { ...owner, control, userAgent, requestId, named: [], cookies: jar };
  const response = await yoga.fetch(await readGraphqlRequest(request), context);
  // Made anew: the headers of yoga's answer may be frozen.
  const answer = keepAlive(new Response(response.body, { status: response.status, headers: response.headers }));
  if (jar.header !== null) answer.headers.append("set-cookie", jar.header);
  return answer;
}

class AnswerCookies implements CookieJar {
  readonly #isSecure: boolean;
  header: string | null = null;

  constructor(isSecure: boolean) {
    this.#isSecure = isSecure;
  }

  setSession(value: string | null): void {
    this.header = writeSessionCookie(value, this.#isSecure);
  }
}

/** Refused before there was an operation. */
function refusal(error: GraphQLError): Response {
  const http = error.extensions.http as { status?: number; headers?: Record<string, string> } | undefined;
  return Response.json(
    { errors: [withoutStatus(error)] },
    { status: http?.status ?? 500, headers: http?.headers ?? {} },
  );
}
