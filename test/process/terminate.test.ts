import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { connect } from "./connection.ts";
import { ask, chat, countedRequests, loggedIds, serveGateway } from "./gateway.ts";
import { startLoad } from "./load.ts";
import { ADMIN_TOKEN, launch, makeScratch, type Scratch, type Serving, says } from "./sluice.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

setDefaultTimeout(60_000);
let scratch: Scratch;
let upstream: Upstream;

beforeEach(async () => {
  scratch = await makeScratch();
  upstream = startUpstream();
});
afterEach(async () => {
  await scratch.clean();
  await upstream.stop();
});

/** Sends SIGTERM and waits until it is heard. */
async function terminate(gateway: Serving): Promise<{ running: number }> {
  gateway.signal("SIGTERM");
  return JSON.parse(await gateway.line(says("stopping"))) as { running: number };
}

describe("SIGTERM", () => {
  test("under load: running streams finish, no row is lost, exit code 0", async () => {
    const gateway = await serveGateway(scratch, upstream.url);
    const load = startLoad(gateway.url, 4);
    const streams = Array.from({ length: 5 }, () => chat(gateway.url, "held", true));
    const wholes = Array.from({ length: 5 }, () => chat(gateway.url, "held"));
    await Promise.all([upstream.holding(10), load.reached(200)]);
    const ids = Promise.all(
      [...streams, ...wholes].map(async (response) => {
        const { status, headers, body } = await response;
        const text = await new Response(body).text();
        expect([status, text.includes("three")]).toEqual([200, true]);
        if (headers.get("content-type")?.startsWith("text/event-stream")) expect(text).toEndWith("data: [DONE]\n\n");
        return headers.get("x-request-id") ?? "";
      }),
    );
    expect((await terminate(gateway)).running).toBeGreaterThanOrEqual(10);
    await load.stop();
    upstream.release();
    const held = await ids;
    expect(await gateway.exited).toBe(0);
    expect(await gateway.line(says("stopped"))).toContain('"info"');
    expect(await gateway.stderr).toBe("");

    const next = await serveGateway(scratch, upstream.url);
    const logged = await loggedIds(next.url);
    const owed = [...held, ...load.answered.map(({ id }) => id)];
    expect(owed.filter((id) => !logged.has(id))).toEqual([]);
    expect(await countedRequests(next.url)).toBe(logged.size);
  });

  test("new requests are refused with 503 while streams run, and /ready says so", async () => {
    const gateway = await serveGateway(scratch, upstream.url);
    const stream = chat(gateway.url, "held", true).then((response) => response.text());
    await upstream.holding(1);
    await terminate(gateway);
    const refused = await chat(gateway.url, "now").catch((error: unknown) => error);
    const ready = await fetch(`${gateway.url}/ready`).catch((error: unknown) => error);
    upstream.release();
    expect(await stream).toEndWith("data: [DONE]\n\n");
    expect(await gateway.exited).toBe(0);
    expect(refused).toBeInstanceOf(Response);
    expect((refused as Response).status).toBe(503);
    expect((refused as Response).headers.get("retry-after")).toBe("1");
    expect((ready as Response).status).toBe(503);
  });

  for (const how of ["whole", "streamed"] as const) {
    test(`a long answer that is still on its way to a slow client arrives to its end (${how})`, async () => {
      const gateway = await serveGateway(scratch, upstream.url);
      const slow = await connect(gateway.url);
      slow.post("large", how === "streamed");
      await slow.until(/200 OK/);
      slow.pause();
      await terminate(gateway);
      slow.resume();
      await slow.closed;
      expect(slow.text.slice(-1000)).toContain(how === "streamed" ? "data: [DONE]" : " two three");
      expect(await gateway.exited).toBe(0);
    });
  }

  test("idle connections and open subscriptions do not hold it up", async () => {
    const gateway = await serveGateway(scratch, upstream.url);
    const idle = await connect(gateway.url);
    idle.get("/health");
    await idle.until(/"ok"/);
    const events = await subscribe(gateway.url);
    const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
    await new Promise((resolve) => socket.addEventListener("open", resolve, { once: true }));
    const closed = new Promise<CloseEvent>((resolve) => socket.addEventListener("close", resolve, { once: true }));
    const startedAt = performance.now();
    await terminate(gateway);
    expect(await gateway.exited).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(15_000); // 30 s is what streams are given
    expect((await closed).code).toBe(1001); // going away
    await events.text().catch(() => {});
    await idle.closed;
  });

  test("an admin change that was acknowledged just before it is there afterwards", async () => {
    const gateway = await serveGateway(scratch, upstream.url);
    await ask(gateway.url, 'mutation { createClientKey(input: { name: "last" }) { userErrors { message } } }');
    gateway.signal("SIGTERM");
    expect(await gateway.exited).toBe(0);
    const next = await serveGateway(scratch, upstream.url);
    const { clientKeys } = await ask<{ clientKeys: { nodes: { name: string }[] } }>(
      next.url,
      "{ clientKeys(first: 50) { nodes { name } } }",
    );
    expect(clientKeys.nodes.map(({ name }) => name)).toContain("last");
  });

  test("it is heard from the moment that it says it listens", async () => {
    const sluice = launch({ cwd: scratch.path, env: { PORT: "0", DATA_DIR: `${scratch.path}/data`, ADMIN_TOKEN } });
    await sluice.line(says("listening"));
    sluice.signal("SIGTERM");
    expect(await sluice.exited).toBe(0);
  });

  test("it is obeyed as well when nobody reads the log any more", async () => {
    const gateway = await serveGateway(scratch, upstream.url);
    const stream = chat(gateway.url, "held", true).then((response) => response.text());
    await upstream.holding(1);
    await gateway.stopReading();
    gateway.signal("SIGTERM");
    // Draining has begun when requests are not served any more. A gateway that died of its log line serves none either.
    await refusal(gateway.url);
    upstream.release();
    expect(await stream).toEndWith("data: [DONE]\n\n");
    expect(await gateway.exited).toBe(0);
  });

  test("a second one changes nothing, SIGINT does the same as SIGTERM", async () => {
    const gateway = await serveGateway(scratch, upstream.url);
    const stream = chat(gateway.url, "held", true).then((response) => response.text());
    await upstream.holding(1);
    gateway.signal("SIGINT");
    await gateway.line(says("stopping"));
    gateway.signal("SIGTERM");
    gateway.signal("SIGINT");
    upstream.release();
    expect(await stream).toEndWith("data: [DONE]\n\n");
    expect(await gateway.exited).toBe(0);
    expect(gateway.lines.filter(says("stopping"))).toHaveLength(1);
  });
});

/** An open subscription over SSE, after its first event. */
async function subscribe(url: string): Promise<Response> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${ADMIN_TOKEN}`,
      "content-type": "application/json",
      accept: "text/event-stream",
    },
    body: JSON.stringify({ query: "subscription { requestFeed { __typename } }" }),
  });
  const [first, rest] = response.body!.tee();
  await first.getReader().read();
  return new Response(rest);
}

/** Resolves as soon as a request is not served any more, in whatever way. */
async function refusal(url: string): Promise<void> {
  for (;;) {
    const status = await chat(url, "now").then(
      (response) => response.status,
      () => 0,
    );
    if (status !== 200) return;
  }
}
