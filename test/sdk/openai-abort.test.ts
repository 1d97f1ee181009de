import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import OpenAI from "openai";
import { CLIENT_KEY } from "../support/app.ts";
import { type Bench, startBench } from "./bench.ts";

let bench: Bench;
let client: OpenAI;

beforeAll(async () => {
  bench = await startBench();
  client = new OpenAI({ baseURL: `${bench.gateway.url}/v1`, apiKey: CLIENT_KEY, maxRetries: 0 });
});
beforeEach(() => bench.turnOver());
afterAll(() => bench.close());

const request = { model: "own-gpt", messages: [{ role: "user" as const, content: "talk for ever" }] };
const cancelled = {
  status: "cancelled",
  httpStatus: 499,
  errorClass: "client_closed",
  endpoint: "chat.completions",
} as const;

/** An upstream that says one word (`whole`: nothing) and then waits until the gateway hangs up. */
function holdUpstream(whole = false): { asked: Promise<void>; hungUp: Promise<void> } {
  const asked = Promise.withResolvers<void>();
  const hungUp = Promise.withResolvers<void>();
  bench.standIn.on("POST /v1/chat/completions", ({ signal }) => {
    signal.addEventListener("abort", () => hungUp.resolve());
    asked.resolve();
    if (whole) return hungUp.promise.then(() => new Response(null, { status: 499 }));
    const choices = [{ index: 0, delta: { role: "assistant", content: "One" }, finish_reason: null }];
    const chunk = { id: "c", object: "chat.completion.chunk", created: 1, model: "gpt-4.1-mini", choices };
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(chunk)}\n\n`)),
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  });
  return { asked: asked.promise, hungUp: hungUp.promise };
}

async function expectDelivered() {
  // What was delivered is paid for, though the vendor could not say how much it was.
  const record = await bench.accounted({ ...cancelled, stream: true, usageSource: "estimated" });
  expect(record.usage?.outputTokens).toBeGreaterThan(0);
  expect(record.costNanoUsd).toBeGreaterThan(0);
}

describe("openai abort", () => {
  test("an AbortController in the middle of a stream ends the upstream call too", async () => {
    const upstream = holdUpstream();
    const controller = new AbortController();
    const stream = await client.chat.completions.create({ ...request, stream: true }, { signal: controller.signal });
    for await (const chunk of stream) {
      expect(chunk.choices[0]?.delta.content).toBe("One");
      controller.abort();
    }
    await upstream.hungUp;
    await expectDelivered();
  });

  test("leaving the iteration does the same", async () => {
    const upstream = holdUpstream();
    for await (const _ of await client.chat.completions.create({ ...request, stream: true })) break;
    await upstream.hungUp;
    await expectDelivered();
  });

  test("the stream helper's abort does the same and the helper says so", async () => {
    const upstream = holdUpstream();
    const stream = client.chat.completions.stream(request);
    stream.once("content", () => stream.abort());
    expect(await stream.done().catch((cause: unknown) => cause)).toBeInstanceOf(OpenAI.APIUserAbortError);
    await upstream.hungUp;
    await expectDelivered();
  });

  test("an abort before any answer is recorded as cancelled and blames no key", async () => {
    const upstream = holdUpstream(true);
    const controller = new AbortController();
    const work = client.chat.completions
      .create(request, { signal: controller.signal })
      .catch((cause: unknown) => cause);
    await upstream.asked;
    controller.abort();
    expect(await work).toBeInstanceOf(OpenAI.APIUserAbortError);
    await upstream.hungUp;
    const record = await bench.accounted({ ...cancelled, stream: false, usage: null });
    expect(record.attempts).toMatchObject([{ outcome: "abandoned", errorClass: null, cooldownMs: null }]);
  });

  test("the SDK's own timeout ends the upstream call too", async () => {
    const upstream = holdUpstream(true);
    const error = await client.chat.completions.create(request, { timeout: 100 }).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(OpenAI.APIConnectionTimeoutError);
    await upstream.hungUp;
    await bench.accounted({ ...cancelled, stream: false });
  });
});
