import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { inTurn, json, type Reply, reset, stream } from "../support/fake-vendor.ts";
import { anthropicError, CHAT_STREAM, chatAnswer, openAiError } from "../support/samples.ts";
import { allGivenBack, type Gateway, provider, startGateway } from "./fixture.ts";

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    providers: (vendor) => [
      { ...provider("openai", `${vendor.origin}/first/v1`, ["sk-1", "sk-2", "sk-3", "sk-4", "sk-5"]), name: "first" },
      { ...provider("openai", `${vendor.origin}/second/v1`, ["sk-b"]), name: "second" },
      { ...provider("openai", `${vendor.origin}/third/v1`, ["sk-c"]), name: "third" },
      { ...provider("openai", `${vendor.origin}/empty/v1`, []), name: "empty" },
      { ...provider("openai", `${vendor.origin}/off/v1`, ["sk-off"]), name: "off", enabled: false },
      provider("anthropic", vendor.origin, ["ant-1"]),
    ],
    models: [
      { name: "one", targets: [{ provider: "first", model: "m" }] },
      {
        name: "chain",
        targets: [
          { provider: "third", model: "m3", priority: 2 },
          { provider: "empty", model: "m0", priority: 0 },
          { provider: "off", model: "m0", priority: 0 },
          { provider: "second", model: "m2", priority: 1 },
          { provider: "anthropic", model: "opus", priority: 0 },
        ],
      },
      { name: "only-anthropic", targets: [{ provider: "anthropic", model: "opus" }] },
      { name: "nobody", targets: [{ provider: "off", model: "m" }] },
      { name: "empty", targets: [{ provider: "empty", model: "m" }] },
    ],
  });
});
afterAll(() => gateway.close());
beforeEach(() => gateway.restart(json(chatAnswer())));

const ask = (model = "one", change: object = {}) => gateway.send("/v1/chat/completions", { model, ...change });
const limited = (headers: Record<string, string> = {}) =>
  json(
    openAiError("Rate limit reached for gpt in organization org-abc123", "requests", "rate_limit_exceeded"),
    429,
    headers,
  );
const refused = json(openAiError("Incorrect API key provided: sk-1", "invalid_request_error", "invalid_api_key"), 401);
const broken = json(openAiError("The server had an error", "server_error"), 500);

describe("a request whose fault it is", () => {
  const faults: [what: string, status: number, body: object][] = [
    ["a bad request", 400, openAiError("Unsupported parameter")],
    ["an unknown model", 404, openAiError("The model does not exist", "invalid_request_error", "model_not_found")],
    ["a body that is too large", 413, openAiError("too large")],
    ["an unprocessable body", 422, openAiError("no")],
  ];
  test.each(faults)("%s is refused once, in the upstream's own words", async (_, status, body) => {
    gateway.vendor.otherwise(json(body, status));
    for (const change of [{}, { stream: true }]) {
      const outcome = await ask("one", change);
      expect(outcome.status).toBe(status);
      expect(outcome.json).toEqual(body);
      expect(outcome.calls).toHaveLength(1);
      expect(outcome.record).toMatchObject({ status: "error", httpStatus: status });
      expect(outcome.record.attempts[0]!.cooldownMs).toBeNull();
    }
  });
});

