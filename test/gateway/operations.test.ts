import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { endpoints } from "../../src/llm/endpoints.ts";
import { ENDPOINTS, type EndpointId, PROVIDER_KINDS, type ProviderKind } from "../../src/llm/names.ts";
import { serviceOf } from "../../src/providers/wires.ts";
import { CLIENT_KEY } from "../support/app.ts";
import { json, never, type Reply } from "../support/fake-vendor.ts";
import { geminiError, openAiError } from "../support/samples.ts";
import { allGivenBack, type Gateway, type Outcome, provider, startGateway } from "./fixture.ts";

/** Embeddings, speech and pictures on vendors that have them at another endpoint than the client's. */
let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    providers: ({ origin }) => [
      provider("gemini", origin, ["gem-1", "gem-2"]),
      provider("openai", `${origin}/v1`, ["oai-1"]),
      provider("openai-compatible", origin, ["com-1"]),
      provider("azure-openai", origin, ["az-1"], { apiVersion: "2024-10-21" }),
      provider("anthropic", origin, ["ant-1"]),
      provider("coze", origin, ["coze-1"]),
    ],
    models: [
      { name: "mixed", targets: [EMBEDDING, { provider: "openai", model: "text-embedding-3-small", priority: 1 }] },
    ],
    clientKeys: [
      { name: "test", secret: CLIENT_KEY },
      { name: "strict", secret: STRICT_KEY, strictParameters: true },
      { name: "kept", secret: KEPT_KEY, requestContent: "full" },
    ],
  });
});
afterAll(() => gateway.close());
beforeEach(() => gateway.restart(never));

const EMBEDDING = { provider: "gemini", model: "gemini-embedding-001", priority: 0 };
const STRICT_KEY = "sk-strict-0123456789";
const KEPT_KEY = "sk-kept-0123456789";
const as = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });
const embed = (change: object = {}, key = CLIENT_KEY) =>
  gateway.send("/v1/embeddings", { model: "gemini/gemini-embedding-001", input: ["one", "two"], ...change }, as(key));
const speak = (change: object = {}) =>
  gateway.send("/v1/audio/speech", {
    model: "gemini/gemini-2.5-flash-preview-tts",
    input: "hi",
    voice: "alloy",
    response_format: "wav",
    ...change,
  });
const draw = (change: object = {}) =>
  gateway.send("/v1/images/generations", { model: "gemini/gemini-2.5-flash-image", prompt: "a fox", ...change });

const VECTORS = { embeddings: [{ values: [1, 2] }, { values: [0.5, -1] }] };
const USAGE = { promptTokenCount: 7, candidatesTokenCount: 30, totalTokenCount: 37 };
const inline = (mimeType: string, data: string) => ({
  candidates: [{ content: { role: "model", parts: [{ inlineData: { mimeType, data } }] }, finishReason: "STOP" }],
});
const filtered = { candidates: [{ finishReason: "PROHIBITED_CONTENT" }], usageMetadata: USAGE };

function expectAsked({ calls }: Outcome, path: string, keyHeader: string, key: string): void {
  expect(calls.map(({ target }) => target)).toEqual([path]);
  expect(calls[0]!.headers[keyHeader]).toContain(key);
  expect(calls[0]!.text + JSON.stringify(calls[0]!.headers)).not.toContain(CLIENT_KEY);
}

