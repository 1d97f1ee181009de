import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { CLIENT_KEY, startApp } from "../support/app.ts";
import { json } from "../support/fake-vendor.ts";
import { chatAnswer, geminiAnswer } from "../support/samples.ts";
import { expectUntouched, type Gateway, provider, startGateway } from "./fixture.ts";

let gateway: Gateway;
const providers = (vendor: { origin: string }) => [
  provider("openai", `${vendor.origin}/v1`, ["sk-up-1"]),
  provider("gemini", vendor.origin, ["gm-up-1"]),
];
const models = [
  { name: "gpt", targets: [{ provider: "openai", model: "gpt" }] },
  { name: "pro", targets: [{ provider: "gemini", model: "pro" }] },
];
beforeAll(async () => {
  gateway = await startGateway({
    providers,
    models,
    clientKeys: [
      { name: "test", secret: CLIENT_KEY },
      { name: "off", secret: "sk-client-off-0123456789", enabled: false },
      { name: "old", secret: "sk-client-old-0123456789", expiresAt: "2020-01-01T00:00:00Z" },
      { name: "narrow", secret: "sk-client-narrow-0123456", allowedModels: ["gpt", "claude-*"] },
    ],
  });
});
afterAll(() => gateway.close());
beforeEach(() => gateway.restart(json(chatAnswer())));

const CHAT = '{"model":"gpt"}';
const call = (path: string, headers: Record<string, string>, body = CHAT, url = gateway.url) =>
  fetch(`${url}${path}`, { method: "POST", headers: { "content-type": "application/json", ...headers }, body });

describe("a client key is found", () => {
  test.each([
    ["authorization", `Bearer ${CLIENT_KEY}`],
    ["authorization", `bearer  ${CLIENT_KEY} `],
    ["x-api-key", CLIENT_KEY],
    ["x-goog-api-key", CLIENT_KEY],
    ["api-key", CLIENT_KEY],
  ])("in %s", async (name, value) => {
    const settled = gateway.nextRecord();
    expect((await call("/v1/chat/completions", { [name]: value })).status).toBe(200);
    const { clientKeyId } = await settled;
    expect(clientKeyId).toStartWith("cky_");
    expect(JSON.stringify(gateway.vendor.calls[0]!.headers)).not.toContain(CLIENT_KEY);
  });

  test("in x-api-key although a placeholder stands in authorization", async () => {
    const headers = { authorization: "Bearer dummy", "x-api-key": CLIENT_KEY };
    expect((await call("/v1/chat/completions", headers)).status).toBe(200);
  });

  test("in ?key= on Gemini's paths, escaped too", async () => {
    gateway.vendor.otherwise(json(geminiAnswer()));
    const escaped = CLIENT_KEY.replaceAll("-", "%2D");
    for (const key of [CLIENT_KEY, escaped]) {
      expect((await call(`/v1beta/models/pro:generateContent?key=${key}`, {}, "{}")).status).toBe(200);
    }
    for (const { target, headers } of gateway.vendor.calls) {
      expect(target).not.toContain("key");
      expect(headers["x-goog-api-key"]).toBe("gm-up-1");
    }
  });
});

