import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { json, stream } from "../support/fake-vendor.ts";
import {
  CHAT_FRAMES,
  CHAT_STREAM,
  CHAT_STREAM_WITH_USAGE,
  CHAT_USAGE,
  chatAnswer,
  chatUsageChunk,
  DONE,
  USAGE,
} from "../support/samples.ts";
import { type Gateway, provider, startGateway } from "./fixture.ts";

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    providers: (vendor) => [provider("openai", `${vendor.origin}/v1`, ["sk-up-1"])],
    models: [
      { name: "gpt-4.1", targets: [{ provider: "openai", model: "gpt-4.1" }] },
      {
        name: "fast",
        aliases: ["模型-é"],
        price: { input: 2, output: 8, cacheRead: 0.5 },
        targets: [{ provider: "openai", model: "gpt-4.1-mini" }],
      },
    ],
  });
});
afterAll(() => gateway.close());
beforeEach(() => gateway.restart(json(chatAnswer())));

/** Everything that a parse and stringify would change. */
const ODD_BODY = `{ "zeta":1.0, "model" : "gpt-4.1","seed":9007199254740993,"bias":{"50256":-0,"x":1e2},
  "messages":[{"role":"user","content":"\\u0041 \\/ Grüße 🦊"}],"x_unknown":[null,{"b":1,"a":2}]}`;