describe("embeddings of an OpenAI client on Gemini", () => {
  test("are asked for in one batch and come as floats", async () => {
    gateway.vendor.otherwise(json({ ...VECTORS, usageMetadata: { promptTokenCount: 9, totalTokenCount: 9 } }));
    const outcome = await embed({ dimensions: 2 });
    expectAsked(outcome, "/v1beta/models/gemini-embedding-001:batchEmbedContents", "x-goog-api-key", "gem-");
    const request = (text: string) => ({
      model: "models/gemini-embedding-001",
      content: { parts: [{ text }] },
      outputDimensionality: 2,
    });
    expect(JSON.parse(outcome.calls[0]!.text)).toEqual({ requests: [request("one"), request("two")] });
    expect(outcome.json).toEqual({
      object: "list",
      data: [
        { object: "embedding", index: 0, embedding: [1, 2] },
        { object: "embedding", index: 1, embedding: [0.5, -1] },
      ],
      model: "gemini/gemini-embedding-001",
      usage: { prompt_tokens: 9, total_tokens: 9 },
    });
    expect(outcome.record).toMatchObject({
      status: "success",
      endpoint: "embeddings",
      servedModel: "gemini-embedding-001",
      usage: { inputTokens: 9, outputTokens: 0 },
      usageSource: "reported",
      dropped: [],
    });
    expect(outcome.record.costNanoUsd).toBeGreaterThan(0);
    expect(outcome.record.attempts).toMatchObject([{ outcome: "ok" }]);
    expect(outcome.headers.get("content-type")).toBe("application/json");
    expect(outcome.headers.get("x-sluice-dropped")).toBeNull();
  });

  test("of a vendor that tells no usage are estimated, and so flagged", async () => {
    gateway.vendor.otherwise(json(VECTORS));
    const { json: answer, record } = await embed({ input: ["one two three", "four"], encoding_format: "base64" });
    expect(answer.data.map((each: { embedding: string }) => each.embedding)).toEqual(["AACAPwAAAEA=", "AAAAPwAAgL8="]);
    expect(answer.usage).toEqual({ prompt_tokens: 4, total_tokens: 4 });
    expect(record).toMatchObject({ usage: { inputTokens: 4 }, usageSource: "estimated", rawUsage: null });
  });

  test("name what was left out, or are refused to a strict key", async () => {
    gateway.vendor.otherwise(json(VECTORS));
    const { headers, record } = await embed({ user: "me" });
    expect(headers.get("x-sluice-dropped")).toBe("user");
    expect(record.dropped).toEqual(["user"]);
    const strict = await embed({ user: "me" }, STRICT_KEY);
    expect([strict.status, strict.json.error.param, strict.calls.length]).toEqual([400, "user", 0]);
    expect(strict.record).toMatchObject({ status: "error", errorClass: "unsupported", attempts: [] });
  });

  const wrong: [change: object, param: string][] = [
    [{ input: [[1, 2]] }, "input"],
    [{ input: undefined }, "input"],
    [{ dimensions: "2" }, "dimensions"],
    [{ stream: true }, "stream"],
  ];
  test.each(wrong)("with %j are refused before anybody is asked", async (change, param) => {
    const { status, json: answer, calls, record } = await embed(change);
    expect([status, answer.error.param, calls.length]).toEqual([400, param, 0]);
    expect(record).toMatchObject({ status: "error", httpStatus: 400, attempts: [], usage: null });
    await allGivenBack(gateway);
  });

  test("go to the next target that can be sent them", async () => {
    const vector = { data: [{ index: 0, embedding: [1] }], usage: { prompt_tokens: 2, total_tokens: 2 } };
    gateway.vendor.otherwise(json(vector));
    const { json: answer, calls } = await embed({ model: "mixed", input: [[1, 2]] });
    expect([answer, calls.map(({ path }) => path)]).toEqual([vector, ["/v1/embeddings"]]);
    expect(JSON.parse(calls[0]!.text)).toMatchObject({ model: "text-embedding-3-small", input: [[1, 2]] });
  });

  test("move on from a refused key, and from a vendor that is down", async () => {
    gateway.vendor.once(json(geminiError(429, "RESOURCE_EXHAUSTED", "Slow down"), 429));
    gateway.vendor.otherwise(json(VECTORS));
    const { status, calls } = await embed();
    expect([status, new Set(calls.map(({ key }) => key)).size]).toEqual([200, 2]);
    gateway.restart(json({ data: [], usage: { prompt_tokens: 1 } }));
    for (const key of ["gem-1", "gem-2"]) gateway.vendor.forKey(key, json({ embeddings: [] }));
    const moved = await embed({ model: "mixed" });
    expect([moved.status, moved.record.attempts.map(({ outcome }) => outcome)]).toEqual([
      200,
      ["unreachable", "unreachable", "ok"],
    ]);
  });

  test("that the vendor refuses are told in OpenAI's format", async () => {
    gateway.vendor.otherwise(json(geminiError(400, "INVALID_ARGUMENT", "dimension is too big"), 400));
    const { status, json: answer, record } = await embed();
    expect([status, answer.error.message, answer.error.type]).toEqual([
      400,
      "dimension is too big",
      "invalid_request_error",
    ]);
    expect(record).toMatchObject({ errorClass: "invalid_request", usage: null, usageSource: "unknown" });
    expect(record.attempts).toHaveLength(1);
  });

  const nonsense: [name: string, reply: Reply][] = [
    ["too few", json({ embeddings: [{ values: [1] }] })],
    ["a page", (call) => call.answer(200, "<html>", { "content-type": "text/html" })],
    ["a list", json([VECTORS])],
    ["half an answer", json('{"embeddings":[{"values":[1')],
  ];
  test.each(nonsense)("answered with %s are a 502 that keeps what was said", async (_, reply) => {
    gateway.vendor.otherwise(reply);
    const { status, json: answer, record } = await embed();
    expect([status, answer.error.type]).toEqual([502, "server_error"]);
    expect(record.attempts[0]!.errorText).toContain("it said: ");
  });
});

