import { Elysia } from "elysia";
import { BunAdapter } from "elysia/adapter/bun";
import type { Gateway } from "../gateway/gateway.ts";
import type { ClientAddress } from "./client-address.ts";
import { serveDataPlane } from "./data-plane.ts";
import type { SignInRoutes } from "./sign-in-routes.ts";

/** What the server puts together; each part is made by main. */
export interface ServerParts {
  readonly gateway: Gateway;
  readonly host: string;
  readonly port: number;
  /** "" or "/prefix". */
  readonly basePath: string;
  /** Who is really asking, behind proxies that are trusted. */
  readonly clientAddress: ClientAddress;
  /** Null: this path is not the console's. */
  readonly console: (request: Request) => Response | null;
  readonly graphql: GraphqlMount;
  readonly graphiql: (request: Request) => Response;
  readonly signIn: SignInRoutes;
  /** Null: this is no link to a file, or one whose time is over. */
  readonly downloads: (pathAndQuery: string) => Promise<Response | null>;
  /** Contents of files in both directions, behind links of the admin API; null as above. */
  readonly fileTransfers: {
    download(request: Request, pathAndQuery: string): Promise<Response | null>;
    upload(request: Request, path: string): Promise<Response | null>;
  };
  readonly metrics: (request: Request, address: string) => Response;
  readonly isReady: () => boolean;
}

/**
 * How /graphql hangs into the server: plain HTTP, and WebSockets that Bun hands over. `websocket` is for Bun.serve; `fetch` answers
 * undefined when the request has become a WebSocket.
 */
export interface GraphqlMount {
  fetch(
    request: Request,
    context: { readonly address: string; readonly server: Bun.Server<unknown> },
  ): Promise<Response | undefined>;
  /** It will be asked soon: a page of the console was opened. */
  prepare(): void;
  /** True for answers that stay open: they get no idle timeout. */
  isLongLived(request: Request): boolean;
  readonly websocket: Bun.WebSocketHandler<never>;
}

/** Connections that send nothing are closed after this; running requests and streams have their own limits. */
const IDLE_SECONDS = 10;

/** Bodies are limited by the setting (413 in the caller's format); this is only the outer wall. */
const OUTER_BODY_LIMIT = 1_073_741_824;

