import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FakeVendor, json, never, type Reply, streamThen, type VendorCall } from "../support/fake-vendor.ts";
import { CHAT_FRAMES, chatAnswer, openAiError } from "../support/samples.ts";
import { eventually, StreamReader } from "../support/stream-reader.ts";
import { allGivenBack, type Gateway, provider, startGateway } from "./fixture.ts";

const ask = (gateway: Gateway, model = "m", headers: Record<string, string> = {}, body: object = {}) =>
  gateway.send("/v1/chat/completions", { model, ...body }, { headers });

describe("a kept connection that the upstream has closed", () => {
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await startGateway({
      providers: (vendor) => [provider("openai", `${vendor.origin}/v1`, ["sk-1", "sk-2"])],
    });
  });
  afterAll(() => gateway.close());

  test.each([
    ["reset", (call: VendorCall) => call.rst()],
    ["closed", (call: VendorCall) => call.fin()],
  ])("is tried again on a new one with the same key, and nobody is blamed (%s)", async (_, cut) => {
    // The vendor gives up each kept connection as soon as a second request comes on it.
    const used = new Set<number>();
    const reply: Reply = (call) => {
      if (used.has(call.connection)) return cut(call);
      used.add(call.connection);
      return json(chatAnswer())(call);
    };
    gateway.restart(reply);
    for (let round = 0; round < 6; round++) {
      const { status, record, calls } = await ask(gateway);
      expect(status).toBe(200);
      expect(record.attempts).toHaveLength(1);
      expect(new Set(calls.map(({ key }) => key)).size).toBe(1);
    }
    const { pool, snapshots } = gateway.app.gateway;
    for (const { id } of snapshots.current.providersByName.get("openai")!.keys) {
      expect(pool.status(id, Date.now())).toMatchObject({ failures: 0, models: [] });
    }
  });

  test("is not tried again when the upstream had time to work on it", async () => {
    gateway.restart(json(chatAnswer()));
    await ask(gateway);
    gateway.vendor.once(async (call) => {
      await Bun.sleep(1100); // longer than any idle connection takes to show that it is dead
      call.rst();
    });
    const { record, calls } = await ask(gateway);
    expect(record.attempts).toHaveLength(2);
    expect(calls[0]!.key).not.toBe(calls[1]!.key);
  });
});

describe("where nobody listens", () => {
  test("another target answers, and the error without one names no address", async () => {
    const closed = await FakeVendor.start();
    const gateway = await startGateway({
      providers: (vendor) => [
        { ...provider("openai", `${closed.origin}/v1`, ["sk-dead"]), name: "dead" },
        { ...provider("openai", `${vendor.origin}/v1`, ["sk-live"]), name: "live" },
      ],
      models: [
        {
          name: "m",
          targets: [
            { provider: "dead", model: "m", priority: 0 },
            { provider: "live", model: "m", priority: 1 },
          ],
        },
      ],
      reply: json(chatAnswer()),
    });
    await closed.close();
    const { status, record } = await ask(gateway);
    expect(status).toBe(200);
    expect(record.attempts[0]).toMatchObject({ outcome: "unreachable", errorClass: "network", httpStatus: null });
    const alone = await ask(gateway, "dead/m");
    expect(alone.status).toBe(502);
    expect(alone.text).not.toContain("127.0.0.1");
    await allGivenBack(gateway);
    await gateway.close();
  });
});

describe("an outbound proxy of a key", () => {
  let gateway: Gateway;
  let proxy: FakeVendor;
  beforeAll(async () => {
    proxy = await FakeVendor.start();
    gateway = await startGateway({
      providers: (vendor) => [
        {
          name: "proxied",
          kind: "openai",
          baseUrl: `${vendor.origin}/v1`,
          keys: [
            {
              name: "k",
              secret: "sk-1",
              proxyUrl: `http://me:pass%20word@127.0.0.1:${proxy.port}`,
              userAgent: "agent/7",
            },
          ],
        },
      ],
    });
  });
  afterAll(async () => {
    await gateway.close();
    await proxy.close();
  });
  beforeEach(() => gateway.restart(json(chatAnswer())));

  test("gets the whole address, its own credential and the key's user agent; its answer is relayed", async () => {
    proxy.reset(async (call) => {
      const response = await fetch(call.target, {
        method: call.method,
        headers: { authorization: call.headers.authorization! },
        body: call.text,
      });
      await call.answer(response.status, await response.text(), { "content-type": "application/json" });
    });
    const { status, text, calls } = await ask(gateway, "proxied/m");
    expect([status, text]).toEqual([200, JSON.stringify(chatAnswer())]);
    expect(proxy.calls).toHaveLength(1);
    expect(proxy.calls[0]!.target).toBe(`${gateway.vendor.origin}/v1/chat/completions`);
    expect(proxy.calls[0]!.headers["proxy-authorization"]).toBe(`Basic ${btoa("me:pass word")}`);
    expect(proxy.calls[0]!.headers["user-agent"]).toBe("agent/7");
    expect(calls[0]!.headers["proxy-authorization"]).toBeUndefined();
  });

  test("that refuses is a fault of the way, not of the client", async () => {
    proxy.reset(json("<html>407</html>", 407, { "content-type": "text/html" }));
    const { status, record } = await ask(gateway, "proxied/m");
    expect(status).toBe(502);
    expect(record.attempts[0]).toMatchObject({ errorClass: "upstream_error", httpStatus: 407 });
  });
});

