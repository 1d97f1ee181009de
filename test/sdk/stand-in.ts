/** What reached the stand-in. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Headers;
  readonly body: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Aborted when the gateway hangs up. */
  readonly signal: AbortSignal;
}

export type Script = (request: SeenRequest) => Response | Promise<Response>;

export interface StandIn {
  readonly url: string;
  readonly seen: SeenRequest[];
  /** From now on `route` ("POST /v1/responses") answers so; a later script for the same route replaces it. */
  on(route: string, script: Script): void;
  stop(): Promise<void>;
}

/**
 * A vendor of our own for what aimock 1.43 does not serve: stored responses, token counting, Gemini's /v1 surface and
 * batchEmbedContents, usage with cache parts, answers that wait. Anything without a script is a 404.
 */
export function startStandIn(): StandIn {
  const scripts = new Map<string, Script>();
  const seen: SeenRequest[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      const { method, headers, signal } = request;
      const path = decodeURIComponent(pathname);
      const bytes = await request.bytes();
      const body = new TextDecoder().decode(bytes);
      const entry = { method, path, query: search, headers, body, bytes, signal };
      seen.push(entry);
      const script = scripts.get(`${method} ${path}`);
      return script === undefined ? noScript(entry) : script(entry);
    },
  });
  return {
    url: server.url.origin,
    seen,
    on: (route, script) => void scripts.set(route, script),
    stop: () => server.stop(true),
  };
}

function noScript({ method, path }: SeenRequest): Response {
  const error = { message: `no script for ${method} ${path}`, type: "invalid_request_error", param: null, code: null };
  return Response.json({ error }, { status: 404 });
}

/** Server-sent events, one `data:` line each; strings go out as they are ("[DONE]"). */
export function sse(events: readonly (object | string)[]): Response {
  const lines = events.map((event) => `data: ${typeof event === "string" ? event : JSON.stringify(event)}\n\n`);
  return new Response(lines.join(""), { headers: { "content-type": "text/event-stream" } });
}

/** Anthropic's and OpenAI's typed events: the event line repeats the type. */
export function typedSse(events: readonly { readonly type: string }[]): Response {
  const lines = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  return new Response(lines.join(""), { headers: { "content-type": "text/event-stream" } });
}