describe("an upstream fault", () => {
  const faults: [what: string, reply: Reply][] = [
    ["500", broken],
    ["503", json(openAiError("overloaded"), 503)],
    ["529", json(anthropicError("overloaded_error", "Overloaded"), 529)],
    ["a status nobody knows", json("?", 599)],
    ["not JSON", json('{"id":"x","choices":[}')],
    ["an empty 200", json("")],
    ["an error object in a 200", json(openAiError("The model is overloaded", "server_error"))],
    ["JSON that is 100,000 deep", json(`{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`)],
    ["a web page", json("<html>", 200, { "content-type": "text/html" })],
    [
      "a body shorter than its length",
      async (call) => {
        await call.head(200, { "content-type": "application/json", "content-length": "1000" });
        await call.write('{"id":');
        call.fin();
      },
    ],
    [
      "a body in chunks that breaks off",
      async (call) => {
        await call.head(200, { "content-type": "application/json", "transfer-encoding": "chunked" });
        await call.chunk('{"id":');
        call.fin();
      },
    ],
    ["gzip that is none", json("{}", 200, { "content-encoding": "gzip" })],
    ["an encoding nobody knows", json("{}", 200, { "content-encoding": "zstd2" })],
    ["a redirect", json("", 307, { location: "/first/v1/chat/completions" })],
  ];
  test.each(faults)("(%s) is answered by another key", async (_, fault) => {
    gateway.vendor.otherwise(inTurn(fault, json(chatAnswer())));
    const { status, calls, record } = await ask();
    expect(status).toBe(200);
    expect(calls).toHaveLength(2);
    expect(calls[0]!.key).not.toBe(calls[1]!.key);
    expect(record.attempts[0]!.cooldownMs).toBeGreaterThan(0);
    await allGivenBack(gateway);
  });

  test.each([
    ["a request", {}],
    ["a stream", { stream: true }],
  ])("costs %s at most maxAttempts calls, and SDKs are told not to repeat it", async (_, change) => {
    gateway.vendor.otherwise(broken);
    const { status, calls, json: answer, headers, record } = await ask("one", change);
    expect(status).toBe(502);
    expect(calls).toHaveLength(3);
    expect(new Set(calls.map(({ key }) => key)).size).toBe(3);
    expect(headers.get("x-should-retry")).toBe("false");
    expect(answer.error).toMatchObject({ code: "upstream_error", type: "server_error" });
    expect(record).toMatchObject({ status: "error", errorClass: "upstream_error", httpStatus: 502 });
    expect(record.attempts).toHaveLength(3);
  });

  test("that resets every connection costs at most one repetition more: the stale connection", async () => {
    gateway.vendor.otherwise(reset);
    const { status, calls, record } = await ask();
    expect(status).toBe(502);
    expect(record.attempts).toHaveLength(3);
    expect(calls.length).toBeLessThanOrEqual(4);
  });

  test("never shows a pooled key, an account or an address", async () => {
    const words = `boom for sk-1 at http://10.0.0.7:8080/x in org-abc123 (sk-proj-${"a".repeat(40)})`;
    gateway.vendor.otherwise(json(openAiError(words, "server_error"), 500));
    const { text } = await ask();
    for (const secret of ["10.0.0.7", "org-abc123", "sk-proj", "sk-1"]) expect(text).not.toContain(secret);
  });
});

describe("an answer larger than the limit", () => {
  test.each(["with its length", "in chunks"])("%s is cut off, not collected", async (how) => {
    const small = await startGateway({
      providers: (vendor) => [provider("openai", `${vendor.origin}/v1`, ["sk-1"])],
      settings: { maxResponseBytes: 100_000, maxAttempts: 1 },
      reply: async (call) => {
        await call.head(200, {
          "content-type": "application/json",
          ...(how === "in chunks" ? { "transfer-encoding": "chunked" } : { "content-length": "50000000" }),
        });
        const block = " ".repeat(65_536);
        while (how === "in chunks" ? await call.chunk(block) : await call.write(block));
      },
    });
    const { status, calls } = await small.send("/v1/chat/completions", { model: "x" });
    expect(status).toBe(502);
    await calls[0]!.left;
    await small.close();
  });
});

