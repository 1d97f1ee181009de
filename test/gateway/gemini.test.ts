import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { CLIENT_KEY } from "../support/app.ts";
import { json, stream } from "../support/fake-vendor.ts";
import { GEMINI_STREAM, GEMINI_USAGE, geminiAnswer, geminiError, USAGE } from "../support/samples.ts";
import { type Gateway, provider, startGateway } from "./fixture.ts";

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    providers: (vendor) => [provider("gemini", vendor.origin, ["gm-up-1"])],
    models: [
      {
        name: "pro",
        price: { input: 2, output: 12, cacheRead: 0.2 },
        targets: [{ provider: "gemini", model: "gemini-3-pro" }],
      },
      { name: "tuned", targets: [{ provider: "gemini", model: "tuned/my model" }] },
      { name: "embed", targets: [{ provider: "gemini", model: "gemini-embedding-001" }] },
    ],
  });
});
afterAll(() => gateway.close());
beforeEach(() => gateway.restart(json(geminiAnswer())));

const BODY = `{"contents":[{"role":"user","parts":[{"text":"Grüße","thoughtSignature":"AbC="}]}],
 "generationConfig":{"temperature":1.0,"seed":9007199254740993}}`;

describe("generateContent", () => {
  test.each(["v1", "v1beta"])("under /%s stays under it, with its body untouched", async (version) => {
    const { calls, status } = await gateway.send(`/${version}/models/pro:generateContent`, BODY);
    expect(status).toBe(200);
    expect(calls[0]).toMatchObject({ path: `/${version}/models/gemini-3-pro:generateContent`, query: "", text: BODY });
    expect(calls[0]!.headers["x-goog-api-key"]).toBe("gm-up-1");
    expect(calls[0]!.headers.authorization).toBeUndefined();
  });

  test("escapes an upstream name in the path, but not its slashes", async () => {
    const { calls } = await gateway.send("/v1beta/models/tuned:generateContent", BODY);
    expect(calls[0]!.path).toBe("/v1beta/models/tuned/my%20model:generateContent");
  });

  test("is accounted in disjoint parts, thoughts beside the candidates", async () => {
    const { record, text } = await gateway.send("/v1beta/models/pro:generateContent", BODY);
    expect(text).toBe(JSON.stringify(geminiAnswer()));
    expect(record).toMatchObject({
      protocol: "gemini",
      endpoint: "gemini.generateContent",
      requestedModel: "pro",
      servedModel: "gemini-3-pro",
      usage: USAGE,
      rawUsage: JSON.stringify(GEMINI_USAGE),
      costNanoUsd: 800 * 2000 + 200 * 200 + 300 * 12_000,
    });
  });

  test("takes the key of the query, which does not go up", async () => {
    const query = `?key=${CLIENT_KEY}&alt=json&%24fields=x`;
    const { calls, status } = await gateway.send(`/v1beta/models/pro:generateContent${query}`, BODY, {
      headers: { authorization: "" },
    });
    expect(status).toBe(200);
    expect(calls[0]!.query).toBe("?alt=json&%24fields=x");
    expect(JSON.stringify(calls[0]!.headers)).not.toContain(CLIENT_KEY);
  });

  test("an error in a one-element array is still an error", async () => {
    gateway.vendor.otherwise(json([geminiError(503, "UNAVAILABLE", "overloaded")]));
    const { status, json: answer, record } = await gateway.send("/v1beta/models/pro:generateContent", BODY);
    expect(status).toBe(503);
    expect(answer.error).toMatchObject({ code: 503, status: "UNAVAILABLE" });
    expect(record.status).toBe("error");
  });
});

