import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { inTurn, json, stream } from "../support/fake-vendor.ts";
import { openAiError, RESPONSE_USAGE, responseAnswer, responseStream, USAGE } from "../support/samples.ts";
import { type Gateway, provider, startGateway } from "./fixture.ts";

const KEYS = ["sk-up-1", "sk-up-2", "sk-up-3"];
let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    providers: (vendor) => [provider("openai", `${vendor.origin}/v1`, KEYS)],
    models: [
      {
        name: "astra",
        price: { input: 3, output: 15, cacheRead: 0.3 },
        targets: [{ provider: "openai", model: "gpt-6-astra" }],
      },
    ],
  });
});
afterAll(() => gateway.close());
beforeEach(() => gateway.restart(json(responseAnswer())));

const BODY = '{"model":"astra","input":[{"role":"user","content":"a"}],"store":true,"reasoning":{"x":1.0}}';

/** Makes a response with this id and tells which key made it. */
async function make(id: string, streamed = false): Promise<string> {
  gateway.vendor.once(streamed ? stream(responseStream(id)) : json(responseAnswer(id)));
  const { calls } = await gateway.send("/v1/responses", streamed ? BODY.replace("{", '{"stream":true,') : BODY);
  return calls[0]!.key;
}

describe("a response", () => {
  test("goes up with only its model spliced and comes back untouched", async () => {
    const { calls, text, record } = await gateway.send("/v1/responses", BODY);
    expect(calls[0]).toMatchObject({ path: "/v1/responses", text: BODY.replace("astra", "gpt-6-astra") });
    expect(text).toBe(JSON.stringify(responseAnswer()));
    expect(record).toMatchObject({
      protocol: "openai-responses",
      endpoint: "responses",
      usage: USAGE,
      rawUsage: JSON.stringify(RESPONSE_USAGE),
      costNanoUsd: 800 * 3000 + 200 * 300 + 300 * 15_000,
    });
  });

  test("streamed passes frame for frame", async () => {
    gateway.vendor.otherwise(stream(responseStream()));
    const { text, record, calls } = await gateway.send("/v1/responses", BODY.replace("{", '{"stream":true,'));
    expect(text).toBe(responseStream().join(""));
    expect(calls[0]!.text).not.toContain("stream_options");
    expect(record).toMatchObject({ status: "success", usage: USAGE, stream: true });
  });

  test("that ends incomplete is an answer, with its usage", async () => {
    const frames = responseStream();
    frames[2] = frames[2]!.replaceAll("response.completed", "response.incomplete");
    gateway.vendor.otherwise(stream(frames));
    const { text, record } = await gateway.send("/v1/responses", BODY.replace("{", '{"stream":true,'));
    expect(text).toBe(frames.join(""));
    expect(record).toMatchObject({ status: "success", usage: USAGE });
  });

  test("that fails before any output is tried on another key", async () => {
    const failed = [
      responseStream()[0]!,
      'event: response.failed\ndata: {"type":"response.failed","sequence_number":1,"response":{"id":"resp_1","status":"failed","error":{"code":"server_error","message":"boom"}}}\n\n',
    ];
    gateway.vendor.otherwise(inTurn(stream(failed), stream(responseStream("resp_2"))));
    const { text, record } = await gateway.send("/v1/responses", BODY.replace("{", '{"stream":true,'));
    expect(text).toBe(responseStream("resp_2").join(""));
    expect(record.attempts.map(({ outcome }) => outcome)).toEqual(["rejected", "ok"]);
  });
});

