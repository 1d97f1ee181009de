import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { CLIENT_KEY } from "../support/app.ts";
import { json, reset, stream, streamThen } from "../support/fake-vendor.ts";
import { chatAnswer, GEMINI_STREAM, messageAnswer, USAGE } from "../support/samples.ts";
import { allGivenBack, type Gateway, provider, startGateway } from "./fixture.ts";
import { chat, FORMATS, gemini, inBytes, messages, responses, TEXT, UPSTREAMS } from "./formats.ts";

/** Any client on any upstream: one model for each kind of provider, asked in each format. */
let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    providers: (vendor) =>
      UPSTREAMS.map(({ kind, base }) => ({ ...provider(kind, `${vendor.origin}${base}`, [`up-${kind}`]), name: kind })),
    models: UPSTREAMS.map(({ kind, model }) => ({ name: `on-${kind}`, targets: [{ provider: kind, model }] })),
  });
});
afterAll(() => gateway.close());

const PAIRS = FORMATS.flatMap((format) => UPSTREAMS.map((upstream) => ({ format, upstream }))).filter(
  ({ format, upstream }) => !isNative(format.id, upstream.kind),
);
const cases = PAIRS.map((pair) => [`${pair.format.id} on ${pair.upstream.kind}`, pair] as const);

function isNative(format: string, kind: string): boolean {
  if (format === "openai-chat") return ["openai", "azure-openai", "openai-compatible"].includes(kind);
  if (format === "openai-responses") return ["openai", "azure-openai"].includes(kind);
  return format === (kind === "anthropic" ? "anthropic-messages" : kind);
}

/** Coze tells no cached tokens. */
const usageOf = (kind: string) =>
  kind === "coze"
    ? { inputTokens: 1000, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 300, reasoningTokens: 0 }
    : USAGE;

describe("a whole answer", () => {
  test.each(cases)("of %s is the client's own, and accounted", async (_, { format, upstream }) => {
    gateway.restart(upstream.whole);
    const model = `on-${upstream.kind}`;
    const {
      status,
      json: answer,
      calls,
      record,
      headers,
    } = await gateway.send(format.path(model, false), format.body(model, false), { headers: format.headers });
    expect(status).toBe(200);
    expect(format.textOf(answer)).toBe(TEXT);
    expect(headers.get("content-type")).toStartWith("application/json");
    expect(calls).toHaveLength(1);
    const [call] = calls;
    expect(call!.path).toBe(upstream.path(false));
    expect(call!.headers[upstream.keyHeader]).toContain(`up-${upstream.kind}`);
    expect(JSON.stringify([call!.headers, call!.target])).not.toContain(CLIENT_KEY);
    expect(call!.headers["anthropic-beta"]).toBeUndefined();
    expect(record).toMatchObject({ status: "success", usage: usageOf(upstream.kind), usageSource: "reported" });
    expect(record).toMatchObject({ requestedModel: model, servedModel: upstream.model, stream: false });
    expect(record.rawUsage).not.toBeNull();
  });
});

describe("a stream", () => {
  test.each(cases)("of %s keeps the client's own form to its end", async (_, { format, upstream }) => {
    gateway.restart(stream(upstream.frames));
    const model = `on-${upstream.kind}`;
    const { status, text, calls, record, headers } = await gateway.send(
      format.path(model, true),
      format.body(model, true),
      { headers: format.headers },
    );
    expect(status).toBe(200);
    expect(headers.get("content-type")).toStartWith("text/event-stream");
    expect(format.readStream(text)).toEqual({ text: TEXT, isComplete: true, error: null });
    expect(calls[0]!.path).toBe(upstream.path(true));
    expect(record).toMatchObject({ status: "success", usage: usageOf(upstream.kind), stream: true });
    expect(record.firstTokenAtMs).not.toBeNull();
    await allGivenBack(gateway);
  });

  test.each(cases)("of %s may come byte by byte", async (_, { format, upstream }) => {
    const frames = upstream.frames.map((frame) => frame.replaceAll("\n", "\r\n"));
    gateway.restart(inBytes(["\ufeff", ": hello\r\n\r\n", ...frames]));
    const model = `on-${upstream.kind}`;
    const { text } = await gateway.send(format.path(model, true), format.body(model, true), {
      headers: format.headers,
    });
    expect(format.readStream(text)).toEqual({ text: TEXT, isComplete: true, error: null });
  });

  test("for a Gemini client without alt=sse is one JSON array", async () => {
    gateway.restart(stream(UPSTREAMS[0]!.frames));
    const { json: answer, headers } = await gateway.send(
      "/v1beta/models/on-openai:streamGenerateContent",
      gemini.body("", true),
    );
    expect(headers.get("content-type")).toStartWith("application/json");
    expect(answer.flatMap(({ candidates }: never) => candidates)).not.toBeEmpty();
    expect(answer.at(-1).candidates[0].finishReason).toBe("STOP");
  });

  test("is at its end with its end mark, although the upstream keeps the connection open", async () => {
    const { frames } = UPSTREAMS[3]!;
    gateway.restart(async (call) => {
      await call.startStream();
      for (const frame of frames) await call.chunk(frame);
      await call.left;
    });
    const response = await gateway.post(chat.path("", true), chat.body("on-anthropic", true));
    const reader = response.body!.getReader();
    let text = "";
    while (!text.includes("[DONE]")) text += new TextDecoder().decode((await reader.read()).value);
    expect(chat.readStream(text).isComplete).toBe(true);
    const settled = gateway.nextRecord();
    await reader.cancel();
    await gateway.vendor.calls[0]!.left;
    expect(await settled).toMatchObject({ status: "success", usage: USAGE });
  });
});