describe("a redirect", () => {
  test.each([301, 302, 303, 307, 308])("(%d) is never followed: key and prompt stay here", async (status) => {
    const elsewhere = await FakeVendor.start(json(chatAnswer()));
    const gateway = await startGateway({
      providers: (vendor) => [provider("openai", `${vendor.origin}/v1`, ["sk-1"])],
      settings: { maxAttempts: 1 },
      reply: json("", status, { location: `${elsewhere.origin}/v1/chat/completions` }),
    });
    const outcome = await ask(gateway);
    expect(outcome.status).toBe(502);
    expect(outcome.headers.has("location")).toBe(false);
    expect(elsewhere.calls).toEqual([]);
    expect(outcome.calls).toHaveLength(1);
    await gateway.close();
    await elsewhere.close();
  });
});

describe("a sticky provider", () => {
  const KEYS = Array.from({ length: 12 }, (_, index) => `sk-${index}`);
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await startGateway({
      providers: (vendor) => [provider("openai", `${vendor.origin}/v1`, KEYS, { strategy: "sticky" })],
    });
  });
  afterAll(() => gateway.close());
  beforeEach(() => gateway.restart(json(chatAnswer())));
  const keyFor = async (headers: Record<string, string>, body: object = {}) =>
    (await ask(gateway, "m", headers, body)).calls[0]!.key;

  const names: [what: string, make: (id: string) => [Record<string, string>, object]][] = [
    ["x-session-id", (id) => [{ "x-session-id": id }, {}]],
    ["session-id", (id) => [{ "session-id": id }, {}]],
    ["x-session-affinity", (id) => [{ "x-session-affinity": id }, {}]],
    ["x-claude-code-session-id", (id) => [{ "x-claude-code-session-id": id }, {}]],
    ["prompt_cache_key", (id) => [{}, { prompt_cache_key: id }]],
    ["user", (id) => [{}, { user: id }]],
  ];
  test.each(names)("keeps a session on one key (%s), and spreads sessions", async (_, make) => {
    const keys = new Set<string>();
    for (let session = 0; session < 8; session++) {
      const given = make(`session-${session}`);
      const first = await keyFor(...given);
      for (let round = 0; round < 3; round++) expect(await keyFor(...given)).toBe(first);
      keys.add(first);
    }
    expect(keys.size).toBeGreaterThan(2);
  });

  test("moves a session whose key is sick, and only that", async () => {
    const sessions = Array.from({ length: 10 }, (_, index) => ({ "x-session-id": `s${index}` }));
    const before = await Promise.all(sessions.map((headers) => keyFor(headers)));
    gateway.vendor.forKey(before[0]!, json(openAiError("no"), 401));
    await keyFor(sessions[0]!);
    const after = await Promise.all(sessions.map((headers) => keyFor(headers)));
    for (const [index, key] of after.entries()) {
      if (before[index] === before[0]) expect(key).not.toBe(before[0]);
      else expect(key).toBe(before[index]!);
    }
  });
});

