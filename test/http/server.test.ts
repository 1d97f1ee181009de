import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { allGivenBack, type Gateway, provider, startGateway } from "../gateway/fixture.ts";
import { CLIENT_KEY } from "../support/app.ts";
import { json, never, stream, streamThen } from "../support/fake-vendor.ts";
import { request, talk } from "../support/raw-client.ts";
import { CHAT_FRAMES, CHAT_STREAM, chatAnswer } from "../support/samples.ts";
import { eventually, StreamReader } from "../support/stream-reader.ts";

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    providers: (vendor) => [provider("openai", `${vendor.origin}/v1`, ["sk-1"])],
    reply: json(chatAnswer()),
  });
});
afterAll(() => gateway.close());
beforeEach(() => gateway.restart(json(chatAnswer())));

const BODY = '{"model":"m"}';
const HEADERS = {
  host: "gateway.example:8000",
  authorization: `Bearer ${CLIENT_KEY}`,
  "content-type": "application/json",
  "content-length": String(BODY.length),
};
const LINE = "POST /v1/chat/completions HTTP/1.1";

describe("health and readiness", () => {
  test("answer anybody", async () => {
    const health = await fetch(`${gateway.url}/health`);
    expect([health.status, await health.json()]).toEqual([200, { status: "ok" }]);
    const ready = await fetch(`${gateway.url}/ready`);
    expect([ready.status, await ready.json()]).toEqual([200, { status: "ready" }]);
  });

  test("readiness ends when the process is told to stop, health does not", async () => {
    const { gateway: inner } = gateway.app;
    inner.draining = true;
    try {
      expect((await fetch(`${gateway.url}/ready`)).status).toBe(503);
      expect((await fetch(`${gateway.url}/health`)).status).toBe(200);
      const { status, headers, calls } = await gateway.send("/v1/chat/completions", BODY);
      expect(status).toBe(503);
      expect(headers.get("retry-after")).toBe("1");
      expect(headers.has("x-should-retry")).toBe(false);
      expect(calls).toEqual([]);
    } finally {
      inner.draining = false;
    }
  });
});

describe("a path that is not there", () => {
  const missing: [path: string, headers: Record<string, string>, expected: object][] = [
    ["/v1/nothing", {}, { error: { code: "unknown_path", type: "not_found_error", param: null } }],
    ["/v1/", {}, { error: { code: "unknown_path" } }],
    ["/v1/messages/nothing", {}, { type: "error", error: { type: "not_found_error" } }],
    ["/v1/batches", { "anthropic-version": "2023-06-01" }, { type: "error" }],
    ["/v1beta/nothing", {}, { error: { code: 404, status: "NOT_FOUND" } }],
    ["/v1/batches", { "x-goog-api-key": "x" }, { error: { code: 404 } }],
    ["/v1/models/%zz", {}, { error: { code: "unknown_path" } }],
    ["/openai/nothing", {}, { error: { code: "unknown_path" } }],
  ];
  test.each(missing)("%s is a 404 in JSON, in the caller's format (case %#)", async (path, headers, expected) => {
    const before = gateway.records.length;
    const response = await fetch(`${gateway.url}${path}`, { method: "POST", headers, body: "{}" });
    expect(response.status).toBe(404);
    expect(response.headers.get("content-type")).toStartWith("application/json");
    expect(response.headers.get("x-request-id")).toMatch(/^req_/);
    expect(await response.json()).toMatchObject(expected);
    expect(gateway.records.length).toBe(before);
    expect(gateway.vendor.calls).toEqual([]);
  });
});

describe("a method that is not the path's", () => {
  test.each([
    ["GET", "/v1/chat/completions", "POST"],
    ["PUT", "/v1/messages", "POST"],
    ["DELETE", "/v1/models", "GET"],
    ["GET", "/v1beta/models/m:generateContent", "POST"],
    ["POST", "/v1/responses/resp_1", "GET, DELETE"],
    ["OPTIONS", "/v1/chat/completions", "POST"],
  ])("%s %s is a 405 that names %s", async (method, path, allow) => {
    const response = await fetch(`${gateway.url}${path}`, { method });
    expect([response.status, response.headers.get("allow")]).toEqual([405, allow]);
    expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining(allow) } });
    expect(response.headers.has("access-control-allow-origin")).toBe(false);
    expect(gateway.vendor.calls).toEqual([]);
  });
});

