import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { CLIENT_KEY } from "../support/app.ts";
import { json, stream } from "../support/fake-vendor.ts";
import { CHAT_STREAM, chatAnswer, messageAnswer } from "../support/samples.ts";
import { type Gateway, provider, startGateway } from "./fixture.ts";

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    providers: (vendor) => [
      {
        name: "openai",
        kind: "openai",
        baseUrl: `${vendor.origin}/v1`,
        keys: [{ name: "k", secret: "sk-up-1", userAgent: "my-agent/1.0" }],
      },
      provider("anthropic", vendor.origin, ["sk-ant-1"]),
    ],
    models: [
      { name: "gpt", targets: [{ provider: "openai", model: "gpt" }] },
      { name: "opus", targets: [{ provider: "anthropic", model: "opus" }] },
    ],
  });
});
afterAll(() => gateway.close());
beforeEach(() => gateway.restart(json(chatAnswer())));

/** What browsers, proxies, SDKs and attackers send along. */
const CLIENT_HEADERS = {
  "user-agent": "OpenAI/Python 2.0",
  "openai-beta": "assistants=v2",
  "idempotency-key": "idem-1",
  "openai-organization": "org-client",
  "openai-project": "proj-client",
  cookie: "session=1",
  origin: "https://app.example",
  referer: "https://app.example/secret",
  "x-forwarded-for": "203.0.113.9",
  "x-forwarded-host": "evil.example",
  "x-real-ip": "203.0.113.9",
  forwarded: "for=203.0.113.9",
  "proxy-authorization": "Basic eHg=",
  "x-stainless-lang": "python",
  "x-portkey-custom-host": "http://evil.example",
  "x-base-url": "http://evil.example",
  "x-session-id": "s1",
  te: "trailers",
};

describe("what goes up", () => {
  test("is the allow-list: no address of the client, no cookie, nothing that could steer the upstream", async () => {
    const { calls } = await gateway.send("/v1/chat/completions", { model: "gpt" }, { headers: CLIENT_HEADERS });
    const { connection: _, ...headers } = calls[0]!.headers;
    expect(headers).toEqual({
      accept: "*/*",
      "accept-encoding": "identity",
      authorization: "Bearer sk-up-1",
      "content-length": "15",
      "content-type": "application/json",
      host: new URL(gateway.vendor.origin).host,
      "idempotency-key": "idem-1",
      "openai-beta": "assistants=v2",
      "user-agent": "my-agent/1.0",
    });
  });

  test("is what the key, its address and this request say, whatever went up before", async () => {
    const keyId = gateway.app.gateway.snapshots.current.providersByName.get("openai")!.keys[0]!.id;
    const ask = async (path = "/v1/chat/completions", headers = {}) => {
      const { calls } = await gateway.send(path, { model: "gpt" }, { headers });
      const [call] = calls;
      return [call!.path, call!.headers["user-agent"], call!.headers["openai-beta"] ?? null];
    };
    const usual = ["/v1/chat/completions", "my-agent/1.0", null];
    expect(await ask()).toEqual(usual);
    expect(await ask()).toEqual(usual);
    expect(await ask(undefined, { "openai-beta": "b" })).toEqual(["/v1/chat/completions", "my-agent/1.0", "b"]);
    expect(await ask("/v1/embeddings")).toEqual(["/v1/embeddings", "my-agent/1.0", null]);
    expect(await ask()).toEqual(usual);
    for (const agent of ["other/2", "my-agent/1.0"]) {
      await gateway.graphql(
        `mutation { updateProviderKey(input: { id: "${keyId}", userAgent: "${agent}" }) { userErrors { code } } }`,
      );
      expect(await ask()).toEqual(["/v1/chat/completions", agent, null]);
    }
  });

  test("names the gateway itself when the key has no user agent of its own", async () => {
    gateway.vendor.otherwise(json(messageAnswer()));
    const { calls } = await gateway.send("/v1/messages", { model: "opus" }, { headers: CLIENT_HEADERS });
    expect(calls[0]!.headers["user-agent"]).toBe("sluice");
  });
});