describe("a chat completion", () => {
  test("goes up as the bytes that the client sent", async () => {
    const { calls, status } = await gateway.send("/v1/chat/completions", ODD_BODY);
    expect(status).toBe(200);
    expect(calls.map(({ method, path, text }) => ({ method, path, text }))).toEqual([
      { method: "POST", path: "/v1/chat/completions", text: ODD_BODY },
    ]);
  });

  test("of another name has only its model spliced", async () => {
    const { calls } = await gateway.send("/v1/chat/completions", ODD_BODY.replace('"gpt-4.1"', '"fast"'));
    expect(calls[0]!.text).toBe(ODD_BODY.replace('"gpt-4.1"', '"gpt-4.1-mini"'));
  });

  test("of a long prompt keeps its bytes too", async () => {
    const text = `Grüße \\ud83e\\udd8a "quoted" ${"x".repeat(40_000)}`;
    const body = `{"messages":[{"content":${JSON.stringify(text)}}],"n":1.0,"model":"fast","seed":9007199254740993}`;
    const { calls } = await gateway.send("/v1/chat/completions", body);
    expect(calls[0]!.text).toBe(body.replace('"model":"fast"', '"model":"gpt-4.1-mini"'));
  });

  test.each([
    ["raw", "模型-é"],
    ["escaped, as Python writes it", "\\u6a21\\u578b-\\u00e9"],
    ["half escaped", "模\\u578b-é"],
  ])("finds a model whose name is not ASCII (%s)", async (_, spelling) => {
    for (const filler of ["", "x".repeat(10_000)]) {
      const { status, calls } = await gateway.send(
        "/v1/chat/completions",
        `{"messages":["${filler}"],"model":"${spelling}"}`,
      );
      expect(status).toBe(200);
      expect(calls[0]!.model).toBe("gpt-4.1-mini");
    }
  });

  test("comes back as the bytes that the upstream sent", async () => {
    const answer = '{"id":"a", "n":9007199254740993,"one":1.0,"text":"\\u00e9 é 🦊","usage":{"prompt_tokens":1.0}}';
    gateway.vendor.otherwise(json(answer));
    const { text } = await gateway.send("/v1/chat/completions", ODD_BODY);
    expect(text).toBe(answer);
  });

  test("of 200 KB comes back whole", async () => {
    const answer = JSON.stringify(chatAnswer({ filler: "ü".repeat(100_000) }));
    gateway.vendor.otherwise(json(answer));
    const { text, record } = await gateway.send("/v1/chat/completions", ODD_BODY);
    expect(text).toBe(answer);
    expect(record).toMatchObject({ usage: USAGE, responseBytes: Buffer.byteLength(answer) });
  });

  test("is accounted in disjoint parts, with its price", async () => {
    const { record } = await gateway.send("/v1/chat/completions", { model: "fast", messages: [] });
    expect(record).toMatchObject({
      status: "success",
      httpStatus: 200,
      errorClass: null,
      protocol: "openai-chat",
      endpoint: "chat.completions",
      requestedModel: "fast",
      servedModel: "gpt-4.1-mini",
      usage: USAGE,
      usageSource: "reported",
      rawUsage: JSON.stringify(CHAT_USAGE),
      price: { input: 2, output: 8, cacheRead: 0.5, cacheWrite: 2, source: "manual" },
      costNanoUsd: 800 * 2000 + 200 * 500 + 300 * 8000,
      stream: false,
      firstTokenAtMs: null,
    });
    expect(record.attempts).toHaveLength(1);
    expect(record.attempts[0]).toMatchObject({ outcome: "ok", httpStatus: 200, upstreamModel: "gpt-4.1-mini" });
    expect(record.requestBytes).toBe(Buffer.byteLength('{"model":"fast","messages":[]}'));
  });

  test("of a model that the price list knows is priced by it", async () => {
    const { record } = await gateway.send("/v1/chat/completions", { model: "gpt-4.1", messages: [] });
    expect(record.price).toMatchObject({ source: "builtin", ref: "openai/gpt-4.1" });
    expect(record.costNanoUsd).toBeGreaterThan(0);
  });

  test("of a model without a price costs nobody knows what, not nothing", async () => {
    const { record } = await gateway.send("/v1/chat/completions", { model: "openai/no-such-model-x", messages: [] });
    expect(record).toMatchObject({ price: null, costNanoUsd: null, usage: USAGE });
  });

  test.each([
    ["no usage", undefined, null, "unknown"],
    ["absurd counts", { prompt_tokens: -5, completion_tokens: "12", total_tokens: 1e308 }, null, "unknown"],
    [
      "more cached than prompt tokens",
      { prompt_tokens: 10, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 900 } },
      { inputTokens: 0, cacheReadTokens: 10, cacheWriteTokens: 0, outputTokens: 1, reasoningTokens: 0 },
      "reported",
    ],
  ])("with %s never becomes negative or invented money", async (_, usage, expected, source) => {
    gateway.vendor.otherwise(json(chatAnswer({ usage })));
    const { record, status } = await gateway.send("/v1/chat/completions", { model: "fast", messages: [] });
    expect(status).toBe(200);
    expect(record.usage).toEqual(expected);
    expect(record.usageSource).toBe(source as "unknown");
    if (expected === null) expect(record.costNanoUsd).toBeNull();
  });
});

