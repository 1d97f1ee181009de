import { afterAll, beforeAll, beforeEach, describe, expect, setSystemTime, test } from "bun:test";
import { CLIENT_KEY } from "../support/app.ts";
import { early, inTurn, json, reset, stream } from "../support/fake-vendor.ts";
import { openAiError } from "../support/samples.ts";
import { eventually } from "../support/stream-reader.ts";
import { quickestMs } from "../support/timing.ts";
import { allGivenBack, type Gateway, provider, startGateway } from "./fixture.ts";

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    providers: (vendor) => [provider("openai", `${vendor.origin}/v1`, ["sk-up-1", "sk-up-2"])],
    models: [
      { name: "whisper", targets: [{ provider: "openai", model: "gpt-4o-transcribe" }] },
      { name: "expensive", targets: [{ provider: "openai", model: "gpt-expensive" }] },
    ],
    clientKeys: [
      { name: "test", secret: CLIENT_KEY },
      { name: "narrow", secret: "sk-narrow-client-key-0123", allowedModels: ["whisper"] },
    ],
    settings: { maxRequestBytes: 200_000 },
  });
});
afterAll(() => gateway.close());
beforeEach(() => gateway.restart(json({ text: "hello", usage: { input_tokens: 14, output_tokens: 5 } })));

const BOUNDARY = "----form(1)+x";
const TYPE = `multipart/form-data; boundary="${BOUNDARY}"`;
const audio = crypto.getRandomValues(new Uint8Array(100_000));

const field = (name: string, value: string, more = "") =>
  Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`);
const file = (content: Uint8Array = audio) =>
  Buffer.concat([
    Buffer.from(
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\n`,
    ),
    content,
    Buffer.from("\r\n"),
  ]);
const END = Buffer.from(`--${BOUNDARY}--\r\n`);
const form = (...parts: readonly Buffer[]) => Buffer.concat([...parts, END]);

/** A body that comes in pieces, the next when the test says so. */
function pieces() {
  let controller: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({
    start(given) {
      controller = given;
    },
  });
  return { body, send: (bytes: Uint8Array) => controller.enqueue(bytes), end: () => controller.close() };
}

const post = (body: BodyInit, headers: Record<string, string> = {}, path = "/v1/audio/transcriptions") =>
  fetch(`${gateway.url}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${CLIENT_KEY}`, "content-type": TYPE, ...headers },
    body,
  });

describe("a form", () => {
  const orders: [what: string, body: Buffer][] = [
    ["file first", form(file(), field("model", "whisper"), field("language", "de"))],
    ["model first", form(field("model", "whisper"), file(), field("language", "de"))],
  ];
  test.each(orders)("%s goes up with only its model spliced", async (_, body) => {
    const { status, calls, record } = await gateway.send("/v1/audio/transcriptions", body, {
      headers: { "content-type": TYPE },
    });
    expect(status).toBe(200);
    const [before, after] = body.toString("latin1").split("whisper") as [string, string];
    expect(calls[0]!.body.toString("latin1")).toBe(`${before}gpt-4o-transcribe${after}`);
    expect(calls[0]!.headers["content-type"]).toBe(TYPE);
    expect(record).toMatchObject({
      requestedModel: "whisper",
      endpoint: "audio.transcriptions",
      usage: { inputTokens: 14, outputTokens: 5 },
      requestBytes: body.length,
    });
  });

  test("made by fetch itself is understood", async () => {
    const data = new FormData();
    data.append("file", new File([audio], "a.wav"));
    data.append("model", "whisper");
    const settled = gateway.nextRecord();
    const response = await fetch(`${gateway.url}/v1/audio/translations`, {
      method: "POST",
      headers: { authorization: `Bearer ${CLIENT_KEY}` },
      body: data,
    });
    expect(response.status).toBe(200);
    expect(gateway.vendor.calls[0]).toMatchObject({ path: "/v1/audio/translations", model: "gpt-4o-transcribe" });
    expect((await settled).requestedModel).toBe("whisper");
  });

  test("is relayed while it still comes, not collected first", async () => {
    const { body, send, end } = pieces();
    send(Buffer.concat([field("model", "whisper"), file().subarray(0, 50_000)]));
    const answered = post(body);
    const call = await gateway.vendor.call(1);
    await call.received(50_000); // has come although the client is not done
    send(Buffer.concat([file().subarray(50_000), END]));
    end();
    expect((await answered).status).toBe(200);
    expect(call.body.length).toBeGreaterThan(audio.length);
  });

  test("with its file first can be sent again to another key", async () => {
    gateway.vendor.otherwise(inTurn(json(openAiError("slow down"), 429), json({ text: "hello" })));
    const { status, calls } = await gateway.send("/v1/audio/transcriptions", form(file(), field("model", "whisper")), {
      headers: { "content-type": TYPE },
    });
    expect(status).toBe(200);
    expect(calls).toHaveLength(2);
    expect(calls[1]!.body.equals(calls[0]!.body)).toBe(true);
    expect(calls[1]!.key).not.toBe(calls[0]!.key);
  });

  test("that was relayed while it came is not tried twice, and the error says so to SDKs", async () => {
    gateway.vendor.once(early(reset));
    const { body, send, end } = pieces();
    send(Buffer.concat([field("model", "whisper"), file().subarray(0, 1000)]));
    const settled = gateway.nextRecord();
    const answered = post(body);
    await gateway.vendor.call(1);
    send(Buffer.concat([file().subarray(1000), END]));
    end();
    const response = await answered;
    expect(response.status).toBe(502);
    expect(response.headers.get("x-should-retry")).toBe("false");
    expect((await settled).attempts).toHaveLength(1);
    expect(gateway.vendor.calls).toHaveLength(1);
    await allGivenBack(gateway);
  });

  test("may be answered as an event stream, or as plain text", async () => {
    const frames = [
      'data: {"type":"transcript.text.delta","delta":"a"}\n\n',
      'data: {"type":"transcript.text.done","text":"a"}\n\n',
    ];
    gateway.vendor.otherwise(stream(frames));
    const body = form(field("model", "whisper"), field("stream", "true"), file());
    const streamed = await gateway.send("/v1/audio/transcriptions", body, { headers: { "content-type": TYPE } });
    expect(streamed.text).toBe(frames.join(""));
    expect(streamed.record).toMatchObject({ stream: true, status: "success" });
    gateway.vendor.otherwise((call) => call.answer(200, "WEBVTT\n\nhello", { "content-type": "text/vtt" }));
    const plain = await gateway.send("/v1/audio/transcriptions", body, { headers: { "content-type": TYPE } });
    expect([plain.text, plain.headers.get("content-type")]).toEqual(["WEBVTT\n\nhello", "text/vtt"]);
  });
});

