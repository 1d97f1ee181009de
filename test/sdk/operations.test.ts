import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { GoogleGenAI } from "@google/genai";
import OpenAI from "openai";
import { CLIENT_KEY } from "../support/app.ts";
import { type Bench, parts, startBench } from "./bench.ts";
import { IMAGE, UPSTREAM_KEY, VECTOR } from "./vendors.ts";

/** Official SDKs over a vendor that is not theirs, for what is no conversation. */
let bench: Bench;
let openai: OpenAI;
let google: GoogleGenAI;

beforeAll(async () => {
  bench = await startBench();
  openai = new OpenAI({ baseURL: `${bench.gateway.url}/v1`, apiKey: CLIENT_KEY, maxRetries: 0 });
  google = new GoogleGenAI({ apiKey: CLIENT_KEY, httpOptions: { baseUrl: bench.gateway.url } });
});
beforeEach(() => bench.turnOver());
afterAll(() => bench.close());

const onGemini = (model: string, verb: string, answer: object) =>
  bench.standIn.on(`POST /v1beta/models/${model}:${verb}`, () => Response.json(answer));
const inline = (mimeType: string, data: string) => ({
  candidates: [{ content: { role: "model", parts: [{ inlineData: { mimeType, data } }] }, finishReason: "STOP" }],
  usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 40, totalTokenCount: 43 },
});

describe("openai on Gemini", () => {
  const model = "gemini-own/gemini-embedding-001";

  test("embeds, in base64 as it does by default and in floats", async () => {
    onGemini("gemini-embedding-001", "batchEmbedContents", { embeddings: [{ values: VECTOR }, { values: VECTOR }] });
    for (const encoding of [{}, { encoding_format: "float" }] as const) {
      const { data, usage } = await openai.embeddings.create({ model, input: ["hello", "there"], ...encoding });
      expect(data.map(({ embedding }) => embedding)).toEqual([VECTOR, VECTOR]);
      expect(usage.prompt_tokens).toBe(2);
      const usageSource = "estimated";
      await bench.accounted({ endpoint: "embeddings", usage: parts({ inputTokens: 2 }), usageSource });
    }
    expect(bench.standIn.seen.at(-1)!.headers.get("x-goog-api-key")).toBe(UPSTREAM_KEY);
  });

  test("speaks", async () => {
    const samples = Buffer.from([1, 0, 2, 0]);
    onGemini(
      "gemini-2.5-pro-preview-tts",
      "generateContent",
      inline("audio/L16;rate=24000", samples.toString("base64")),
    );
    const speech = { model: "gemini-own/gemini-2.5-pro-preview-tts", input: "hello", voice: "alloy" } as const;
    const answer = await openai.audio.speech.create({ ...speech, response_format: "wav" });
    expect(answer.headers.get("content-type")).toBe("audio/wav");
    expect(Buffer.from(await answer.arrayBuffer()).subarray(44)).toEqual(samples);
    const usage = parts({ inputTokens: 3, outputTokens: 40 });
    await bench.accounted({ endpoint: "audio.speech", usage, usageSource: "reported" });
    const error = await openai.audio.speech.create({ ...speech, response_format: "opus" }).catch((cause) => cause);
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error.param).toBe("response_format");
    await bench.settled();
  });

  test("draws", async () => {
    onGemini("gemini-2.5-flash-image", "generateContent", inline("image/png", IMAGE));
    const drawing = { model: "gemini-own/gemini-2.5-flash-image", prompt: "a cat" };
    const { data, usage } = await openai.images.generate(drawing);
    expect([data?.[0]?.b64_json, usage?.output_tokens]).toEqual([IMAGE, 40]);
    const counted = parts({ inputTokens: 3, outputTokens: 40 });
    await bench.accounted({ endpoint: "images.generations", usage: counted, usageSource: "reported" });
  });
});

describe("@google/genai on OpenAI", () => {
  test("embeds", async () => {
    bench.standIn.on("POST /v1/embeddings", () =>
      Response.json({
        object: "list",
        data: [{ object: "embedding", index: 0, embedding: VECTOR }],
        usage: { prompt_tokens: 7, total_tokens: 7 },
      }),
    );
    const config = { outputDimensionality: 3, taskType: "CLUSTERING" };
    const answer = await google.models.embedContent({ model: "own-gpt", contents: "hello", config });
    expect(answer.embeddings?.[0]?.values).toEqual(VECTOR);
    expect(answer.sdkHttpResponse?.headers?.["x-sluice-dropped"]).toBe("requests[0].taskType");
    expect(JSON.parse(bench.standIn.seen.at(-1)!.body)).toMatchObject({ input: ["hello"], dimensions: 3 });
    const usage = parts({ inputTokens: 7 });
    await bench.accounted({ endpoint: "gemini.batchEmbedContents", usage, usageSource: "reported" });
  });

  test("hears a refusal in its own words", async () => {
    const asked = google.models.embedContent({ model: "own-claude", contents: "hello" });
    const error = await asked.catch((cause) => cause);
    expect(error).toMatchObject({ name: "ApiError", status: 400 });
    expect(error.message).toContain("anthropic");
    await bench.settled();
  });
});