describe("a call is refused with 401, and nobody is asked,", () => {
  const bad: [what: string, path: string, headers: Record<string, string>][] = [
    ["without a key", "/v1/chat/completions", {}],
    ["with an unknown key", "/v1/chat/completions", { authorization: "Bearer sk-wrong-key-0123456789" }],
    ["with a part of a key", "/v1/chat/completions", { authorization: `Bearer ${CLIENT_KEY.slice(0, -1)}` }],
    ["with a key and more", "/v1/chat/completions", { authorization: `Bearer ${CLIENT_KEY}x` }],
    ["with an empty bearer", "/v1/chat/completions", { authorization: "Bearer " }],
    ["with another scheme", "/v1/chat/completions", { authorization: `Basic ${btoa(`x:${CLIENT_KEY}`)}` }],
    ["with SQL for a key", "/v1/chat/completions", { authorization: "Bearer ' OR '1'='1' --" }],
    ["with bytes for a key", "/v1/chat/completions", { authorization: "Bearer \u0080\u00ff" }],
    ["with a huge key", "/v1/chat/completions", { authorization: `Bearer ${"a".repeat(10_000)}` }],
    ["with the upstream's key", "/v1/chat/completions", { authorization: "Bearer sk-up-1" }],
    ["with a disabled key", "/v1/chat/completions", { "x-api-key": "sk-client-off-0123456789" }],
    ["with an expired key", "/v1/chat/completions", { "x-api-key": "sk-client-old-0123456789" }],
    ["with the key in the query of a path that is not Gemini's", `/v1/chat/completions?key=${CLIENT_KEY}`, {}],
    ["with the key under another parameter", `/v1/chat/completions?api_key=${CLIENT_KEY}`, {}],
    ["with a broken escape in ?key=", "/v1beta/models/pro:generateContent?key=%zz", {}],
    ["with a disabled key although the rest is wrong too", "/v1/messages", { "x-api-key": "sk-client-off-0123456789" }],
  ];
  test.each(bad)("%s", async (_, path, headers) => {
    await expectUntouched(gateway, 1, async () => {
      const response = await call(path, headers);
      const text = await response.text();
      expect(response.status).toBe(401);
      for (const secret of Object.values(headers).filter((value) => value.length > 20)) {
        expect(text).not.toContain(secret.replace(/^Bearer /, ""));
      }
      expect(gateway.records.at(-1)).toMatchObject({
        status: "error",
        httpStatus: 401,
        errorClass: "unauthorized",
        clientKeyId: null,
        attempts: [],
      });
    });
  });

  test("in the caller's own format", async () => {
    const openai = await (await call("/v1/chat/completions", {})).json();
    expect(openai).toMatchObject({ error: { type: "authentication_error", code: "invalid_api_key", param: null } });
    const anthropic = await (await call("/v1/messages", {})).json();
    expect(anthropic).toMatchObject({ type: "error", error: { type: "authentication_error" } });
    const gemini = await (await call("/v1beta/models/pro:generateContent", {})).json();
    expect(gemini).toMatchObject({ error: { code: 401, status: "UNAUTHENTICATED" } });
    const responses = await (await call("/v1/responses", {})).json();
    expect(responses).toMatchObject({ error: { code: "invalid_api_key" } });
  });
});

describe("a key that is limited to some models", () => {
  const narrow = { authorization: "Bearer sk-client-narrow-0123456" };
  test.each([
    ["/v1/chat/completions", CHAT, 200],
    ["/v1/chat/completions", '{"model":"openai/gpt"}', 403],
    ["/v1beta/models/pro:generateContent", "{}", 403],
    ["/v1/messages", '{"model":"claude-x"}', 404],
  ])("%s %s is %d", async (path, body, status) => {
    const response = await call(path, narrow, body);
    expect(response.status).toBe(status);
    if (status === 403) {
      expect(gateway.vendor.calls).toEqual([]);
      expect(await response.text()).toContain("may not use");
    }
  });
});

describe("anonymous access", () => {
  test("serves callers without a key when the operator allows it, and still refuses wrong ones", async () => {
    const open = await startGateway({
      providers,
      models,
      env: { ALLOW_ANONYMOUS_ACCESS: "true" },
      reply: json(chatAnswer()),
    });
    const settled = open.nextRecord();
    expect((await call("/v1/chat/completions", {}, CHAT, open.url)).status).toBe(200);
    const { clientKeyId } = await settled;
    const { anonymous } = open.app.gateway.snapshots.current;
    expect(clientKeyId).toBe(anonymous!.id);
    expect((await call("/v1/chat/completions", { authorization: "Bearer nope" }, CHAT, open.url)).status).toBe(401);
    expect((await call("/v1/chat/completions", { authorization: "Basic x" }, CHAT, open.url)).status).toBe(401);
    await open.close();
  });

  test("can be a setting too", async () => {
    const app = await startApp({ config: { settings: { allowAnonymous: true } } });
    expect((await fetch(`${app.url}/v1/models`)).status).toBe(200);
    await app.close();
  });

  test("is off by default", async () => {
    expect((await fetch(`${gateway.url}/v1/models`)).status).toBe(401);
  });
});
