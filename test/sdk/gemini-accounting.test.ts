import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { GoogleGenAI, type Part } from "@google/genai";
import { CLIENT_KEY } from "../support/app.ts";
import { type Bench, parts, startBench } from "./bench.ts";
import { sse } from "./stand-in.ts";
import { UPSTREAM_KEY } from "./vendors.ts";

let bench: Bench;
let v1: GoogleGenAI;

beforeAll(async () => {
  bench = await startBench();
  v1 = new GoogleGenAI({ apiKey: CLIENT_KEY, httpOptions: { baseUrl: bench.gateway.url } });
});
beforeEach(() => bench.turnOver());
afterAll(() => bench.close());

// aimock knows no countTokens, no batchEmbedContents, no cache or thought counts and no signatures: the stand-in does.
describe("gemini beside the text", () => {
  const model = "own-gemini";
  const own = "/v1/models/gemini-2.5-flash";

  test("cached and thought tokens are parts of their own, and a thought signature survives", async () => {
    const usageMetadata = {
      promptTokenCount: 100,
      cachedContentTokenCount: 60,
      candidatesTokenCount: 12,
      thoughtsTokenCount: 30,
      totalTokenCount: 142,
    };
    const content: { role: string; parts: Part[] } = {
      role: "model",
      parts: [{ text: "ok", thoughtSignature: "c2lnbmF0dXJl" }],
    };
    const answer = { candidates: [{ index: 0, content, finishReason: "STOP" }], usageMetadata };
    bench.standIn.on(`POST ${own}:generateContent`, () => Response.json(answer));
    bench.standIn.on(`POST ${own}:streamGenerateContent`, () => sse([answer]));
    const usage = parts({ inputTokens: 40, cacheReadTokens: 60, outputTokens: 12, reasoningTokens: 30 });
    const whole = await v1.models.generateContent({ model, contents: "hello" });
    expect(whole.candidates?.[0]?.content?.parts).toEqual(content.parts);
    await bench.accounted({ endpoint: "gemini.generateContent", stream: false, usage });
    for await (const chunk of await v1.models.generateContentStream({ model, contents: "hello" })) {
      expect(chunk.candidates?.[0]?.content?.parts).toEqual(content.parts);
    }
    await bench.accounted({ endpoint: "gemini.streamGenerateContent", stream: true, usage });
  });

  test("tokens are counted for nothing", async () => {
    bench.standIn.on(`POST ${own}:countTokens`, () => Response.json({ totalTokens: 31 }));
    expect((await v1.models.countTokens({ model, contents: "hello" })).totalTokens).toBe(31);
    await bench.accounted({ endpoint: "gemini.countTokens", usage: parts({}), costNanoUsd: 0 });
  });

  test("an embedding goes out as a batch, with the upstream's model name inside too", async () => {
    bench.standIn.on(`POST ${own}:batchEmbedContents`, () => Response.json({ embeddings: [{ values: [0.5, 0.25] }] }));
    const { embeddings } = await v1.models.embedContent({ model, contents: "hello" });
    expect(embeddings?.[0]?.values).toEqual([0.5, 0.25]);
    const { body } = bench.standIn.seen.at(-1)!;
    expect(JSON.parse(body)).toMatchObject({ requests: [{ model: "models/gemini-2.5-flash" }] });
    await bench.accounted({ endpoint: "gemini.batchEmbedContents", requestedModel: model, usageSource: "unknown" });
  });

  test("the pooled key goes up in its header, the client's key nowhere", async () => {
    bench.standIn.on(`POST ${own}:countTokens`, () => Response.json({ totalTokens: 1 }));
    await v1.models.countTokens({ model, contents: "hello" });
    const { headers, query } = bench.standIn.seen.at(-1)!;
    expect(headers.get("x-goog-api-key")).toBe(UPSTREAM_KEY);
    expect(headers.get("x-goog-api-client")).toContain("google-genai-sdk/3.1");
    expect(`${query} ${JSON.stringify([...headers])}`).not.toContain(CLIENT_KEY);
    await bench.settled();
  });

  test("an abort in the middle of a stream is recorded as cancelled and ends the upstream call", async () => {
    const hungUp = Promise.withResolvers<void>();
    const word = { candidates: [{ index: 0, content: { role: "model", parts: [{ text: "One" }] } }] };
    bench.standIn.on(`POST ${own}:streamGenerateContent`, ({ signal }) => {
      signal.addEventListener("abort", () => hungUp.resolve());
      const frame = new TextEncoder().encode(`data: ${JSON.stringify(word)}\n\n`);
      const body = new ReadableStream<Uint8Array>({ start: (out) => out.enqueue(frame) });
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    });
    const controller = new AbortController();
    const config = { abortSignal: controller.signal };
    const read = async () => {
      for await (const _ of await v1.models.generateContentStream({ model, contents: "hello", config })) {
        controller.abort();
      }
    };
    await read().catch(() => {});
    await hungUp.promise;
    const cancelled = { status: "cancelled", httpStatus: 499, errorClass: "client_closed" } as const;
    await bench.accounted({ ...cancelled, stream: true, usageSource: "estimated" });
  });
});
