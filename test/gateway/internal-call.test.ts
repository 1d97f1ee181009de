import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { internalCalls } from "../../src/gateway/internal-call.ts";
import type { InternalCall } from "../../src/internal-call.ts";
import { CLIENT_KEY } from "../support/app.ts";
import { json, never } from "../support/fake-vendor.ts";
import { chatAnswer, openAiError } from "../support/samples.ts";
import { allGivenBack, expectUntouched, type Gateway, provider, startGateway } from "./fixture.ts";

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    providers: (vendor) => [
      provider("openai", `${vendor.origin}/v1`, ["sk-a", "sk-b", "sk-c"]),
      provider("openai-compatible", `${vendor.origin}/v1`, ["sk-x"]),
      provider("anthropic", vendor.origin, ["sk-ant"]),
    ],
    models: [
      {
        name: "fast",
        price: { input: 2, output: 8, cacheRead: 0.5 },
        targets: [
          { provider: "openai", model: "first" },
          { provider: "openai-compatible", model: "second" },
        ],
      },
    ],
    clientKeys: [
      { name: "test", secret: CLIENT_KEY },
      { name: "narrow", secret: "sk-test-narrow-0123456789", allowedModels: ["slow"] },
      { name: "off", secret: "sk-test-off-0123456789", enabled: false },
    ],
  });
});
afterAll(() => gateway.close());
beforeEach(() => gateway.restart(json(chatAnswer())));

const BODY = { model: "fast", messages: [{ role: "user", content: "Grüße" }] };

async function call(change: Partial<InternalCall> & { readonly json?: object } = {}) {
  const before = gateway.vendor.calls.length;
  const settled = gateway.nextRecord();
  const { requestId, response } = internalCalls(gateway.app.gateway)({
    origin: "test",
    endpoint: "chat.completions",
    pathModel: null,
    body: new TextEncoder().encode(JSON.stringify(change.json ?? BODY)),
    clientKeyId: null,
    pins: null,
    signal: new AbortController().signal,
    ...change,
  });
  const answer = await response;
  const text = await answer.text();
  return { requestId, status: answer.status, text, record: await settled, calls: gateway.vendor.calls.slice(before) };
}

const providerId = (name: string) => gateway.app.gateway.snapshots.current.providersByName.get(name)!.id;
const keyId = (name: string, secret: string) =>
  gateway.app.gateway.snapshots.current.providersByName.get(name)!.keys.find((key) => key.name === secret)!.id;
const clientId = (name: string) =>
  [...gateway.app.gateway.snapshots.current.clientKeysByHash.values()].find((client) => client.name === name)!.id;

describe("a call from within", () => {
  test("goes the way of a client's, and its record says where it came from", async () => {
    const { requestId, status, text, record } = await call({ clientAddress: "10.1.2.3" });
    expect([status, JSON.parse(text)]).toEqual([200, chatAnswer({ model: expect.anything() })]);
    expect(record).toMatchObject({
      id: requestId,
      origin: "test",
      clientKeyId: null,
      clientAddress: "10.1.2.3",
      status: "success",
      requestedModel: "fast",
    });
    expect(record.costNanoUsd).toBeGreaterThan(0);
  });

  test("a client's own call is a client's", async () => {
    const { record } = await gateway.send("/v1/chat/completions", BODY);
    expect(record.origin).toBe("client");
  });

  test("as a client key is counted as that key's", async () => {
    const { status, record } = await call({ clientKeyId: clientId("test"), origin: "chat" });
    expect([status, record.clientKeyId, record.origin]).toEqual([200, clientId("test"), "chat"]);
  });

  test.each([
    ["whose models do not include it", "narrow", 403],
    ["that is switched off", "off", 401],
  ])("as a client key %s is refused", async (_, name, expected) => {
    await expectUntouched(gateway, 1, async () => {
      const { status } = await call({ clientKeyId: clientId(name) });
      expect(status).toBe(expected);
    });
  });

  test("as a client key that is gone is refused", async () => {
    await expectUntouched(gateway, 1, async () => {
      const { status, record } = await call({ clientKeyId: "cky_gone" });
      expect([status, record.clientKeyId]).toEqual([401, null]);
    });
  });

  test("that is abandoned ends its upstream call", async () => {
    gateway.vendor.otherwise(never);
    const controller = new AbortController();
    const running = call({ signal: controller.signal });
    await gateway.vendor.call(1);
    controller.abort();
    const { status, record } = await running;
    expect([status, record.status, record.errorClass]).toEqual([499, "cancelled", "client_closed"]);
    await gateway.vendor.calls[0]!.left;
    await allGivenBack(gateway);
  });
});

describe("a pinned call", () => {
  test("asks that key alone, however often", async () => {
    const pins = { keyId: keyId("openai", "sk-b") };
    for (let times = 0; times < 4; times++) {
      const { calls } = await call({ pins });
      expect(calls.map(({ key }) => key)).toEqual(["sk-b"]);
    }
  });

  test("asks that key even while it cools down", async () => {
    const pins = { keyId: keyId("openai", "sk-b") };
    gateway.vendor.forKey("sk-b", json(openAiError("slow down"), 429, { "retry-after": "60" }));
    expect((await call({ pins })).status).toBe(429);
    gateway.vendor.forKey("sk-b", json(chatAnswer()));
    expect((await call({ pins })).status).toBe(200);
  });

  test("whose key fails is not served by another", async () => {
    gateway.vendor.forKey("sk-b", json(openAiError("broken"), 500));
    const { status, calls, record } = await call({ pins: { keyId: keyId("openai", "sk-b") } });
    expect([status, calls.map(({ key }) => key)]).toEqual([502, ["sk-b"]]);
    expect(record.errorClass).toBe("upstream_error");
  });

  test("goes to the target that was named", async () => {
    const second = await call({ pins: { targetIndex: 1 } });
    const provided = await call({ pins: { providerId: providerId("openai") } });
    const named = await call({ pins: { upstreamModel: "second" } });
    expect([second, provided, named].map(({ calls }) => calls.map(({ model }) => model))).toEqual([
      ["second"],
      ["first"],
      ["second"],
    ]);
  });

  test("of the console may try any provider with any model, in any format", async () => {
    const pins = { providerId: providerId("openai"), upstreamModel: "elsewhere" };
    const { calls, record } = await call({ pins });
    expect(calls.map(({ model, path }) => [model, path])).toEqual([["elsewhere", "/v1/chat/completions"]]);
    expect(record.servedModel).toBe("elsewhere");
  });

  test.each([
    ["a target that is not there", () => ({ targetIndex: 7 })],
    ["a provider that does not serve the model", () => ({ providerId: providerId("anthropic") })],
    ["a key of another provider", () => ({ providerId: providerId("openai"), keyId: keyId("anthropic", "sk-ant") })],
    ["a key that is not there", () => ({ keyId: "pky_gone" })],
    ["a provider that is not there", () => ({ providerId: "prv_gone", upstreamModel: "x" })],
  ])("to %s is refused", async (_, pins) => {
    await expectUntouched(gateway, 1, async () => {
      const { status, text } = await call({ pins: pins() });
      expect([status, JSON.parse(text).error.code]).toEqual([400, "pinned_target_unavailable"]);
    });
  });

  test("of a client key stays with its model's targets", async () => {
    await expectUntouched(gateway, 1, async () => {
      const pins = { providerId: providerId("anthropic"), upstreamModel: "claude" };
      const { status } = await call({ pins, clientKeyId: clientId("test") });
      expect(status).toBe(400);
    });
  });
});