describe("a stored response", () => {
  const verbs: [method: string, path: (id: string) => string, upstream: (id: string) => string][] = [
    ["GET", (id) => `/v1/responses/${id}?include[]=x`, (id) => `/v1/responses/${id}`],
    ["GET", (id) => `/v1/responses/${id}/input_items`, (id) => `/v1/responses/${id}/input_items`],
    ["POST", (id) => `/v1/responses/${id}/cancel`, (id) => `/v1/responses/${id}/cancel`],
    ["DELETE", (id) => `/v1/responses/${id}`, (id) => `/v1/responses/${id}`],
  ];
  test.each(verbs)("is reached with the key that made it (%s %p)", async (method, path, upstream) => {
    for (const streamed of [false, true]) {
      const id = `resp_${method}_${crypto.randomUUID()}`;
      const maker = await make(id, streamed);
      const { status, calls, record } = await gateway.send(path(id), undefined, { method });
      expect(status).toBe(200);
      expect(calls.map((call) => ({ key: call.key, method: call.method, path: call.path, text: call.text }))).toEqual([
        { key: maker, method, path: upstream(id), text: "" },
      ]);
      expect(record).toMatchObject({ costNanoUsd: 0, servedModel: null });
    }
  });

  test.each(["previous_response_id", "conversation"])("is continued with the key that made it (%s)", async (field) => {
    for (let round = 0; round < KEYS.length; round++) {
      const id = `resp_${crypto.randomUUID()}`;
      const maker = await make(id);
      for (const value of [id, ...(field === "conversation" ? [{ id }] : [])]) {
        const { calls } = await gateway.send("/v1/responses", { model: "astra", [field]: value, input: "b" });
        expect(calls.map(({ key }) => key)).toEqual([maker]);
      }
    }
  });

  test("is not asked of other keys when its own fails: they could only say that they do not know it", async () => {
    const id = `resp_${crypto.randomUUID()}`;
    const maker = await make(id);
    gateway.vendor.otherwise(json(openAiError("No such response", "invalid_request_error", "not_found"), 404));
    gateway.vendor.forKey(maker, json(openAiError("boom", "server_error"), 500));
    const { status, calls } = await gateway.send("/v1/responses", {
      model: "astra",
      previous_response_id: id,
      input: "b",
    });
    expect(calls.map(({ key }) => key).filter((key) => key !== maker)).toEqual([]);
    expect(status).toBe(502);
  });

  test("whose maker is unknown is looked for on every key", async () => {
    const missing = json(openAiError("Response with id 'resp_old' not found.", "invalid_request_error"), 404);
    gateway.vendor.otherwise(inTurn(missing, missing, json(responseAnswer("resp_old"))));
    const { status, calls } = await gateway.send("/v1/responses/resp_old", undefined, { method: "GET" });
    expect(status).toBe(200);
    expect(new Set(calls.map(({ key }) => key)).size).toBe(3);
  });

  test("that nobody knows is a 404 in the upstream's words, and no key is blamed", async () => {
    gateway.vendor.otherwise(json(openAiError("Response with id 'resp_no' not found."), 404));
    const { status, json: answer, record } = await gateway.send("/v1/responses/resp_no", undefined, { method: "GET" });
    expect(status).toBe(404);
    expect(answer.error.message).toContain("Response with id");
    expect(answer.error.code).not.toBe("model_not_found");
    expect(record.attempts.every(({ cooldownMs }) => cooldownMs === null)).toBe(true);
  });

  test("that the only key does not know is a 404 in the upstream's words too", async () => {
    const small = await startGateway({
      providers: (vendor) => [provider("openai", `${vendor.origin}/v1`, ["sk-up-1"])],
      reply: json(openAiError("Response with id 'resp_no' not found."), 404),
    });
    const { status, json: answer, calls } = await small.send("/v1/responses/resp_no", undefined, { method: "GET" });
    expect(status).toBe(404);
    expect(answer.error.message).toContain("Response with id 'resp_no' not found.");
    expect(answer.error.code).not.toBe("model_not_found");
    expect(calls).toHaveLength(1);
    await small.close();
  });

  test("where no provider has such an API is a 404 of our own", async () => {
    const other = await startGateway({ providers: (vendor) => [provider("anthropic", vendor.origin, ["ant-1"])] });
    const { status, json: answer } = await other.send("/v1/responses/resp_1", undefined, { method: "GET" });
    expect([status, answer.error.code]).toEqual([404, "response_not_found"]);
    await other.close();
  });

  test("is watched again as a stream", async () => {
    const id = `resp_${crypto.randomUUID()}`;
    const maker = await make(id);
    gateway.vendor.forKey(maker, stream(responseStream(id)));
    const { text, calls } = await gateway.send(`/v1/responses/${id}?stream=true&starting_after=1`, undefined, {
      method: "GET",
    });
    expect(calls[0]!.query).toBe("?stream=true&starting_after=1");
    expect(text).toBe(responseStream(id).join(""));
  });

  test("with a hostile id cannot reach another path", async () => {
    const { calls } = await gateway.send("/v1/responses/..%2f..%2fv1%2ffiles", undefined, { method: "GET" });
    for (const call of calls) expect(call.target).toBe("/v1/responses/..%2F..%2Fv1%2Ffiles");
  });
});