describe("HTTP that is wrong on purpose never reaches an upstream:", () => {
  const raw = (lines: string, body = BODY) => Buffer.from(`${lines.replaceAll("\n", "\r\n")}\r\n\r\n${body}`, "latin1");
  const auth = `host: x\nauthorization: Bearer ${CLIENT_KEY}\ncontent-type: application/json`;
  const hostile: [what: string, bytes: Uint8Array][] = [
    ["no host", raw(`${LINE}\nauthorization: Bearer ${CLIENT_KEY}\ncontent-length: 13`)],
    ["an empty host", raw(`${LINE}\nhost:\nauthorization: Bearer ${CLIENT_KEY}\ncontent-length: 13`)],
    ["a host with a path", raw(`${LINE}\nhost: x/../admin?\nauthorization: Bearer ${CLIENT_KEY}\ncontent-length: 13`)],
    [
      "a host with a user",
      raw(`${LINE}\nhost: user@evil.example\nauthorization: Bearer ${CLIENT_KEY}\ncontent-length: 13`),
    ],
    ["two hosts", raw(`${LINE}\n${auth}\nhost: evil\ncontent-length: 13`)],
    ["two different lengths", raw(`${LINE}\n${auth}\ncontent-length: 13\ncontent-length: 40`)],
    ["a negative length", raw(`${LINE}\n${auth}\ncontent-length: -5`)],
    ["a length with a sign", raw(`${LINE}\n${auth}\ncontent-length: +13`)],
    ["a length in hex", raw(`${LINE}\n${auth}\ncontent-length: 0xd`)],
    [
      "a length and chunks",
      raw(
        `${LINE}\n${auth}\ncontent-length: 4\ntransfer-encoding: chunked`,
        "0\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n",
      ),
    ],
    ["an unknown transfer encoding", raw(`${LINE}\n${auth}\ntransfer-encoding: xchunked`)],
    ["a chunk size that is no number", raw(`${LINE}\n${auth}\ntransfer-encoding: chunked`, "ZZ\r\n{}\r\n0\r\n\r\n")],
    [
      "a chunk size beyond all bounds",
      raw(`${LINE}\n${auth}\ntransfer-encoding: chunked`, "FFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n"),
    ],
    ["a header without colon", raw(`${LINE}\n${auth}\ngarbage\ncontent-length: 13`)],
    ["a NUL in a header", raw(`${LINE}\n${auth}\nx-a: b\u0000c\ncontent-length: 13`)],
    ["a header of 1 MB", raw(`${LINE}\n${auth}\nx-a: ${"a".repeat(1_000_000)}\ncontent-length: 13`)],
    ["10,000 headers", raw(`${LINE}\n${auth}\n${"x-a: 1\n".repeat(10_000)}content-length: 13`)],
    ["HTTP/9.9", raw(`POST /v1/chat/completions HTTP/9.9\n${auth}\ncontent-length: 13`)],
    ["the HTTP/2 preface", Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")],
    [
      "TLS on the plain port",
      Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, ...Array(64).fill(0), 13, 10, 13, 10]),
    ],
    ["an unknown method", raw(`constructor /v1/responses/resp_1 HTTP/1.1\n${auth}`, "")],
    ["CONNECT", raw(`CONNECT evil.example:443 HTTP/1.1\n${auth}`, "")],
    ["TRACE", raw(`TRACE /v1/chat/completions HTTP/1.1\n${auth}`, "")],
  ];
  test.each(hostile)("%s", async (_, bytes) => {
    const { status, body } = await talk(gateway.url, bytes);
    expect(status).toBeOneOf([0, 400, 404, 405, 413, 431, 501, 505]);
    expect(body).not.toContain(CLIENT_KEY);
    expect(gateway.vendor.calls).toEqual([]);
    expect((await fetch(`${gateway.url}/health`)).status).toBe(200);
  });

  test.each([
    ["a path above the root", "POST /v1/../../etc/passwd HTTP/1.1"],
    ["a path to the outside", "POST /v1/%2e%2e/%2e%2e/etc/passwd HTTP/1.1"],
    ["a double slash", "POST //v1/chat/completions HTTP/1.1"],
  ])("%s", async (_, line) => {
    const { status } = await talk(gateway.url, request(line, HEADERS, BODY));
    expect(status).toBe(404);
    expect(gateway.vendor.calls).toEqual([]);
  });
});

