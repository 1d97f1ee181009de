import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { CLIENT_KEY } from "../support/app.ts";
import { json, stream } from "../support/fake-vendor.ts";
import { MESSAGE_STREAM, MESSAGE_USAGE, messageAnswer, USAGE } from "../support/samples.ts";
import { type Gateway, provider, startGateway } from "./fixture.ts";

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    providers: (vendor) => [
      provider("anthropic", vendor.origin, ["sk-ant-one"]),
      { ...provider("anthropic", vendor.origin, ["sk-ant-other", "sk-ant-third"]), name: "other" },
    ],
    models: [
      {
        name: "opus",
        price: { input: 5, output: 25, cacheRead: 0.5, cacheWrite: 6.25 },
        targets: [{ provider: "anthropic", model: "claude-opus-5-5" }],
      },
    ],
  });
});
afterAll(() => gateway.close());
beforeEach(() => gateway.restart(json(messageAnswer())));

const BODY = `{"max_tokens":1024,"model":"opus","thinking":{"type":"adaptive","x":1.0},"stream":false,"metadata":{"user_id":"{\\"n\\":9007199254740993}"},
 "messages":[{"role":"user","content":[{"type":"text","text":"Grüße","cache_control":{"type":"ephemeral"}}]}]}`;

describe("a message", () => {
  test("goes up with only its model spliced", async () => {
    const { calls, status } = await gateway.send("/v1/messages?beta=true", BODY);
    expect(status).toBe(200);
    expect(calls[0]).toMatchObject({ path: "/v1/messages", query: "?beta=true" });
    expect(calls[0]!.text).toBe(BODY.replace('"opus"', '"claude-opus-5-5"'));
  });

  test("comes back untouched, with a request id of ours under both names", async () => {
    const answer = '{"id":"msg_1", "n":1.0,"usage":{"input_tokens":3,"output_tokens":4},"content":[]}';
    gateway.vendor.otherwise(json(answer, 200, { "request-id": "req_upstream" }));
    const { text, headers, record } = await gateway.send("/v1/messages", BODY);
    expect(text).toBe(answer);
    expect(headers.get("request-id")).toBe(record.id);
    expect(headers.get("x-request-id")).toBe(record.id);
    expect(record.attempts[0]!.upstreamRequestId).toBe("req_upstream");
  });

  test("is accounted in disjoint parts", async () => {
    const { record } = await gateway.send("/v1/messages", BODY);
    expect(record).toMatchObject({
      protocol: "anthropic-messages",
      endpoint: "messages",
      usage: USAGE,
      usageSource: "reported",
      rawUsage: JSON.stringify(MESSAGE_USAGE),
      costNanoUsd: 800 * 5000 + 200 * 500 + 300 * 25_000,
    });
  });

  test("that writes to the cache is priced for it", async () => {
    gateway.vendor.otherwise(json(messageAnswer({ usage: { ...MESSAGE_USAGE, cache_creation_input_tokens: 400 } })));
    const { record } = await gateway.send("/v1/messages", BODY);
    expect(record.usage).toEqual({ ...USAGE, cacheWriteTokens: 400 });
    expect(record.costNanoUsd).toBe(800 * 5000 + 200 * 500 + 400 * 6250 + 300 * 25_000);
  });

  const credentials: [what: string, headers: Record<string, string>, expected: Record<string, string | undefined>][] = [
    [
      "an old client: x-api-key and the first API version",
      {},
      { "x-api-key": "sk-ant-one", "anthropic-version": "2023-06-01", authorization: undefined },
    ],
    [
      "a client of the version since which the key is a bearer token",
      { "anthropic-version": "2026-10-21", "anthropic-beta": "context-management-2025-06-27,x" },
      {
        authorization: "Bearer sk-ant-one",
        "x-api-key": undefined,
        "anthropic-version": "2026-10-21",
        "anthropic-beta": "context-management-2025-06-27,x",
      },
    ],
  ];
  test.each(credentials)("carries the pooled key as the upstream expects it from %s", async (_, headers, expected) => {
    const { calls } = await gateway.send("/v1/messages", BODY, { headers });
    for (const [name, value] of Object.entries(expected)) expect(calls[0]!.headers[name]).toBe(value!);
  });

  test("from Claude Code is forwarded without what is not the upstream's business", async () => {
    const { calls } = await gateway.send("/v1/messages?beta=true", BODY, {
      headers: {
        authorization: "",
        "x-api-key": CLIENT_KEY,
        "x-claude-code-session-id": "s-1",
        "x-stainless-os": "Linux",
        "x-app": "cli",
        cookie: "a=b",
      },
    });
    expect(Object.keys(calls[0]!.headers).sort()).toEqual([
      "accept",
      "accept-encoding",
      "anthropic-version",
      "content-length",
      "content-type",
      "host",
      "user-agent",
      "x-api-key",
    ]);
    expect(calls[0]!.headers["x-api-key"]).toBe("sk-ant-one");
  });
});

