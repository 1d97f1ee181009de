import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import OpenAI from "openai";
import { CLIENT_KEY } from "../support/app.ts";
import { type Bench, parts, startBench } from "./bench.ts";
import { sse } from "./stand-in.ts";
import { HELLO, UPSTREAM_KEY } from "./vendors.ts";

let bench: Bench;
let client: OpenAI;

beforeAll(async () => {
  bench = await startBench();
  client = new OpenAI({ baseURL: `${bench.gateway.url}/v1`, apiKey: CLIENT_KEY });
});
beforeEach(() => bench.turnOver());
afterAll(() => bench.close());

const hello = { model: "gpt-4.1", messages: [{ role: "user" as const, content: "hello" }] };
const chat = {
  protocol: "openai-chat",
  endpoint: "chat.completions",
  requestedModel: "gpt-4.1",
  servedModel: "gpt-4.1",
  usage: parts({ inputTokens: 21, outputTokens: 9 }),
  usageSource: "reported",
} as const;

describe("openai chat", () => {
  test("a completion arrives whole and is accounted", async () => {
    const { data, response } = await client.chat.completions.create(hello).withResponse();
    expect(data.choices[0]?.message.content).toBe(HELLO);
    expect(data.usage).toMatchObject({ prompt_tokens: 21, completion_tokens: 9, total_tokens: 30 });
    const record = await bench.accounted({ ...chat, stream: false });
    expect(response.headers.get("x-request-id")).toBe(record.id);
    expect(record.userAgent).toStartWith("OpenAI/JS 7.55");
    // 21 × 2 $ + 9 × 8 $ per million tokens.
    expect(record.costNanoUsd).toBe(21 * 2_000 + 9 * 8_000);
  });

  test("a stream read by iteration has the whole text and, unasked, no usage frame", async () => {
    const stream = await client.chat.completions.create({ ...hello, stream: true });
    let text = "";
    for await (const { choices, usage } of stream) {
      expect(choices).toHaveLength(1);
      expect(usage ?? null).toBeNull();
      text += choices[0]?.delta.content ?? "";
    }
    expect(text).toBe(HELLO);
    const record = await bench.accounted({ ...chat, stream: true });
    expect(record.firstTokenAtMs).toBeGreaterThanOrEqual(record.receivedAtMs);
  });

  test("include_usage brings the usage frame to the client too", async () => {
    const stream = await client.chat.completions.create({
      ...hello,
      stream: true,
      stream_options: { include_usage: true },
    });
    const usages: unknown[] = [];
    for await (const { choices, usage } of stream) if (choices.length === 0) usages.push(usage);
    expect(usages).toEqual([{ prompt_tokens: 21, completion_tokens: 9, total_tokens: 30 }]);
    await bench.accounted({ ...chat, stream: true });
  });

  test("the stream helper folds the frames into the final completion", async () => {
    const stream = client.chat.completions.stream({ ...hello, stream_options: { include_usage: true } });
    const deltas: string[] = [];
    stream.on("content", (delta) => deltas.push(delta));
    const completion = await stream.finalChatCompletion();
    expect(deltas.join("")).toBe(HELLO);
    expect(completion.choices[0]).toMatchObject({ finish_reason: "stop", message: { content: HELLO } });
    expect(await stream.totalUsage()).toMatchObject({ total_tokens: 30 });
    await bench.accounted({ ...chat, stream: true });
  });

  test("a raw response keeps the SDK's own headers and shows nothing of the upstream's", async () => {
    const response = await client.chat.completions.create(hello).asResponse();
    const { id } = await bench.accounted(chat);
    expect(response.headers.get("x-request-id")).toBe(id);
    expect(JSON.stringify([...response.headers])).not.toContain(UPSTREAM_KEY);
    await response.arrayBuffer();
  });

  // aimock reports no cache or reasoning parts: the stand-in does.
  test("cached and reasoning tokens are accounted in disjoint parts", async () => {
    const usage = {
      prompt_tokens: 100,
      completion_tokens: 30,
      total_tokens: 130,
      prompt_tokens_details: { cached_tokens: 64 },
      completion_tokens_details: { reasoning_tokens: 12 },
    };
    const choice = { index: 0, finish_reason: "stop" };
    const head = { id: "chatcmpl-1", created: 1, model: "gpt-4.1-mini" };
    bench.standIn.on("POST /v1/chat/completions", ({ body }) =>
      body.includes('"stream":true')
        ? sse([
            {
              ...head,
              object: "chat.completion.chunk",
              choices: [{ ...choice, delta: { role: "assistant", content: "ok" } }],
            },
            { ...head, object: "chat.completion.chunk", choices: [], usage },
            "[DONE]",
          ])
        : Response.json({
            ...head,
            object: "chat.completion",
            choices: [{ ...choice, message: { role: "assistant", content: "ok", refusal: null } }],
            usage,
          }),
    );
    const own = { ...hello, model: "own-gpt" };
    const expected = {
      requestedModel: "own-gpt",
      servedModel: "gpt-4.1-mini",
      usage: parts({ inputTokens: 36, cacheReadTokens: 64, outputTokens: 18, reasoningTokens: 12 }),
    };
    const whole = await client.chat.completions.create(own);
    expect(whole.usage?.prompt_tokens_details?.cached_tokens).toBe(64);
    await bench.accounted({ ...expected, stream: false });
    const stream = client.chat.completions.stream(own);
    expect((await stream.finalMessage()).content).toBe("ok");
    const record = await bench.accounted({ ...expected, stream: true });
    expect(JSON.parse(record.rawUsage ?? "null")).toEqual(usage);
  });

  test("a field that the gateway does not know reaches the upstream", async () => {
    await client.chat.completions.create({ ...hello, verbosity: "low", ...{ x_new_field: { deep: [1, 2] } } });
    expect(bench.aimock.getLastRequest()?.body).toMatchObject({ verbosity: "low", x_new_field: { deep: [1, 2] } });
    await bench.accounted(chat);
  });
});