describe("a form is refused, and nobody is asked,", () => {
  const bad: [what: string, status: number, body: Buffer, headers: Record<string, string>][] = [
    ["without a model", 400, form(file(), field("language", "de")), {}],
    ["with an empty model", 400, form(field("model", " "), file()), {}],
    ["without a boundary", 400, form(field("model", "whisper")), { "content-type": "multipart/form-data" }],
    ["with a model that stands twice", 400, form(field("model", "whisper"), field("model", "expensive"), file()), {}],
    ["larger than the limit", 413, form(file(new Uint8Array(250_000)), field("model", "whisper")), {}],
    [
      "with an unknown model of this key",
      403,
      form(field("model", "expensive")),
      { authorization: "Bearer sk-narrow-client-key-0123" },
    ],
  ];
  test.each(bad)("%s (%d)", async (_, expected, body, headers) => {
    const {
      status,
      calls,
      json: answer,
      record,
    } = await gateway.send("/v1/audio/transcriptions", body, {
      headers: { "content-type": TYPE, ...headers },
    });
    expect(status).toBe(expected);
    expect(calls).toEqual([]);
    expect(answer.error.message).toBeString();
    expect(record.status).toBe("error");
  });

  test("when the part behind the model, without a length, is larger than the limit", async () => {
    const { body, send, end } = pieces();
    send(Buffer.concat([field("model", "whisper"), file().subarray(0, 1000)]));
    const settled = gateway.nextRecord();
    const answered = post(body);
    await gateway.vendor.call(1);
    send(new Uint8Array(400_000));
    send(END);
    end();
    expect((await answered).status).toBe(413);
    expect((await settled).errorClass).toBe("too_large");
  });

  test("when it stops coming before its model", async () => {
    const { body, send } = pieces();
    send(field("language", "de"));
    const settled = gateway.nextRecord();
    const leave = new AbortController();
    const answered = fetch(`${gateway.url}/v1/audio/transcriptions`, {
      method: "POST",
      headers: { authorization: `Bearer ${CLIENT_KEY}`, "content-type": TYPE },
      body,
      signal: leave.signal,
    });
    const { inFlight: running } = gateway.app.gateway;
    await eventually(() => running.size === 1);
    setSystemTime(new Date(Date.now() + 120_000));
    try {
      expect((await answered).status).toBe(408);
      expect((await settled).errorClass).toBe("timeout");
    } finally {
      setSystemTime();
      leave.abort();
      await answered.catch(() => {});
    }
  });

  test("in little time, however its lines are laid out", async () => {
    const body = Buffer.from("--b\r\n".repeat(30_000));
    const refuse = async () => {
      expect((await post(body, { "content-type": "multipart/form-data; boundary=b" })).status).toBe(400);
    };
    expect(await quickestMs(refuse, 250)).toBeLessThan(250);
  });
});