describe("a restart", () => {
  test("keeps what is known of the keys and how often they were used", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "sluice-restart-"));
    const vendor = await FakeVendor.start();
    const start = () =>
      startGateway({ dataDir, providers: () => [provider("openai", `${vendor.origin}/v1`, ["sk-1", "sk-2", "sk-3"])] });
    vendor.forKey("sk-1", json(openAiError("Incorrect API key", "invalid_request_error", "invalid_api_key"), 401));
    vendor.forKey("sk-2", json(openAiError("slow down", "requests"), 429, { "retry-after": "600" }));
    vendor.forKey("sk-3", json(chatAnswer()));

    let gateway = await start();
    for (let round = 0; round < 3; round++) expect((await ask(gateway)).status).toBe(200);
    const counted = vendor.calls.length;
    expect(vendor.callsWith("sk-1")).toHaveLength(1);
    await gateway.close();

    gateway = await start();
    for (let round = 0; round < 6; round++) expect((await ask(gateway)).status).toBe(200);
    expect(vendor.calls.slice(counted).map(({ key }) => key)).toEqual(Array(6).fill("sk-3"));
    const { pool, snapshots } = gateway.app.gateway;
    const [first, second, third] = snapshots.current.providersByName.get("openai")!.keys;
    expect(pool.status(first!.id, Date.now())).toMatchObject({ health: "invalid", useCount: 1 });
    expect(pool.status(second!.id, Date.now()).models[0]).toMatchObject({ model: "m", state: "cooling" });
    expect(pool.status(third!.id, Date.now())).toMatchObject({ health: "active", useCount: 9 });
    await gateway.close();
    await vendor.close();
    await rm(dataDir, { recursive: true, force: true });
  });
});

describe("a shutdown", () => {
  test("lets a running request finish and refuses new ones", async () => {
    const gateway = await startGateway({
      providers: (vendor) => [provider("openai", `${vendor.origin}/v1`, ["sk-1"])],
    });
    gateway.vendor.otherwise(never);
    const running = ask(gateway);
    const call = await gateway.vendor.call(1);
    const closed = gateway.app.close(5000);
    expect(gateway.app.gateway.draining).toBe(true);
    await json(chatAnswer())(call);
    expect((await running).status).toBe(200);
    await closed;
    expect(gateway.records).toHaveLength(1);
    expect(fetch(`${gateway.url}/health`)).rejects.toThrow();
    await gateway.vendor.close();
  });

  test("stops what still runs when its time is over, with an error", async () => {
    const gateway = await startGateway({
      providers: (vendor) => [provider("openai", `${vendor.origin}/v1`, ["sk-1"])],
    });
    gateway.vendor.otherwise(never);
    const running = ask(gateway).catch((error: unknown) => error);
    await gateway.vendor.call(1);
    await eventually(() => gateway.app.gateway.inFlight.size === 1);
    await gateway.app.close(0);
    expect(gateway.records[0]).toMatchObject({ status: "error", errorClass: "overloaded" });
    await running;
    await gateway.vendor.close();
  });

  test("ends a running stream with an error of its format when its time is over", async () => {
    const gateway = await startGateway({
      providers: (vendor) => [provider("openai", `${vendor.origin}/v1`, ["sk-1"])],
      settings: { streamIdleTimeoutMs: 5000 },
    });
    gateway.vendor.otherwise(streamThen(CHAT_FRAMES.slice(0, 2), never));
    const reader = new StreamReader(await gateway.post("/v1/chat/completions", { model: "m", stream: true }));
    await reader.until(CHAT_FRAMES[1]!);
    const closed = gateway.app.close(0);
    expect(await reader.rest()).toMatch(/data: \{"error":\{.*shutting down.*\}\}\n\n$/);
    await closed;
    expect(gateway.records[0]).toMatchObject({ status: "error", errorClass: "overloaded", usageSource: "estimated" });
    await gateway.vendor.close();
  });
});

describe("a broken invariant", () => {
  test("is a 500 in the caller's format; its words stay in the log, without what looks like a key", async () => {
    const gateway = await startGateway({
      providers: (vendor) => [provider("openai", `${vendor.origin}/v1`, ["sk-1"])],
    });
    gateway.app.gateway.pool.pick = () => {
      throw new Error("cannot read sk-abcdefghijklmnop of undefined");
    };
    const { status, text, record, headers } = await ask(gateway);
    expect(status).toBe(500);
    expect(text).not.toContain("cannot read");
    expect(text).toContain('"type":"server_error"');
    expect(record).toMatchObject({ status: "error", errorClass: "internal" });
    const [line, ...more] = gateway.logLines.filter((each) => each.includes("request failed"));
    expect(more).toEqual([]);
    expect(JSON.parse(line!)).toMatchObject({
      level: "error",
      requestId: headers.get("x-request-id"),
      reason: "Error: cannot read sk-… of undefined",
    });
    await gateway.close();
  });
});
