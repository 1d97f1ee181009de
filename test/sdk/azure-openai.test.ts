import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { AzureOpenAI } from "openai";
import { CLIENT_KEY } from "../support/app.ts";
import { type Bench, parts, startBench } from "./bench.ts";
import { HELLO, VECTOR } from "./vendors.ts";

let bench: Bench;
let client: AzureOpenAI;

beforeAll(async () => {
  bench = await startBench();
  client = new AzureOpenAI({ endpoint: bench.gateway.url, apiKey: CLIENT_KEY, apiVersion: "2025-01-01-preview" });
});
beforeEach(() => bench.turnOver());
afterAll(() => bench.close());

const messages = [{ role: "user" as const, content: "hello" }];
const chat = {
  protocol: "openai-chat",
  endpoint: "chat.completions",
  usage: parts({ inputTokens: 21, outputTokens: 9 }),
} as const;

describe("AzureOpenAI", () => {
  test("a deployment is served by an Azure provider under the provider's own api-version", async () => {
    const completion = await client.chat.completions.create({ model: "my-deployment", messages });
    expect(completion.choices[0]?.message.content).toBe(HELLO);
    await bench.accounted({ ...chat, requestedModel: "my-deployment", stream: false });
    expect(bench.aimock.getLastRequest()?.path).toBe(
      "/openai/deployments/my-deployment/chat/completions?api-version=2024-10-21",
    );
  });

  test("a deployment is streamed", async () => {
    const stream = client.chat.completions.stream({ model: "my-deployment", messages });
    expect((await stream.finalMessage()).content).toBe(HELLO);
    await bench.accounted({ ...chat, stream: true });
  });

  test("a deployment may be any model of the gateway, also one of another kind of provider", async () => {
    const completion = await client.chat.completions.create({ model: "gpt-4.1", messages });
    expect(completion.choices[0]?.message.content).toBe(HELLO);
    await bench.accounted({ ...chat, requestedModel: "gpt-4.1", servedModel: "gpt-4.1" });
    expect(bench.aimock.getLastRequest()?.path).toBe("/v1/chat/completions");
  });

  test("the deployment of the client itself is in the path and wins over the body", async () => {
    const fixed = client.withOptions({ deployment: "my-deployment" });
    await fixed.chat.completions.create({ model: "gpt-4.1", messages });
    await bench.accounted({ ...chat, requestedModel: "my-deployment" });
  });

  test("embeddings go through a deployment too", async () => {
    const { data } = await client.embeddings.create({ model: "text-embedding-3-small", input: "hello" });
    expect(data[0]?.embedding).toEqual(VECTOR);
    await bench.accounted({ endpoint: "embeddings", requestedModel: "text-embedding-3-small" });
  });

  test("responses stand beside the deployments", async () => {
    const response = await client.responses.create({ model: "gpt-4.1", input: "hello" });
    expect(response.output_text).toBe(HELLO);
    await bench.accounted({ ...chat, protocol: "openai-responses", endpoint: "responses", requestedModel: "gpt-4.1" });
  });

  test("a wrong key and an unknown deployment are the SDK's own errors", async () => {
    const stranger = client.withOptions({ apiKey: "nobody-0123456789" });
    const wrong = await stranger.chat.completions.create({ model: "my-deployment", messages }).catch((e: unknown) => e);
    expect(wrong).toBeInstanceOf(AzureOpenAI.AuthenticationError);
    const unknown = await client.chat.completions.create({ model: "nobody", messages }).catch((e: unknown) => e);
    expect(unknown).toBeInstanceOf(AzureOpenAI.NotFoundError);
  });
});
