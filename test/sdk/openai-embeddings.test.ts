import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import OpenAI from "openai";
import { CLIENT_KEY } from "../support/app.ts";
import { type Bench, parts, startBench } from "./bench.ts";
import { VECTOR } from "./vendors.ts";

let bench: Bench;
let client: OpenAI;

beforeAll(async () => {
  bench = await startBench();
  client = new OpenAI({ baseURL: `${bench.gateway.url}/v1`, apiKey: CLIENT_KEY });
});
beforeEach(() => bench.turnOver());
afterAll(() => bench.close());

const model = "text-embedding-3-small";
const embeddings = { protocol: "openai-chat", endpoint: "embeddings", requestedModel: model, stream: false } as const;

describe("openai embeddings", () => {
  test("floats stay floats", async () => {
    const { data } = await client.embeddings.create({ model, input: "hello", encoding_format: "float" });
    expect(data[0]?.embedding).toEqual(VECTOR);
    await bench.accounted(embeddings);
  });

  test("several inputs keep their order", async () => {
    const { data } = await client.embeddings.create({ model, input: ["hello", "hello", "hello"] });
    expect(data.map(({ index }) => index)).toEqual([0, 1, 2]);
    await bench.accounted(embeddings);
  });

  // aimock counts no tokens for embeddings and knows no base64: the stand-in does.
  test("the SDK's default, base64, is asked for upstream, decoded by the SDK and accounted", async () => {
    bench.standIn.on("POST /v1/embeddings", ({ body }) => {
      const { encoding_format } = JSON.parse(body) as { encoding_format?: string };
      const base64 = Buffer.from(new Float32Array(VECTOR).buffer).toString("base64");
      return Response.json({
        object: "list",
        model: "gpt-4.1-mini",
        data: [{ object: "embedding", index: 0, embedding: encoding_format === "base64" ? base64 : VECTOR }],
        usage: { prompt_tokens: 7, total_tokens: 7 },
      });
    });
    const { data } = await client.embeddings.create({ model: "own-gpt", input: "hello" });
    expect(bench.standIn.seen.at(-1)?.body).toContain('"encoding_format":"base64"');
    expect(data[0]?.embedding).toEqual(VECTOR);
    await bench.accounted({ endpoint: "embeddings", usage: parts({ inputTokens: 7 }), usageSource: "reported" });
  });
});

describe("openai moderations", () => {
  test("a verdict arrives; asking costs nothing", async () => {
    const { results } = await client.moderations.create({ model: "omni-moderation-latest", input: "hello" });
    expect(results[0]).toMatchObject({ flagged: true, categories: { violence: true } });
    const record = await bench.accounted({ endpoint: "moderations", protocol: "openai-chat", stream: false });
    expect(record.costNanoUsd ?? 0).toBe(0);
  });
});