const VENDOR_HEADERS: Record<string, string | string[]> = {
  "set-cookie": ["session=evil; Path=/", "a=b"],
  "access-control-allow-origin": "*",
  "access-control-allow-credentials": "true",
  "openai-organization": "org-pooled-account",
  "openai-project": "proj_pooled",
  "anthropic-organization-id": "org-uuid",
  server: "evil",
  "strict-transport-security": "max-age=1",
  "clear-site-data": '"*"',
  link: "<https://evil.example>; rel=preload",
  location: "https://evil.example",
  "x-debug-auth": "Bearer sk-up-1",
  "x-request-id": "upstream-id",
  via: "1.1 vendor",
  "cf-ray": "abc",
  "keep-alive": "timeout=5",
  "openai-processing-ms": "12",
  "x-ratelimit-remaining-requests": "41",
  "x-ratelimit-reset-tokens": "6m0s",
  "anthropic-ratelimit-tokens-remaining": "7",
};

describe("what comes back", () => {
  test("is the allow-list: nothing about the pooled account, no cookie, no CORS grant", async () => {
    gateway.vendor.otherwise(json(chatAnswer(), 200, VENDOR_HEADERS));
    const { headers, record } = await gateway.send("/v1/chat/completions", { model: "gpt" });
    const { date, ...rest } = Object.fromEntries(headers);
    expect(date).toBeString();
    expect(rest).toEqual({
      "content-length": String(Buffer.byteLength(JSON.stringify(chatAnswer()))),
      "content-type": "application/json",
      "openai-processing-ms": "12",
      "x-ratelimit-remaining-requests": "41",
      "x-ratelimit-reset-tokens": "6m0s",
      "x-request-id": record.id,
    });
    expect(record.attempts[0]!.upstreamRequestId).toBe("upstream-id");
  });

  test("is the same for a stream", async () => {
    gateway.vendor.otherwise(stream(CHAT_STREAM, VENDOR_HEADERS));
    const { headers } = await gateway.send("/v1/chat/completions", { model: "gpt", stream: true });
    expect([...headers.keys()].sort()).toEqual([
      "cache-control",
      "content-type",
      "date",
      "openai-processing-ms",
      "transfer-encoding",
      "x-accel-buffering",
      "x-ratelimit-remaining-requests",
      "x-ratelimit-reset-tokens",
      "x-request-id",
    ]);
  });

  test("is Anthropic's own list for a message", async () => {
    gateway.vendor.otherwise(json(messageAnswer(), 200, VENDOR_HEADERS));
    const { headers } = await gateway.send("/v1/messages", { model: "opus" });
    expect(headers.get("anthropic-ratelimit-tokens-remaining")).toBe("7");
    for (const name of ["anthropic-organization-id", "set-cookie", "openai-organization", "openai-processing-ms"]) {
      expect(headers.has(name)).toBe(false);
    }
  });

  test("carries our request id, also when nobody was asked", async () => {
    const response = await gateway.post("/v1/chat/completions", "{");
    expect(response.headers.get("x-request-id")).toMatch(/^req_/);
    expect(response.headers.get("content-type")).toStartWith("application/json");
    const message = await gateway.post("/v1/messages", "{");
    expect(message.headers.get("request-id")).toBe(message.headers.get("x-request-id")!);
  });

  test("a huge header block of the upstream is a fault of the upstream, not a crash", async () => {
    gateway.vendor.once(json(chatAnswer(), 200, { "x-big": "h".repeat(1_000_000) }));
    const { status } = await gateway.send("/v1/chat/completions", { model: "gpt" });
    expect(status).toBeOneOf([200, 502]);
    expect((await fetch(`${gateway.url}/health`)).status).toBe(200);
  });
});

test("a client's hostile header values cannot break out of the upstream request", async () => {
  const { calls } = await gateway.send(
    "/v1/chat/completions",
    { model: "gpt" },
    {
      headers: {
        "openai-beta": "a\tb  c",
        "idempotency-key": `"${"x".repeat(2000)}"`,
        authorization: `bearer   ${CLIENT_KEY}`,
      },
    },
  );
  expect(calls[0]!.headers["openai-beta"]).toBe("a\tb  c");
  expect(calls[0]!.headers.authorization).toBe("Bearer sk-up-1");
});