const HOST_HEADER = /^(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/** Builds the Elysia app and listens. The server is stopped by its owner. */
export function serve(parts: ServerParts): Bun.Server<unknown> {
  // `fetch` is a getter that composes the handler; read once, at start rather than with the first request.
  const { fetch: answer } = createApp(parts, () => server).compile();
  const base = parts.basePath;
  /** The last one that was valid: mostly they all say the same. */
  let goodHost = "";
  const server: Bun.Server<unknown> = Bun.serve({
    hostname: parts.host,
    port: parts.port,
    idleTimeout: IDLE_SECONDS,
    maxRequestBodySize: OUTER_BODY_LIMIT,
    websocket: parts.graphql.websocket as Bun.WebSocketHandler<unknown>,
    fetch: (request) => {
      // Bun builds the URL from the Host header, so a hostile one could choose the path.
      const host = request.headers.get("host");
      if (host !== goodHost) {
        if (host === null || !HOST_HEADER.test(host)) return plainError(400, "The Host header is not valid.");
        goodHost = host;
      }
      return answer(base === "" ? request : withoutBase(request, base));
    },
    error: () => plainError(500, "Something went wrong in this gateway."),
  });
  parts.gateway.keepOpen = (request) => server.timeout(originals.get(request) ?? request, 0);
  return server;
}

/** Exported for the test that compares its routes with the table of who may use them. */
export function createApp(parts: ServerParts, server: () => Bun.Server<unknown>) {
  const addressOf = (request: Request) =>
    parts.clientAddress(server().requestIP(originals.get(request) ?? request)?.address ?? "", request.headers);
  const dataPlane = handedOn(({ request, path }) => {
    const { url } = request;
    const question = url.indexOf("?");
    const query = question < 0 ? "" : url.slice(question);
    return serveDataPlane(parts.gateway, request, path, query, addressOf(request));
  });
  const graphql = ({ request }: { request: Request }) => {
    const original = originals.get(request) ?? request;
    if (parts.graphql.isLongLived(original)) server().timeout(original, 0);
    return parts.graphql.fetch(original, { address: addressOf(original), server: server() });
  };
  const raw = { parse: "none" } as const;
  return new Elysia({ adapter: ADAPTER, normalize: false, precompile: true, handler: { standardHostname: false } })
    .all("/v1/*", dataPlane)
    .all("/v1beta/*", dataPlane)
    .all("/openai/*", dataPlane)
    .all("/graphql", graphql, raw)
    .get("/graphql/schema.graphql", graphql, raw)
    .get("/graphiql", ({ request }) => {
      parts.graphql.prepare();
      return parts.graphiql(request);
    })
    .get("/auth/oidc/start", ({ request }) => parts.signIn.start(request, addressOf(request)))
    .get("/auth/oidc/callback", ({ request }) => parts.signIn.callback(request, addressOf(request)))
    .get("/downloads/*", async ({ request, path }) => {
      const question = request.url.indexOf("?");
      return (await parts.downloads(path + (question < 0 ? "" : request.url.slice(question)))) ?? notFound();
    })
    .get("/files/content/*", async ({ request, path }) => {
      const question = request.url.indexOf("?");
      const query = question < 0 ? "" : request.url.slice(question);
      return (await parts.fileTransfers.download(request, path + query)) ?? notFound();
    })
    .put(
      "/files/upload/*",
      async ({ request, path }) => {
        server().timeout(originals.get(request) ?? request, 60);
        return (await parts.fileTransfers.upload(request, path)) ?? notFound();
      },
      raw,
    )
    .get("/health", () => Response.json({ status: "ok" }))
    .get("/ready", () => {
      const ready = parts.isReady();
      return Response.json({ status: ready ? "ready" : "not ready" }, { status: ready ? 200 : 503 });
    })
    .get("/metrics", ({ request }) => parts.metrics(request, addressOf(request)))
    .all(
      "/*",
      ({ request }) => {
        const page = parts.console(request);
        if (page === null) return notFound();
        parts.graphql.prepare();
        return page;
      },
      raw,
    );
}

type Handler = (context: { readonly request: Request; readonly path: string }) => Response | Promise<Response>;

/**
 * Elysia reads a handler's source: one that may be waited for, or that may read the body, is put into an async function of Elysia's,
 * one more for every request. A bound function has no source, so what it returns goes to Bun as it is. Its body is read by nobody else.
 */
function handedOn(handler: Handler): Handler {
  return handler.bind(null);
}

/** Every handler here answers with a Response, or with the promise of one: there is nothing to make one of. */
const ADAPTER: typeof BunAdapter = {
  ...BunAdapter,
  handler: { ...BunAdapter.handler, mapCompactResponse: (answer) => answer },
};

function withoutBase(request: Request, base: string): Request {
  // Not `new URL`: it costs a microsecond and throws on hostile input.
  const at = request.url.indexOf("/", request.url.indexOf("//") + 2);
  const rest = request.url.slice(at + base.length);
  if (!request.url.startsWith(base, at) || !/^(?:[/?]|$)/.test(rest)) return request;
  const rewritten = new Request(request.url.slice(0, at) + (rest.startsWith("/") ? rest : `/${rest}`), request);
  originals.set(rewritten, request);
  return rewritten;
}

/** Bun knows a connection (its address, timeout, upgrade) only by the request that it handed over itself. */
const originals = new WeakMap<Request, Request>();

function notFound(): Response {
  return plainError(404, "This gateway has no such path.");
}

function plainError(status: number, message: string): Response {
  return Response.json({ error: { message, type: "invalid_request_error", param: null, code: null } }, { status });
}
