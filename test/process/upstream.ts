export interface Upstream {
  readonly url: string;
  /** Requests that are waiting for `release`. */
  readonly held: number;
  /** Resolves when `count` requests wait at once. */
  holding(count: number): Promise<void>;
  /** Lets everything that waits go on. */
  release(): void;
  stop(): Promise<void>;
}

const USAGE = { prompt_tokens: 11, completion_tokens: 3, total_tokens: 14 };
const HEAD = { id: "chatcmpl-1", created: 1, model: "upstream-model" };

/**
 * An OpenAI upstream with a gate. A key with "dead" in it is refused. "now" is answered at once; "held" waits at the gate: an answer as a whole, a stream behind its
 * first word. "large" is an answer of more than `LARGE_BYTES`.
 */
export function startUpstream(): Upstream {
  let gate = Promise.withResolvers<void>();
  let held = 0;
  let watchers: { count: number; resolve: () => void }[] = [];
  const wait = () => {
    held++;
    watchers = watchers.filter(({ count, resolve }) => held < count || resolve());
    return gate.promise;
  };
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    async fetch(request) {
      if (request.headers.get("authorization")?.includes("dead")) {
        return Response.json(
          { error: { message: "Incorrect API key provided", code: "invalid_api_key" } },
          { status: 401 },
        );
      }
      if (request.method === "GET") return Response.json({ object: "list", data: [{ id: "upstream-model" }] });
      const body = await request.text();
      const isHeld = body.includes("held");
      const content = body.includes("large") ? "x".repeat(LARGE_BYTES) : "One";
      if (body.includes('"stream":true')) return stream(content, isHeld ? wait : null);
      if (isHeld) await wait();
      return whole(`${content} two three`);
    },
  });
  return {
    url: server.url.origin,
    get held() {
      return held;
    },
    holding: (count) =>
      new Promise((resolve) => {
        if (held >= count) resolve();
        else watchers.push({ count, resolve });
      }),
    release() {
      gate.resolve();
      gate = Promise.withResolvers();
      held = 0;
    },
    stop: () => server.stop(true),
  };
}

/** More than the sockets' buffers on the way take. */
const LARGE_BYTES = 7 * 1_048_576;

function whole(content: string): Response {
  const choices = [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }];
  return Response.json({ ...HEAD, object: "chat.completion", choices, usage: USAGE });
}

function stream(first: string, wait: (() => Promise<void>) | null): Response {
  const frame = (more: object) =>
    new TextEncoder().encode(`data: ${JSON.stringify({ ...HEAD, object: "chat.completion.chunk", ...more })}\n\n`);
  const word = (content: string, finish: string | null = null) =>
    frame({ choices: [{ index: 0, delta: { content }, finish_reason: finish }] });
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      controller.enqueue(word(first));
      await wait?.();
      controller.enqueue(word(" two three", "stop"));
      controller.enqueue(frame({ choices: [], usage: USAGE }));
      controller.enqueue(new TextEncoder().encode("data: [DONE]\n\n"));
      controller.close();
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}
