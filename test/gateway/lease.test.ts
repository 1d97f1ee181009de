import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { json, reset, stream } from "../support/fake-vendor.ts";
import { CHAT_STREAM, chatAnswer, openAiError } from "../support/samples.ts";
import { type Gateway, inFlight, provider, startGateway } from "./fixture.ts";

/** A claim on a key that is never given back counts as load for ever, and jams a key that is being probed. */
let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    providers: (vendor) => [
      provider("openai", `${vendor.origin}/v1`, ["sk-up-1"]),
      provider("azure-openai", vendor.origin, ["az-up-1"], { apiVersion: "2024-10-21" }),
      provider("gemini", vendor.origin, ["gm-up-1"]),
    ],
    models: [
      { name: "gpt-4.1", targets: [{ provider: "openai", model: "gpt-4.1" }] },
      { name: "renamed", targets: [{ provider: "openai", model: "gpt-4.1-mini" }] },
      { name: "embed", targets: [{ provider: "gemini", model: "gemini-embedding-001" }] },
    ],
  });
});
afterAll(() => gateway.close());
beforeEach(() => gateway.restart(json(chatAnswer())));

const long = `"filler":"${"x".repeat(10_000)}"`;
const unusable: [what: string, path: string, body: string][] = [
  ["a doubled field, found while the model is spliced", "/v1/chat/completions", '{"model":"renamed","n":1,"n":2}'],
  [
    "a doubled field, found while usage is asked for",
    "/v1/chat/completions",
    '{"model":"gpt-4.1","stream":true,"n":1,"n":2}',
  ],
  ["a doubled stream_options", "/v1/chat/completions", '{"model":"renamed","stream_options":{},"stream_options":{}}'],
  [
    "a model name that is no text (a lone surrogate) for Azure",
    "/v1/chat/completions",
    '{"model":"azure-openai/\\ud800x","messages":[]}',
  ],
  [
    "a bad escape in a long batch of embeddings",
    "/v1beta/models/embed:batchEmbedContents",
    `{"requests":[{"model":"models/embed","text":"\\x"}],${long}}`,
  ],
];

describe("a request that turns out unusable when it is written for the upstream", () => {
  test.each(unusable)("is refused as the client's fault: %s", async (_, path, body) => {
    const { status, calls } = await gateway.send(path, body);
    expect(status).toBe(400);
    expect(calls).toEqual([]);
  });

  test.each(unusable)("gives its key back: %s", async (_, path, body) => {
    const before = inFlight(gateway);
    await gateway.send(path, body);
    expect(inFlight(gateway)).toBe(before);
  });
});

test("a byte order mark before a batch of embeddings does no harm", async () => {
  gateway.vendor.otherwise(json({ embeddings: [] }));
  const body = '\ufeff{"requests":[{"model":"models/embed","content":{"parts":[{"text":"a"}]}}]}';
  const before = inFlight(gateway);
  const { status } = await gateway.send("/v1beta/models/embed:batchEmbedContents", body);
  expect(inFlight(gateway)).toBe(before);
  expect(status).toBe(200);
});

describe("a key is given back after", () => {
  test.each([
    ["an answer", {}, json(chatAnswer())],
    ["a stream", { stream: true }, stream(CHAT_STREAM)],
    ["a refusal", {}, json(openAiError("no"), 400)],
    ["a reset", {}, reset],
  ])("%s", async (_, change, reply) => {
    const before = inFlight(gateway);
    gateway.vendor.otherwise(reply);
    await gateway.send("/v1/chat/completions", { model: "gpt-4.1", ...change });
    expect(inFlight(gateway)).toBe(before);
  });
});