describe("rate limits and refused keys", () => {
  test("are passed over until a key answers, without counting as attempts", async () => {
    gateway.vendor.otherwise(inTurn(refused, limited(), limited(), refused, json(chatAnswer())));
    const { status, calls, record } = await ask();
    expect(status).toBe(200);
    expect(calls).toHaveLength(5);
    expect(record.attempts.map(({ errorClass }) => errorClass)).toEqual([
      "key_invalid",
      "rate_limited",
      "rate_limited",
      "key_invalid",
      null,
    ]);
  });

  test("on every key are a 429 with the shortest wait, and the next request asks nobody", async () => {
    const waits = { "sk-1": "40", "sk-2": "7", "sk-3": "30", "sk-4": "20", "sk-5": "90" };
    for (const [key, wait] of Object.entries(waits)) gateway.vendor.forKey(key, limited({ "retry-after": wait }));
    const first = await ask();
    expect(first.status).toBe(429);
    expect(first.calls).toHaveLength(5);
    expect(Number(first.headers.get("retry-after"))).toBe(7);
    expect(first.headers.get("x-should-retry")).toBe("false");
    const next = await ask();
    expect(next.status).toBe(429);
    expect(next.calls).toEqual([]);
    expect(Number(next.headers.get("retry-after"))).toBeWithin(1, 8);
    expect(Number(next.headers.get("retry-after-ms"))).toBeLessThanOrEqual(7000);
    expect(next.headers.has("x-should-retry")).toBe(false);
    expect(next.json.error).toMatchObject({ type: "rate_limit_error", code: "rate_limit_exceeded" });
    expect(next.record).toMatchObject({ status: "error", errorClass: "rate_limited", attempts: [] });
    expect(next.text).not.toContain("org-abc123");
    expect(first.text).not.toContain("org-abc123");
  });

  test("of one model leave the key free for another", async () => {
    gateway.vendor.forModel("m", limited({ "retry-after": "60" }));
    expect((await ask()).status).toBe(429);
    gateway.vendor.forModel("m2", json(chatAnswer()));
    const { status, calls } = await gateway.send("/v1/chat/completions", { model: "first/m2" });
    expect(status).toBe(200);
    expect(calls).toHaveLength(1);
  });

  test("a 401 of every key is never the client's own 401", async () => {
    gateway.vendor.otherwise(refused);
    for (const tries of [5, 0]) {
      const { status, json: answer, calls, record } = await ask();
      expect(status).toBe(502);
      expect(calls).toHaveLength(tries);
      expect(answer.error).toMatchObject({ code: "upstream_auth_failed" });
      expect(answer.error.message).toContain("Your own key is fine");
      expect(record.errorClass).toBe("key_invalid");
    }
  });

  test("a spent account is exhausted, told as such", async () => {
    gateway.vendor.otherwise(
      json(openAiError("You exceeded your current quota", "insufficient_quota", "insufficient_quota"), 429),
    );
    const { status, json: answer, record } = await ask();
    expect(status).toBe(429);
    expect(answer.error.code).toBe("insufficient_quota");
    expect(record.errorClass).toBe("quota");
  });
});

describe("targets", () => {
  test("are asked by priority; what cannot serve is passed over", async () => {
    gateway.vendor.forModel("m2", broken);
    const { status, calls, record } = await ask("chain");
    expect(status).toBe(200);
    expect(calls.map(({ path }) => path.split("/")[1])).toEqual(["second", "third"]);
    expect(calls.map(({ model }) => model)).toEqual(["m2", "m3"]);
    expect(record).toMatchObject({ servedModel: "m3", requestedModel: "chain" });
  });

  test("fall back for streams too", async () => {
    gateway.vendor.forModel("m2", stream(['data: {"error":{"message":"overloaded","type":"server_error"}}\n\n']));
    gateway.vendor.forModel("m3", stream(CHAT_STREAM));
    const { text } = await ask("chain", { stream: true });
    expect(text).toBe(CHAT_STREAM.join(""));
  });

  test("share the budget of attempts among them", async () => {
    gateway.vendor.otherwise(broken);
    expect((await ask("chain")).calls).toHaveLength(2);
  });

  const none: [model: string, status: number, code: string][] = [
    ["nobody", 503, "model_unavailable"],
    ["empty", 503, "no_upstream_key"],
    ["unknown-model", 404, "model_not_found"],
    ["off/m", 404, "model_not_found"],
    ["first/", 404, "model_not_found"],
  ];
  test("of a kind that cannot serve this endpoint at all: 400 that says why, and nobody is asked", async () => {
    const outcome = await gateway.send("/v1/embeddings", { model: "only-anthropic", input: "x" });
    expect([outcome.status, outcome.json.error.code]).toEqual([400, "unsupported_endpoint"]);
    expect(outcome.json.error.message).toContain("embeddings");
    expect(outcome.calls).toEqual([]);
  });

  test.each(none)("of %p cannot serve: %d %s, and nobody is asked", async (model, status, code) => {
    const outcome = await ask(model);
    expect([outcome.status, outcome.json.error.code]).toEqual([status, code]);
    expect(outcome.calls).toEqual([]);
    expect(outcome.record).toMatchObject({ status: "error", httpStatus: status, attempts: [] });
  });
});

describe("silence", () => {
  test("of an upstream ends a request within its limit", async () => {
    gateway.vendor.otherwise(gateway.silence);
    const { status, json: answer, headers, record } = await ask();
    expect(status).toBe(504);
    expect(answer.error.type).toBe("server_error");
    expect(headers.get("x-should-retry")).toBe("false");
    expect(record).toMatchObject({ status: "error", errorClass: "timeout", httpStatus: 504 });
    await gateway.vendor.calls[0]!.left;
  });
});