describe("streamGenerateContent", () => {
  test("with alt=sse passes frame for frame", async () => {
    gateway.vendor.otherwise(stream(GEMINI_STREAM));
    const { text, calls, record, headers } = await gateway.send(
      "/v1beta/models/pro:streamGenerateContent?alt=sse",
      BODY,
    );
    expect(text).toBe(GEMINI_STREAM.join(""));
    expect(calls[0]).toMatchObject({ query: "?alt=sse", text: BODY });
    expect(headers.get("content-type")).toStartWith("text/event-stream");
    expect(record).toMatchObject({ stream: true, status: "success", usage: USAGE });
  });

  test.each([
    ["", "?alt=sse"],
    ["?alt=json", "?alt=sse"],
    [`?key=${CLIENT_KEY}`, "?alt=sse"],
    ["?alt=media&x=1", "?x=1&alt=sse"],
  ])("with %p is asked for as events and written as one JSON array", async (query, sent) => {
    gateway.vendor.otherwise(stream(GEMINI_STREAM));
    const { text, calls, headers, record } = await gateway.send(`/v1/models/pro:streamGenerateContent${query}`, BODY);
    expect(calls[0]!.query).toBe(sent);
    expect(headers.get("content-type")).toStartWith("application/json");
    expect(JSON.parse(text)).toEqual(GEMINI_STREAM.map((frame) => JSON.parse(frame.slice(6))));
    expect(record).toMatchObject({ status: "success", usage: USAGE });
  });

  test("in CRLF frames is watched all the same", async () => {
    const frames = GEMINI_STREAM.map((frame) => frame.replaceAll("\n", "\r\n"));
    gateway.vendor.otherwise(stream(frames));
    const { text, record } = await gateway.send("/v1beta/models/pro:streamGenerateContent?alt=sse", BODY);
    expect(text).toBe(frames.join(""));
    expect(record.usage).toEqual(USAGE);
  });

  test("of a blocked prompt is a complete answer", async () => {
    const frame = 'data: {"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":5}}\n\n';
    gateway.vendor.otherwise(stream([frame]));
    const { text, record } = await gateway.send("/v1beta/models/pro:streamGenerateContent?alt=sse", BODY);
    expect(text).toBe(frame);
    expect(record).toMatchObject({ status: "success", usage: { inputTokens: 5, outputTokens: 0 } });
  });

  test("an error in the middle ends the array with an error object", async () => {
    gateway.vendor.otherwise(
      stream([GEMINI_STREAM[0]!, `data: ${JSON.stringify(geminiError(500, "INTERNAL", "boom"))}\n\n`]),
    );
    const { text, record } = await gateway.send("/v1beta/models/pro:streamGenerateContent", BODY);
    const elements = JSON.parse(text) as { error?: { code: unknown } }[];
    expect(elements).toHaveLength(2);
    expect(elements[1]!.error!.code).toBe(502);
    expect(record.status).toBe("error");
  });
});

describe("the other verbs", () => {
  test("batchEmbedContents repeats the model inside, and is renamed there too", async () => {
    gateway.vendor.otherwise(json({ embeddings: [{ values: [0.1] }] }));
    const { calls } = await gateway.send("/v1/models/embed:batchEmbedContents", {
      requests: [{ model: "models/embed", content: { parts: [{ text: "Grüße 🦊" }] } }, { model: "models/embed" }],
    });
    expect(calls[0]!.path).toBe("/v1/models/gemini-embedding-001:batchEmbedContents");
    expect(calls[0]!.json).toEqual({
      requests: [
        { model: "models/gemini-embedding-001", content: { parts: [{ text: "Grüße 🦊" }] } },
        { model: "models/gemini-embedding-001" },
      ],
    });
  });

  test("embedContent is renamed where it names the model", async () => {
    gateway.vendor.otherwise(json({ embedding: { values: [0.1] } }));
    const body = '{"model":"models/embed","content":{"parts":[{"text":"a"}]},"outputDimensionality":1.0}';
    const { calls, record } = await gateway.send("/v1beta/models/embed:embedContent", body);
    expect(calls[0]!.text).toBe(body.replace("models/embed", "models/gemini-embedding-001"));
    expect(record).toMatchObject({ usage: null, usageSource: "unknown", status: "success" });
  });

  test("countTokens costs nothing, and is renamed inside its request", async () => {
    gateway.vendor.otherwise(json({ totalTokens: 31 }));
    const {
      calls,
      record,
      json: answer,
    } = await gateway.send("/v1beta/models/pro:countTokens", {
      generateContentRequest: { model: "models/pro", contents: [] },
    });
    expect(answer).toEqual({ totalTokens: 31 });
    expect(calls[0]!.json).toEqual({ generateContentRequest: { model: "models/gemini-3-pro", contents: [] } });
    expect(record).toMatchObject({ endpoint: "gemini.countTokens", costNanoUsd: 0 });
  });

  test("an unknown verb is a 404 in Gemini's own form", async () => {
    const response = await gateway.post("/v1beta/models/pro:makeCoffee", {});
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { code: 404, status: "NOT_FOUND" } });
  });
});
