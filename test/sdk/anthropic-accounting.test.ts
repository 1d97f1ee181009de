import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import Anthropic from "@anthropic-ai/sdk";
import { CLIENT_KEY } from "../support/app.ts";
import { type Bench, parts, startBench } from "./bench.ts";
import { cachedMessageEvents } from "./cached-message.ts";
import { typedSse } from "./stand-in.ts";

let bench: Bench;
let client: Anthropic;

beforeAll(async () => {
  bench = await startBench();
  client = new Anthropic({ baseURL: bench.gateway.url, apiKey: CLIENT_KEY });
});
beforeEach(() => bench.turnOver());
afterAll(() => bench.close());

const hello = {
  model: "claude-opus-4-6",
  max_tokens: 100,
  messages: [{ role: "user" as const, content: "hello" }],
};
// aimock knows no cache counts and no count_tokens: the stand-in does.
describe("anthropic accounting", () => {
  const own = { ...hello, model: "own-claude" };
  const cached = parts({ inputTokens: 10, cacheReadTokens: 2000, cacheWriteTokens: 300, outputTokens: 25 });

  test("cache reads and writes are parts of their own, streamed and whole", async () => {
    const [start] = cachedMessageEvents;
    const usage = { ...start.message.usage, output_tokens: 25 };
    const message = { ...start.message, content: [{ type: "text", text: "ok" }], stop_reason: "end_turn", usage };
    bench.standIn.on("POST /v1/messages", ({ body }) =>
      body.includes('"stream":true') ? typedSse(cachedMessageEvents) : Response.json(message),
    );
    expect((await client.messages.create(own)).usage.cache_read_input_tokens).toBe(2000);
    await bench.accounted({ usage: cached, stream: false, servedModel: "claude-opus-4-6" });
    expect((await client.messages.stream(own).finalMessage()).usage.output_tokens).toBe(25);
    const record = await bench.accounted({ usage: cached, stream: true });
    // 10 × 5 $ + 2,000 × 0.5 $ + 300 × 6.25 $ + 25 × 25 $ per million tokens.
    expect(record.costNanoUsd).toBe(10 * 5_000 + 2000 * 500 + 300 * 6_250 + 25 * 25_000);
  });

  test("tokens are counted for nothing", async () => {
    bench.standIn.on("POST /v1/messages/count_tokens", () => Response.json({ input_tokens: 2095 }));
    const { max_tokens: _, ...counted } = own;
    expect(await client.messages.countTokens(counted)).toMatchObject({ input_tokens: 2095 });
    await bench.accounted({ endpoint: "messages.count_tokens", usage: parts({}), costNanoUsd: 0 });
  });

  test("leaving a stream is recorded as cancelled and ends the upstream call", async () => {
    const hungUp = Promise.withResolvers<void>();
    bench.standIn.on("POST /v1/messages", ({ signal }) => {
      signal.addEventListener("abort", () => hungUp.resolve());
      const [start, block] = cachedMessageEvents;
      const text = [start, block].map((event) => `event: ${event?.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
      const body = new ReadableStream<Uint8Array>({ start: (out) => out.enqueue(new TextEncoder().encode(text)) });
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    });
    const stream = client.messages.stream({ ...hello, model: "own-claude" });
    stream.on("streamEvent", (event) => event.type === "content_block_start" && stream.abort());
    expect(await stream.done().catch((cause: unknown) => cause)).toBeInstanceOf(Anthropic.APIUserAbortError);
    await hungUp.promise;
    const record = await bench.accounted({ status: "cancelled", httpStatus: 499, errorClass: "client_closed" });
    // What the vendor had said so far stays: its input counts come first.
    expect(record.usage).toMatchObject({ inputTokens: 10, cacheReadTokens: 2000, cacheWriteTokens: 300 });
  });
});
