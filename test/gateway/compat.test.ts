import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { json, stream } from "../support/fake-vendor.ts";
import { CHAT_STREAM, CHAT_STREAM_WITH_USAGE, CHAT_USAGE, DONE, data, openAiError, USAGE } from "../support/samples.ts";
import { type Answer, type Gateway, provider, startGateway } from "./fixture.ts";

/** What OpenAI-compatible vendors really send, made into what official SDKs read (protocols/openai-chat/repair). */
let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    providers: (vendor) => [
      provider("openai-compatible", `${vendor.origin}/api/v3`, ["key-1"]),
      { ...provider("openai-compatible", `${vendor.origin}/picky/v1`, ["key-2"]), name: "picky" },
    ],
    models: [{ name: "m", targets: [{ provider: "openai-compatible", model: "vendor/m" }] }],
  });
});
afterAll(() => gateway.close());
beforeEach(() => gateway.restart(stream(CHAT_STREAM)));

/** The chunks that a client gets for these frames; the last must be [DONE]. */
async function chunksOf(frames: readonly string[], body: object = {}): Promise<Answer[]> {
  gateway.vendor.otherwise(stream(frames));
  const { text, record } = await gateway.send("/v1/chat/completions", { model: "m", stream: true, ...body });
  expect(record.status).toBe("success");
  const lines = text
    .trimEnd()
    .split("\n\n")
    .map((frame) => frame.replace("data: ", ""));
  expect(lines.pop()).toBe("[DONE]");
  return lines.map((line) => JSON.parse(line) as Answer);
}
const bare = (delta: object | undefined, change: object = {}, choice: object = {}) =>
  data({ choices: [{ ...(delta === undefined ? {} : { delta }), ...choice }], ...change });
const finish = bare({}, {}, { finish_reason: "stop" });

describe("an OpenAI-compatible stream", () => {
  test("that is well-formed passes as its own bytes, below the vendor's own prefix", async () => {
    const { text, calls } = await gateway.send("/v1/chat/completions", { model: "m", stream: true });
    expect(text).toBe(CHAT_STREAM.join(""));
    expect(calls[0]!.path).toBe("/api/v3/chat/completions");
  });

  test("gets one id, model, object and time for all of its chunks", async () => {
    const chunks = await chunksOf([
      bare({ content: "Grüße" }, { id: "", model: "", object: "", created: 0 }),
      bare({ content: " 🦊" }, { id: "other", model: null }),
      finish,
      DONE,
    ]);
    const [first] = chunks;
    expect(first.id).toMatch(/^chatcmpl-/);
    expect(first.model).toBe("vendor/m");
    expect(first.created).toBeGreaterThan(1_700_000_000);
    for (const { id, model, object, created } of chunks) {
      expect({ id, model, created }).toEqual({ id: first.id, model: first.model, created: first.created });
      expect(object).toBe("chat.completion.chunk");
    }
    expect(chunks.map(({ choices }) => choices[0].delta.content ?? "").join("")).toBe("Grüße 🦊");
  });

  test("gets a role on the first delta of each choice, and an index on each choice", async () => {
    const chunks = await chunksOf([bare({ content: "a" }), bare({ content: "b", role: "" }), finish, DONE]);
    expect(chunks.map(({ choices }) => choices[0].index)).toEqual([0, 0, 0]);
    expect(chunks[0].choices[0].delta.role).toBe("assistant");
    expect(chunks[0].choices[0].finish_reason).toBeNull();
  });

  test('takes finish_reason "" for none, and lets a choice finish once', async () => {
    const chunks = await chunksOf([
      bare({ content: "a" }, {}, { finish_reason: "" }),
      finish,
      bare({}, {}, { finish_reason: "stop" }),
      DONE,
    ]);
    expect(chunks.map(({ choices }) => choices[0].finish_reason)).toEqual([null, "stop", null]);
  });

  test("gets a delta where a choice has none", async () => {
    const chunks = await chunksOf([bare(undefined, {}, { index: 0 }), bare({ content: "a" }), finish, DONE]);
    expect(chunks[0].choices[0].delta).toEqual({ role: "assistant" });
  });

  test("numbers tool calls that come without index, and names those without id", async () => {
    const call = (name: string | null, args: string, change: object = {}) =>
      bare({ tool_calls: [{ ...change, function: { ...(name === null ? {} : { name }), arguments: args } }] });
    const chunks = await chunksOf([
      call("weather", '{"city":'),
      call(null, '"Köln"}'),
      call("time", "{}", { id: "" }),
      finish,
      DONE,
    ]);
    const calls = chunks.slice(0, 3).map(({ choices }) => choices[0].delta.tool_calls[0]);
    expect(calls.map(({ index }) => index)).toEqual([0, 0, 1]);
    expect(calls[0]).toMatchObject({ id: expect.stringMatching(/^call_/), type: "function" });
    expect(calls[1].id).toBeUndefined();
    expect(calls[2].id).toMatch(/^call_/);
    expect(calls[2].id).not.toBe(calls[0].id);
  });

  test("keeps the ids of parallel tool calls, however often they are repeated", async () => {
    const both = (first: string, second: string) =>
      bare({
        tool_calls: [
          { id: "call_a", function: { name: "a", arguments: first } },
          { id: "call_b", function: { name: "b", arguments: second } },
        ],
      });
    const chunks = await chunksOf([both('{"x"', "{"), both(":1}", "}"), finish, DONE]);
    for (const { choices } of chunks.slice(0, 2)) {
      expect(choices[0].delta.tool_calls.map(({ id, index }: Answer) => [id, index])).toEqual([
        ["call_a", 0],
        ["call_b", 1],
      ]);
    }
  });

  test("shows usage once, at the end, to a client that asked", async () => {
    const frames = [10, 20, 300].map((n) =>
      bare({ content: "a" }, { id: "x", usage: { ...CHAT_USAGE, completion_tokens: n } }),
    );
    const chunks = await chunksOf([...frames, finish, DONE], { stream_options: { include_usage: true } });
    expect(chunks.slice(0, -1).every((chunk) => !("usage" in chunk))).toBe(true);
    expect(chunks.at(-1)).toMatchObject({ id: "x", object: "chat.completion.chunk", choices: [], usage: CHAT_USAGE });
  });

  test("hides usage from a client that did not ask, and counts it once", async () => {
    const frames = [10, 300].map((n) => bare({ content: "a" }, { usage: { ...CHAT_USAGE, completion_tokens: n } }));
    const chunks = await chunksOf([...frames, finish, DONE]);
    expect(chunks.every((chunk) => !("usage" in chunk))).toBe(true);
    expect(gateway.records.at(-1)!.usage).toEqual(USAGE);
  });

  test("without [DONE] is completed after its finish, usage included", async () => {
    const chunks = await chunksOf([bare({ content: "a" }), finish, data({ choices: [], usage: CHAT_USAGE })], {
      stream_options: { include_usage: true },
    });
    expect(chunks.at(-1)!.usage).toEqual(CHAT_USAGE);
  });

  test("with something that is no JSON in it ends in an error", async () => {
    gateway.vendor.otherwise(stream([bare({ content: "a" }), "data: {not json}\n\n", finish, DONE]));
    const { text, record } = await gateway.send("/v1/chat/completions", { model: "m", stream: true });
    expect(text).toContain('"error":{');
    expect(text).not.toContain("[DONE]");
    expect(record.status).toBe("error");
  });

  test("keeps reasoning and unknown fields of a mended chunk", async () => {
    const [chunk] = await chunksOf([bare({ reasoning_content: "hm", x: [1, { y: null }] }, { z: 1 }), finish, DONE]);
    expect(chunk).toMatchObject({ z: 1, choices: [{ delta: { reasoning_content: "hm", x: [1, { y: null }] } }] });
  });
});