test("a stream whose upstream breaks behind its end mark is complete all the same", async () => {
  gateway.restart(streamThen(UPSTREAMS[3]!.frames, reset));
  const { text, record } = await gateway.send(chat.path("", true), chat.body("on-anthropic", true));
  expect(chat.readStream(text)).toEqual({ text: TEXT, isComplete: true, error: null });
  expect(record.status).toBe("success");
});

describe("an upstream that answers otherwise than asked", () => {
  const sloppy = [
    ["native", chat, "on-openai-compatible", "openai-compatible"],
    ["translated", messages, "on-openai-compatible", "openai-compatible"],
    ["native Messages", messages, "on-anthropic", "anthropic"],
    ["native Gemini", gemini, "on-gemini", "gemini"],
  ] as const;

  test.each(sloppy)("%s: JSON to a stream becomes one", async (_, format, model, kind) => {
    const upstream = UPSTREAMS.find((each) => each.kind === kind)!;
    gateway.restart(upstream.whole);
    const { text, record } = await gateway.send(format.path(model, true), format.body(model, true));
    expect(format.readStream(text)).toEqual({ text: TEXT, isComplete: true, error: null });
    expect(record).toMatchObject({ status: "success", usage: USAGE });
  });

  test.each(sloppy)("%s: a stream to a plain request becomes a whole answer", async (_, format, model, kind) => {
    const upstream = UPSTREAMS.find((each) => each.kind === kind)!;
    gateway.restart(stream(upstream.frames));
    const { json: answer, record, headers } = await gateway.send(format.path(model, false), format.body(model, false));
    expect(format.textOf(answer)).toBe(TEXT);
    expect(headers.get("content-type")).toStartWith("application/json");
    expect(record).toMatchObject({ status: "success", usage: USAGE });
  });

  test("a stream that is cut is no whole answer", async () => {
    gateway.restart(stream(UPSTREAMS[2]!.beginning));
    const { status, record } = await gateway.send(chat.path("", false), chat.body("on-openai-compatible", false));
    expect(status).toBe(502);
    expect(record.attempts[0]).toMatchObject({ outcome: "unreachable", errorClass: "truncated" });
  });
});

describe("what goes up", () => {
  test("to Anthropic carries the version that fits its body, and the key where that version has it", async () => {
    gateway.restart(json(messageAnswer()));
    const versions = async (change: object) => {
      const { calls } = await gateway.send("/v1/chat/completions", {
        ...chat.body("anthropic/claude-sonnet-4-5", false),
        ...change,
      });
      const { headers } = calls[0]!;
      return [headers["anthropic-version"], headers["x-api-key"] ?? null, headers.authorization ?? null];
    };
    expect(await versions({})).toEqual(["2026-10-21", null, "Bearer up-anthropic"]);
    expect(await versions({ temperature: 0.5 })).toEqual(["2023-06-01", "up-anthropic", null]);
  });

  test("to a model that takes tools only at /responses goes there", async () => {
    const tools = [{ name: "get", input_schema: { type: "object" } }];
    for (const [change, path] of [
      [{ tools }, "/v1/responses"],
      [{ thinking: { type: "adaptive" } }, "/v1/responses"],
      [{}, "/v1/chat/completions"],
    ] as const) {
      gateway.restart(json(chatAnswer(), 400));
      const { calls } = await gateway.send("/v1/messages", {
        ...messages.body("openai/gpt-6-astra", false),
        ...change,
      });
      expect(calls[0]!.path).toBe(path);
    }
  });

  const effort = (reasoning_effort?: string) => ({
    tools: [{ type: "function", function: { name: "get", parameters: { type: "object" } } }],
    ...(reasoning_effort === undefined ? {} : { reasoning_effort }),
  });
  test.each([
    ["gpt-6-astra", effort("low"), "/v1/responses"],
    ["gpt-6-astra", effort(), "/v1/responses"],
    ["gpt-6-astra", { reasoning_effort: "low" }, "/v1/chat/completions"],
    ["gpt-5.4", effort("low"), "/v1/responses"],
    ["gpt-5.4", effort("none"), "/v1/chat/completions"],
    ["gpt-5.4", effort(), "/v1/chat/completions"],
    ["gpt-4.1", effort("low"), "/v1/chat/completions"],
  ])("as chat for %s with %j goes to %s %s", async (model, change, path) => {
    gateway.restart(json(chatAnswer(), 400));
    const { calls } = await gateway.send("/v1/chat/completions", { ...chat.body(`openai/${model}`, false), ...change });
    expect(calls[0]!.path).toBe(path as string);
  });

  test("is decided by the target's model, not by its alias; one that is wrong in its format goes nowhere", async () => {
    gateway.restart(json(chatAnswer()));
    for (const format of [messages, responses]) {
      const body = { ...format.body("on-openai-compatible", false), [format === messages ? "messages" : "input"]: 7 };
      const { status, json: answer, calls, record } = await gateway.send(format.path("", false), body);
      expect([status, calls.length]).toEqual([400, 0]);
      expect(format.errorOf(answer).message).toMatch(/messages|input/);
      expect(record).toMatchObject({ status: "error", httpStatus: 400, attempts: [] });
    }
  });

  test("to Gemini as a stream asks for events", async () => {
    gateway.restart(stream(GEMINI_STREAM));
    const { calls } = await gateway.send(chat.path("", true), chat.body("on-gemini", true));
    expect(calls[0]!.query).toBe("?alt=sse");
  });
});
