import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { gate, json, type Reply, stream, streamThen } from "../support/fake-vendor.ts";
import { StreamReader } from "../support/stream-reader.ts";
import { type Answer, allGivenBack, type Gateway, provider, startGateway } from "./fixture.ts";

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    providers: (vendor) => [provider("openai", `${vendor.origin}/v1`, ["sk-up-1"])],
    models: [
      { name: "speech", targets: [{ provider: "openai", model: "gpt-4o-mini-tts" }] },
      { name: "embed", targets: [{ provider: "openai", model: "text-embedding-3-small" }] },
      { name: "image", targets: [{ provider: "openai", model: "gpt-image-2" }] },
      { name: "mod", targets: [{ provider: "openai", model: "omni-moderation-latest" }] },
    ],
  });
});
afterAll(() => gateway.close());
beforeEach(() => gateway.restart(json({})));

const audio = crypto.getRandomValues(new Uint8Array(50_000));

function bytes(body: Uint8Array, type: string, status = 200): Reply {
  return (call) => call.answer(status, body, { "content-type": type });
}

describe("speech", () => {
  const ask = (change: object = {}) => gateway.send("/v1/audio/speech", { model: "speech", input: "a", ...change });

  test("comes back as the upstream's bytes and type", async () => {
    gateway.vendor.otherwise(bytes(audio, "audio/mpeg"));
    const settled = gateway.nextRecord();
    const response = await gateway.post("/v1/audio/speech", { model: "speech", input: "a" });
    expect(response.headers.get("content-type")).toBe("audio/mpeg");
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(audio);
    expect(await settled).toMatchObject({
      status: "success",
      endpoint: "audio.speech",
      responseBytes: audio.length,
      usage: null,
      usageSource: "unknown",
      costNanoUsd: null,
    });
  });

  test("that breaks off ends in a broken connection, not in a short file", async () => {
    const cut = gate();
    gateway.vendor.otherwise(async (call) => {
      await call.head(200, { "content-type": "audio/mpeg", "transfer-encoding": "chunked" });
      await call.chunk("ID3");
      await cut.opened;
      call.rst();
    });
    const settled = gateway.nextRecord();
    const reader = new StreamReader(await gateway.post("/v1/audio/speech", { model: "speech", input: "a" }));
    await reader.until("ID3");
    cut.open();
    await expect(reader.rest()).rejects.toThrow();
    expect(await settled).toMatchObject({ status: "error", errorClass: "truncated" });
  });

  const held: Reply = async (call) => {
    await call.head(200, { "content-type": "audio/mpeg", "transfer-encoding": "chunked" });
    await call.chunk("ID3");
  };

  test("that falls silent is cut off, and the upstream is to blame", async () => {
    const wait = gate();
    gateway.vendor.otherwise(async (call) => {
      await held(call);
      await wait.opened;
      await gateway.silence(call);
    });
    const settled = gateway.nextRecord();
    const reader = new StreamReader(await gateway.post("/v1/audio/speech", { model: "speech", input: "a" }));
    await reader.until("ID3");
    wait.open();
    await expect(reader.rest()).rejects.toThrow();
    expect(await settled).toMatchObject({ status: "error", errorClass: "timeout" });
    await gateway.vendor.calls[0]!.left;
    await allGivenBack(gateway);
  });

  test("stops when its client leaves", async () => {
    gateway.vendor.otherwise(held);
    const settled = gateway.nextRecord();
    const reader = new StreamReader(await gateway.post("/v1/audio/speech", { model: "speech", input: "a" }));
    await reader.until("ID3");
    await reader.leave();
    expect(await settled).toMatchObject({ status: "cancelled", errorClass: "client_closed", responseBytes: 3 });
    await gateway.vendor.calls[0]!.left;
    await allGivenBack(gateway);
  });

  test("with an error in JSON is that error", async () => {
    gateway.vendor.otherwise(
      json({ error: { message: "bad voice", type: "invalid_request_error", param: "voice", code: null } }, 400),
    );
    const { status, json: answer } = await ask();
    expect([status, answer.error.message]).toEqual([400, "bad voice"]);
  });
});

describe("embeddings", () => {
  test("in base64 come back as they are, with usage", async () => {
    const answer = `{"data":[{"embedding":"${Buffer.from(audio).toString("base64")}"}],"usage":{"prompt_tokens":8,"total_tokens":8}}`;
    gateway.vendor.otherwise(json(answer));
    const body = '{"input":"a","model":"embed","encoding_format":"base64"}';
    const { text, calls, record } = await gateway.send("/v1/embeddings", body);
    expect(text).toBe(answer);
    expect(calls[0]!.text).toBe(body.replace('"embed"', '"text-embedding-3-small"'));
    expect(record.usage).toMatchObject({ inputTokens: 8, outputTokens: 0 });
    expect(record.costNanoUsd).toBeGreaterThan(0);
  });
});

describe("images", () => {
  test("are accounted by their token counts", async () => {
    gateway.vendor.otherwise(json({ data: [{ b64_json: "AA" }], usage: { input_tokens: 50, output_tokens: 1000 } }));
    const { record } = await gateway.send("/v1/images/generations", { model: "image", prompt: "a fox" });
    expect(record.usage).toMatchObject({ inputTokens: 50, outputTokens: 1000 });
  });

  const partial =
    'event: image_generation.partial_image\ndata: {"type":"image_generation.partial_image","b64_json":"AA"}\n\n';
  const completed =
    'event: image_generation.completed\ndata: {"type":"image_generation.completed","b64_json":"AA","usage":{"input_tokens":5,"output_tokens":7}}\n\n';

  test("streamed pass frame for frame and end without [DONE]", async () => {
    gateway.vendor.otherwise(stream([partial, completed]));
    const { text, record } = await gateway.send("/v1/images/generations", { model: "image", stream: true });
    expect(text).toBe(partial + completed);
    expect(record).toMatchObject({ status: "success", usage: { inputTokens: 5, outputTokens: 7 } });
  });

  test("streamed that break off end in an error event", async () => {
    const cut = gate();
    gateway.vendor.otherwise(
      streamThen([partial], async (call) => {
        await cut.opened;
        call.fin();
      }),
    );
    const settled = gateway.nextRecord();
    const reader = new StreamReader(await gateway.post("/v1/images/generations", { model: "image", stream: true }));
    await reader.until(partial);
    cut.open();
    const text = await reader.rest();
    const last = JSON.parse(text.slice(partial.length).replace("data: ", "")) as Answer;
    expect(last.error.code).toBe("stream_truncated");
    expect(await settled).toMatchObject({ status: "error", errorClass: "truncated" });
  });
});

test("moderation costs nothing", async () => {
  gateway.vendor.otherwise(json({ id: "modr-1", results: [{ flagged: false }] }));
  const { record } = await gateway.send("/v1/moderations", { model: "mod", input: "a" });
  expect(record).toMatchObject({ costNanoUsd: 0, endpoint: "moderations", status: "success" });
});