describe("a streamed chat completion", () => {
  const ask = (change: object = {}) =>
    gateway.send("/v1/chat/completions", { model: "fast", stream: true, messages: [], ...change });

  test("passes frame for frame when the client asked for usage itself", async () => {
    gateway.vendor.otherwise(stream(CHAT_STREAM_WITH_USAGE));
    const body = '{"model":"fast","stream":true,"stream_options":{"include_usage":true,"x":1.0}}';
    const { text, calls, record, headers } = await gateway.send("/v1/chat/completions", body);
    expect(text).toBe(CHAT_STREAM_WITH_USAGE.join(""));
    expect(calls[0]!.text).toBe(body.replace('"fast"', '"gpt-4.1-mini"'));
    expect(headers.get("content-type")).toStartWith("text/event-stream");
    expect(headers.get("cache-control")).toBe("no-cache");
    expect(headers.get("x-accel-buffering")).toBe("no");
    expect(record).toMatchObject({ status: "success", httpStatus: 200, stream: true, usage: USAGE });
    expect(record.firstTokenAtMs).toBeGreaterThanOrEqual(record.receivedAtMs);
    expect(record.costNanoUsd).toBe(800 * 2000 + 200 * 500 + 300 * 8000);
  });

  const askings: [what: string, body: string, sent: string][] = [
    [
      "without options",
      '{"model":"gpt-4.1","stream":true}',
      '{"model":"gpt-4.1","stream":true,"stream_options":{"include_usage":true}}',
    ],
    [
      "with options of its own",
      '{"stream_options":{"include_obfuscation":false},"stream":true,"model":"gpt-4.1","seed":1.0}',
      '{"stream_options":{"include_obfuscation":false,"include_usage":true},"stream":true,"model":"gpt-4.1","seed":1.0}',
    ],
    [
      "that says no",
      '{"model":"fast","stream_options":{"include_usage":false},"stream":true}',
      '{"model":"gpt-4.1-mini","stream_options":{"include_usage":true},"stream":true}',
    ],
    [
      "with options null",
      '{"stream_options":null,"stream":true,"model":"fast"}',
      '{"stream_options":{"include_usage":true},"stream":true,"model":"gpt-4.1-mini"}',
    ],
  ];
  test.each(askings)("%s is asked for usage, which the client does not see", async (_, body, sent) => {
    gateway.vendor.otherwise(stream(CHAT_STREAM_WITH_USAGE));
    const { text, calls, record } = await gateway.send("/v1/chat/completions", body);
    expect(calls[0]!.text).toBe(sent);
    expect(text).toBe(CHAT_STREAM.join(""));
    expect(record).toMatchObject({ usage: USAGE, usageSource: "reported" });
  });

  test("whose usage stands on the last content frame keeps that frame", async () => {
    const last = `data: ${JSON.stringify({ id: "x", choices: [{ index: 0, delta: {}, finish_reason: "stop" }], usage: CHAT_USAGE })}\n\n`;
    gateway.vendor.otherwise(stream([CHAT_FRAMES[1]!, last, DONE]));
    const { text, record } = await ask();
    expect(text).toBe(CHAT_FRAMES[1]! + last + DONE);
    expect(record.usage).toEqual(USAGE);
  });

  test("that says its usage in every frame is not summed up", async () => {
    const frames = [10, 20, 300].map(
      (completion_tokens) =>
        `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: "a" }, finish_reason: "stop" }], usage: { ...CHAT_USAGE, completion_tokens } })}\n\n`,
    );
    gateway.vendor.otherwise(stream([...frames, DONE]));
    expect((await ask()).record.usage).toEqual(USAGE);
  });

  test("without usage is estimated from what was delivered, and says so", async () => {
    gateway.vendor.otherwise(stream(CHAT_STREAM));
    const { record } = await ask();
    expect(record).toMatchObject({ status: "success", usageSource: "estimated", rawUsage: null });
    expect(record.usage!.outputTokens).toBeGreaterThan(0);
  });

  test("that forgets [DONE] after its finish gets it", async () => {
    gateway.vendor.otherwise(stream([...CHAT_FRAMES, chatUsageChunk()]));
    const { text, record } = await ask();
    expect(text).toBe(CHAT_STREAM.join(""));
    expect(record.status).toBe("success");
  });

  test("whose last frame lacks its empty line is whole all the same", async () => {
    gateway.vendor.otherwise(stream([...CHAT_FRAMES, "data: [DONE]"]));
    const { text, record } = await ask();
    expect(text).toBe(CHAT_STREAM.join(""));
    expect(record.status).toBe("success");
  });

  test("does not pass empty data lines, at which SDKs throw", async () => {
    gateway.vendor.otherwise(stream([CHAT_FRAMES[0]!, "data:\n\n", "data: \n\n", ...CHAT_FRAMES.slice(1), DONE]));
    expect((await ask()).text).toBe(CHAT_STREAM.join(""));
  });

  test("keeps comments, ids and multi-line data as they came", async () => {
    const frames = [
      ": hello\n\n",
      "retry: 10\n\n",
      'id: 7\ndata: {\ndata: "choices":[{"finish_reason":"stop"}]}\n\n',
      DONE,
    ];
    gateway.vendor.otherwise(stream(frames));
    expect((await ask()).text).toBe(frames.join(""));
  });
});