describe("an upstream that does not know stream_options", () => {
  test("is asked again without, nobody is blamed, and it is remembered", async () => {
    const refusal = json(openAiError("Unrecognized request argument supplied: stream_options"), 400);
    gateway.vendor.otherwise((call) =>
      "stream_options" in call.json ? refusal(call) : stream(CHAT_STREAM_WITH_USAGE)(call),
    );
    const first = await gateway.send("/v1/chat/completions", { model: "picky/m", stream: true });
    expect(first.text).toBe(CHAT_STREAM.join(""));
    expect(first.calls.map((call) => "stream_options" in call.json)).toEqual([true, false]);
    expect(first.calls.map(({ key }) => key)).toEqual(["key-2", "key-2"]);
    const second = await gateway.send("/v1/chat/completions", { model: "picky/m", stream: true });
    expect(second.calls).toHaveLength(1);
    expect(second.record.status).toBe("success");
  });

  test("gets a client's own request without them too, and the client its answer without usage", async () => {
    const body = { model: "picky/m", stream: true, stream_options: { include_usage: true } };
    const { status, text, calls } = await gateway.send("/v1/chat/completions", body);
    expect([status, text]).toEqual([200, CHAT_STREAM.join("")]);
    expect(calls.map((call) => "stream_options" in call.json)).toEqual([false]);
  });
});

test("an answer that is gzipped although nobody asked is unpacked, streams too", async () => {
  const zip = (text: string, type: string) => (call: Parameters<ReturnType<typeof json>>[0]) =>
    call.answer(200, Bun.gzipSync(Buffer.from(text)), { "content-type": type, "content-encoding": "gzip" });
  gateway.vendor.otherwise(zip('{"id":"Grüße","usage":{"prompt_tokens":3}}', "application/json"));
  const whole = await gateway.send("/v1/chat/completions", { model: "m" });
  expect(whole.text).toBe('{"id":"Grüße","usage":{"prompt_tokens":3}}');
  expect(whole.headers.has("content-encoding")).toBe(false);
  expect(whole.record.usage!.inputTokens).toBe(3);
  gateway.vendor.otherwise(zip(CHAT_STREAM.join(""), "text/event-stream"));
  const streamed = await gateway.send("/v1/chat/completions", { model: "m", stream: true });
  expect(streamed.text).toBe(CHAT_STREAM.join(""));
});

test("a bomb in gzip is stopped at the limit", async () => {
  const bomb = Bun.gzipSync(Buffer.alloc(100_000_000, 32));
  gateway.vendor.otherwise((call) =>
    call.answer(200, bomb, { "content-type": "application/json", "content-encoding": "gzip" }),
  );
  const { status } = await gateway.send("/v1/chat/completions", { model: "m" });
  expect(status).toBe(502);
});

test("chunks byte by byte are put together again", async () => {
  const text = CHAT_STREAM.join("");
  const bytes = Buffer.from(text);
  gateway.vendor.otherwise(async (call) => {
    await call.startStream();
    for (const byte of bytes) await call.chunk(Uint8Array.of(byte));
    await call.end();
  });
  const { text: got } = await gateway.send("/v1/chat/completions", { model: "m", stream: true });
  expect(got).toBe(text);
});