describe("embeddings of a Gemini client", () => {
  const ANSWER = {
    object: "list",
    data: [
      { object: "embedding", index: 1, embedding: [3] },
      { object: "embedding", index: 0, embedding: [1] },
    ],
    model: "x",
    usage: { prompt_tokens: 5, total_tokens: 5 },
  };
  const upstreams: [kind: string, path: string, keyHeader: string, key: string][] = [
    ["openai", "/v1/embeddings", "authorization", "oai-1"],
    ["openai-compatible", "/v1/embeddings", "authorization", "com-1"],
    ["azure-openai", "/openai/deployments/emb/embeddings?api-version=2024-10-21", "api-key", "az-1"],
  ];
  const content = (text: string) => ({ parts: [{ text }] });
  const ask = (kind: string, verb: string, body: object) =>
    gateway.send(`/v1beta/models/${kind}/emb:${verb}?key=${CLIENT_KEY}`, body);

  test.each(upstreams)("are asked for together on %s", async (kind, path, keyHeader, key) => {
    gateway.vendor.otherwise(json(ANSWER));
    const requests = [
      { model: "models/x", content: content("a"), taskType: "CLUSTERING" },
      { content: content("b"), taskType: "CLUSTERING" },
    ];
    const outcome = await ask(kind, "batchEmbedContents", { requests });
    expectAsked(outcome, path, keyHeader, key);
    expect(JSON.parse(outcome.calls[0]!.text)).toEqual({ model: "emb", input: ["a", "b"], encoding_format: "float" });
    expect(outcome.json).toEqual({
      embeddings: [{ values: [1] }, { values: [3] }],
      usageMetadata: { promptTokenCount: 5, totalTokenCount: 5 },
    });
    expect(outcome.headers.get("x-sluice-dropped")).toBe("requests[0].taskType");
    expect(outcome.record).toMatchObject({
      protocol: "gemini",
      endpoint: "gemini.batchEmbedContents",
      usage: { inputTokens: 5 },
      usageSource: "reported",
      rawUsage: '{"prompt_tokens":5,"total_tokens":5}',
    });
  });

  test("come one by one too, estimated where nobody counted", async () => {
    gateway.vendor.otherwise(json({ data: [{ embedding: [1] }] }));
    const { json: answer, record } = await ask("openai-compatible", "embedContent", { content: content("one two") });
    expect(answer).toEqual({ embedding: { values: [1] } });
    expect(record).toMatchObject({ usage: { inputTokens: 2 }, usageSource: "estimated" });
  });

  test("that are wrong or refused hear it in Gemini's format", async () => {
    const wrong = await ask("openai", "embedContent", { content: { parts: [{ inlineData: {} }] } });
    expect([wrong.status, wrong.json.error.status, wrong.calls.length]).toEqual([400, "INVALID_ARGUMENT", 0]);
    gateway.vendor.otherwise(json(openAiError("This model does not embed"), 400));
    const refused = await ask("openai", "embedContent", { content: content("a") });
    expect(refused.json.error).toMatchObject({
      code: 400,
      status: "INVALID_ARGUMENT",
      message: "This model does not embed",
    });
  });

  test("find an API at the origin itself", async () => {
    gateway.vendor.otherwise((call) =>
      call.path.startsWith("/v1/") ? call.answer(404, "not here") : json({ data: [{ embedding: [1] }] })(call),
    );
    const { status, calls } = await ask("openai-compatible", "embedContent", { content: content("a") });
    expect([status, calls.map(({ path }) => path)]).toEqual([200, ["/v1/embeddings", "/embeddings"]]);
  });
});