describe("HTTP that is unusual but right is served:", () => {
  test.each([
    ["an IPv6 host", { ...HEADERS, host: "[::1]:8000" }],
    ["a plain host", { ...HEADERS, host: "localhost" }],
    [
      "upper-case header names",
      Object.fromEntries(Object.entries(HEADERS).map(([name, value]) => [name.toUpperCase(), value])),
    ],
    [
      "an upgrade that we do not speak",
      { ...HEADERS, connection: "Upgrade, HTTP2-Settings", upgrade: "h2c", "http2-settings": "AAMA" },
    ],
  ])("%s", async (_, headers: Record<string, string>) => {
    expect((await talk(gateway.url, request(LINE, headers, BODY))).status).toBe(200);
  });

  test("a client that asks before it sends (100-continue)", async () => {
    const answer = await talk(gateway.url, request(LINE, { ...HEADERS, expect: "100-continue" }), (socket) =>
      socket.write(BODY),
    );
    expect(answer.head).toContain("200 OK");
  });

  test("an absolute target: it chooses no other upstream", async () => {
    const { status } = await talk(
      gateway.url,
      request("POST http://evil.example/v1/chat/completions HTTP/1.1", HEADERS, BODY),
    );
    expect(status).toBeOneOf([200, 400, 404, 421]);
    for (const call of gateway.vendor.calls) expect(call.path).toBe("/v1/chat/completions");
  });

  // Bun closes a connection on which a second request comes before the first is answered; no client of ours does that.
  test("pipelined requests are answered in order or the connection is closed; nothing leaks", async () => {
    const { status } = await talk(
      gateway.url,
      Buffer.concat([request(LINE, HEADERS, BODY), request(LINE, HEADERS, BODY)]),
    );
    expect(status).toBeOneOf([0, 200]);
    await eventually(() => gateway.app.gateway.inFlight.size === 0);
    await allGivenBack(gateway);
    expect((await gateway.send("/v1/chat/completions", BODY)).status).toBe(200);
  });
});

describe("below a base path", () => {
  let based: Gateway;
  beforeAll(async () => {
    based = await startGateway({
      providers: (vendor) => [provider("openai", `${vendor.origin}/v1`, ["sk-1"])],
      env: { BASE_PATH: "/llm/sluice" },
      settings: { pingIntervalMs: 250, firstTokenTimeoutMs: 5000, streamIdleTimeoutMs: 5000 },
      reply: json(chatAnswer()),
    });
  });
  afterAll(() => based.close());

  test.each(["/llm/sluice/v1/chat/completions", "/v1/chat/completions"])("%s is served", async (path) => {
    based.restart(json(chatAnswer()));
    const { status, calls, record } = await based.send(path, BODY);
    expect(status).toBe(200);
    expect(calls[0]!.path).toBe("/v1/chat/completions");
    expect(record.clientAddress).toBe("127.0.0.1");
  });

  test.each(["/llm/sluice/health", "/health"])("%s answers", async (path) => {
    expect((await fetch(`${based.url}${path}`)).status).toBe(200);
  });

  test.each(["/llm/sluicex/v1/models", "/llm/v1/models"])("%s does not", async (path) => {
    expect((await fetch(`${based.url}${path}`, { headers: { authorization: `Bearer ${CLIENT_KEY}` } })).status).toBe(
      404,
    );
  });

  test("a stream is relayed, and a client that leaves is noticed", async () => {
    based.restart(stream(CHAT_STREAM));
    const whole = await based.send("/llm/sluice/v1/chat/completions", { model: "m", stream: true });
    expect(whole.text).toBe(CHAT_STREAM.join(""));
    based.restart(streamThen(CHAT_FRAMES.slice(0, 2), never));
    const settled = based.nextRecord();
    const reader = new StreamReader(await based.post("/llm/sluice/v1/chat/completions", { model: "m", stream: true }));
    await reader.until("Grüße");
    await reader.leave();
    expect(await settled).toMatchObject({ status: "cancelled" });
    await based.vendor.calls[0]!.left;
  });
});