describe("a streamed message", () => {
  const ask = () => gateway.send("/v1/messages", BODY.replace('"stream":false', '"stream":true'));

  test("passes frame for frame, pings included", async () => {
    gateway.vendor.otherwise(stream(MESSAGE_STREAM));
    const { text, record, calls } = await ask();
    expect(text).toBe(MESSAGE_STREAM.join(""));
    expect(calls[0]!.text).toBe(BODY.replace('"opus"', '"claude-opus-5-5"').replace('"stream":false', '"stream":true'));
    expect(record).toMatchObject({ status: "success", usage: USAGE, usageSource: "reported" });
    expect(record.costNanoUsd).toBe(800 * 5000 + 200 * 500 + 300 * 25_000);
  });

  test("keeps the input counts of its start when its end repeats them as null", async () => {
    const last = MESSAGE_STREAM.map((frame) =>
      frame.replace('"usage":{"output_tokens":300', '"usage":{"input_tokens":null,"output_tokens":300'),
    );
    gateway.vendor.otherwise(stream(last));
    expect((await ask()).record.usage).toEqual(USAGE);
  });
});

describe("counting tokens", () => {
  test("is forwarded and costs nothing", async () => {
    gateway.vendor.otherwise(json({ input_tokens: 2095 }));
    const body = '{"model":"opus","messages":[{"role":"user","content":"a"}]}';
    const { status, text, calls, record } = await gateway.send("/v1/messages/count_tokens?beta=true", body);
    expect([status, text]).toEqual([200, '{"input_tokens":2095}']);
    expect(calls[0]).toMatchObject({ path: "/v1/messages/count_tokens", query: "?beta=true" });
    expect(calls[0]!.text).toBe(body.replace("opus", "claude-opus-5-5"));
    expect(record).toMatchObject({ endpoint: "messages.count_tokens", costNanoUsd: 0, usageSource: "reported" });
    expect(record.usage).toEqual({
      inputTokens: 0,
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
      outputTokens: 0,
      reasoningTokens: 0,
    });
  });
});

test("a container that one key made is used again with that key", async () => {
  gateway.vendor.otherwise(json(messageAnswer({ container: { id: "ctr_1", expires_at: "x" } })));
  const first = await gateway.send("/v1/messages", { model: "other/claude-opus-5-5", messages: [] });
  gateway.vendor.otherwise(json(messageAnswer()));
  for (let round = 0; round < 3; round++) {
    const body = { model: "other/claude-opus-5-5", container: "ctr_1", messages: [] };
    const { calls } = await gateway.send("/v1/messages", body);
    expect(calls.map(({ key }) => key)).toEqual([first.calls[0]!.key]);
  }
});

test.each([
  ["in one answer", false],
  ["in a stream", true],
])("a file that one key made is used again with that key (%s)", async (_, streamed) => {
  const keys = ["sk-ant-other", "sk-ant-third"];
  for (const [index, key] of keys.entries()) {
    const id = `file_${index}_${streamed}`;
    gateway.vendor.forKey(
      key,
      streamed
        ? stream([
            ...MESSAGE_STREAM.slice(0, 2),
            `event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"x","file_id":"${id}"}}\n\n`,
            ...MESSAGE_STREAM.slice(2),
          ])
        : json(messageAnswer({ content: [{ type: "x", file_id: id }] })),
    );
  }
  const made = new Map<string, string>();
  for (let turn = 0; turn < 2; turn++) {
    const { calls } = await gateway.send("/v1/messages", { model: "other/m", stream: streamed });
    made.set(`file_${keys.indexOf(calls[0]!.key)}_${streamed}`, calls[0]!.key);
  }
  for (const [id, key] of made) {
    for (let round = 0; round < 2; round++) {
      const { calls } = await gateway.send("/v1/messages", {
        model: "other/m",
        messages: [{ role: "user", content: [{ type: "document", source: { type: "file", file_id: id } }] }],
      });
      expect(calls.map((call) => call.key)).toEqual([key]);
    }
  }
  expect(made.size).toBe(2);
});