describe("speech on Gemini", () => {
  const SAMPLES = Buffer.from([1, 2, 3, 4]);
  const sound = { ...inline("audio/L16;codec=pcm;rate=24000", SAMPLES.toString("base64")), usageMetadata: USAGE };
  const bytesOf = async (change: object) => {
    const body = { model: "gemini/gemini-2.5-flash-preview-tts", input: "hi", voice: "alloy", ...change };
    const settled = gateway.nextRecord();
    const response = await gateway.post("/v1/audio/speech", body);
    const bytes = Buffer.from(await response.arrayBuffer());
    return { response, bytes, record: await settled };
  };

  test("is WAV, or samples for who asks for them", async () => {
    gateway.vendor.otherwise(json(sound));
    const wav = await bytesOf({});
    expect(wav.response.headers.get("content-type")).toBe("audio/wav");
    expect([wav.bytes.toString("latin1", 0, 4), wav.bytes.subarray(44)]).toEqual(["RIFF", SAMPLES]);
    const pcm = await bytesOf({ response_format: "pcm", speed: 2 });
    expect(pcm.response.headers.get("content-type")).toBe("audio/pcm");
    expect(pcm.response.headers.get("x-sluice-dropped")).toBe("speed");
    expect(pcm.bytes).toEqual(SAMPLES);
    expect(pcm.record).toMatchObject({
      status: "success",
      endpoint: "audio.speech",
      responseBytes: 4,
      usage: { inputTokens: 7, outputTokens: 30 },
      usageSource: "reported",
      dropped: ["speed"],
    });
    expect(pcm.record.costNanoUsd).toBeGreaterThan(0);
    expect(gateway.vendor.calls[0]!.path).toBe("/v1beta/models/gemini-2.5-flash-preview-tts:generateContent");
  });

  test("without usage costs nobody knows what, which is not nothing", async () => {
    gateway.vendor.otherwise(json({ ...sound, usageMetadata: undefined }));
    const { record } = await bytesOf({});
    expect(record).toMatchObject({ usage: null, usageSource: "unknown", costNanoUsd: null });
  });

  test("in a form that Gemini does not make is refused", async () => {
    const { status, json: answer, calls } = await speak({ response_format: "mp3" });
    expect([status, answer.error.param, answer.error.code, calls.length]).toEqual([
      400,
      "response_format",
      "unsupported_parameter",
      0,
    ]);
  });

  test("that was filtered is a 400 that parks no key", async () => {
    gateway.vendor.otherwise(json(filtered));
    const { status, json: answer, calls, record } = await speak();
    expect([status, answer.error.code, calls.length]).toEqual([400, "content_policy_violation", 1]);
    expect(record).toMatchObject({ errorClass: "content_filter", httpStatus: 400 });
    gateway.vendor.otherwise(json(sound));
    expect((await speak()).status).toBe(200);
  });
});

describe("images on Gemini", () => {
  test("come from generateContent", async () => {
    gateway.vendor.otherwise(json({ ...inline("image/png", "QQ=="), usageMetadata: USAGE }));
    const outcome = await draw({ size: "1536x1024", quality: "high" });
    expectAsked(outcome, "/v1beta/models/gemini-2.5-flash-image:generateContent", "x-goog-api-key", "gem-");
    expect(outcome.json).toMatchObject({ data: [{ b64_json: "QQ==" }], usage: { input_tokens: 7, output_tokens: 30 } });
    expect(outcome.headers.get("x-sluice-dropped")).toBe("quality");
    expect(outcome.record).toMatchObject({
      endpoint: "images.generations",
      usage: { inputTokens: 7, outputTokens: 30 },
      usageSource: "reported",
    });
  });

  test("of Imagen come from predict, whose tokens nobody knows", async () => {
    gateway.vendor.otherwise(json({ predictions: [{ bytesBase64Encoded: "QQ==", mimeType: "image/png" }] }));
    const outcome = await draw({ model: "gemini/imagen-4.0-generate-001", n: 2 });
    expectAsked(outcome, "/v1beta/models/imagen-4.0-generate-001:predict", "x-goog-api-key", "gem-");
    expect(JSON.parse(outcome.calls[0]!.text)).toEqual({
      instances: [{ prompt: "a fox" }],
      parameters: { sampleCount: 2 },
    });
    expect(outcome.json).toEqual({ created: expect.any(Number), data: [{ b64_json: "QQ==" }] });
    expect(outcome.record).toMatchObject({ usage: null, usageSource: "unknown", costNanoUsd: null });
  });

  test("that the model only spoke of are the prompt's fault, whatever it said", async () => {
    const words = { content: { parts: [{ text: "Request not allowed" }] }, finishReason: "STOP" };
    gateway.vendor.otherwise(json({ candidates: [words] }));
    const { status, json: answer, record } = await draw();
    expect([status, answer.error.code, record.attempts.length]).toEqual([400, "no_media", 1]);
    expect(record.attempts[0]!.cooldownMs).toBeNull();
  });

  test("cannot be streamed", async () => {
    const { status, json: answer, calls } = await draw({ stream: true });
    expect([status, answer.error.param, calls.length]).toEqual([400, "stream", 0]);
  });

  test("are kept in the log as the client got them", async () => {
    gateway.vendor.otherwise(json(inline("image/png", "QQ==")));
    const body = { model: "gemini/gemini-2.5-flash-image", prompt: "a fox" };
    const { text, record } = await gateway.send("/v1/images/generations", body, as(KEPT_KEY));
    expect(Buffer.from(record.content!.responseBody!).toString()).toBe(text);
  });
});

describe("every endpoint on every kind", () => {
  const pairs = ENDPOINTS.flatMap((endpoint) => PROVIDER_KINDS.map((kind) => [endpoint, kind] as const));

  test("beside conversations, these are translated", () => {
    const translated = pairs.filter(([endpoint, kind]) => serviceOf(endpoint, kind).how === "operation");
    expect(translated.map((pair) => pair.join(" on "))).toEqual([
      "embeddings on gemini",
      "images.generations on gemini",
      "audio.speech on gemini",
      "gemini.embedContent on openai",
      "gemini.embedContent on azure-openai",
      "gemini.embedContent on openai-compatible",
      "gemini.batchEmbedContents on openai",
      "gemini.batchEmbedContents on azure-openai",
      "gemini.batchEmbedContents on openai-compatible",
    ]);
  });

  const refused = pairs.filter(
    ([endpoint, kind]) => serviceOf(endpoint, kind).how === "refused" && endpoints[endpoint].stored !== true,
  );
  test.each(refused)("%s on %s is refused in the caller's format, by name", async (endpoint, kind) => {
    const isUpload = endpoints[endpoint].body === "multipart";
    const {
      status,
      json: answer,
      calls,
    } = await gateway.send(pathOf(endpoint, kind), isUpload ? upload(kind) : { model: `${kind}/m`, input: "x" }, {
      headers: isUpload ? { "content-type": "multipart/form-data; boundary=line" } : {},
    });
    const message: string = answer.error.message;
    expect([status, calls.length]).toEqual([400, 0]);
    expect(message).toContain(endpoint);
    expect(message).toContain(kind);
    if (endpoint.startsWith("gemini.")) expect(answer.error.status).toBe("INVALID_ARGUMENT");
    else expect(answer.error.code).toBe("unsupported_endpoint");
  });

  function pathOf(endpoint: EndpointId, kind: ProviderKind): string {
    const verb = /^gemini\.(.*)/.exec(endpoint)?.[1];
    return verb === undefined ? `/v1/${endpoint.replaceAll(".", "/")}` : `/v1beta/models/${kind}/m:${verb}`;
  }

  function upload(kind: ProviderKind): string {
    return [
      "--line",
      'content-disposition: form-data; name="model"',
      "",
      `${kind}/m`,
      "--line",
      'content-disposition: form-data; name="file"; filename="x.mp3"',
      "",
      "x",
      "--line--",
      "",
    ].join("\r\n");
  }
});
