import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import OpenAI, { toFile } from "openai";
import { CLIENT_KEY } from "../support/app.ts";
import { type Bench, parts, startBench } from "./bench.ts";
import { IMAGE, SPEECH } from "./vendors.ts";

let bench: Bench;
let client: OpenAI;

beforeAll(async () => {
  bench = await startBench();
  client = new OpenAI({ baseURL: `${bench.gateway.url}/v1`, apiKey: CLIENT_KEY });
});
beforeEach(() => bench.turnOver());
afterAll(() => bench.close());

const openai = { protocol: "openai-chat", stream: false } as const;

describe("openai images", () => {
  test("an image is generated", async () => {
    const { data } = await client.images.generate({ model: "gpt-image-2", prompt: "a cat" });
    expect(data?.[0]?.b64_json).toBe(IMAGE);
    // aimock says nothing of usage here: unknown is not zero.
    await bench.accounted({ ...openai, endpoint: "images.generations", usage: null, usageSource: "unknown" });
  });

  test("an image is edited from a form with a file", async () => {
    const image = await toFile(Buffer.from(IMAGE, "base64"), "cat.png", { type: "image/png" });
    const { data } = await client.images.edit({ model: "gpt-image-2", prompt: "a cat", image });
    expect(data?.[0]?.b64_json).toBe(IMAGE);
    const record = await bench.accounted({ ...openai, endpoint: "images.edits", requestedModel: "gpt-image-2" });
    expect(record.requestBytes).toBeGreaterThan(IMAGE.length);
  });
});

describe("openai audio", () => {
  test("speech arrives byte by byte as the vendor made it", async () => {
    const speech = await client.audio.speech.create({ model: "gpt-4o-mini-tts", voice: "alloy", input: "hello" });
    expect(speech.headers.get("content-type")).toBe("audio/mpeg");
    expect(new Uint8Array(await speech.arrayBuffer())).toEqual(SPEECH);
    await bench.accounted({ ...openai, endpoint: "audio.speech", responseBytes: SPEECH.length });
  });

  test("a recording is transcribed", async () => {
    const file = await toFile(SPEECH, "tape.mp3", { type: "audio/mpeg" });
    const transcript = await client.audio.transcriptions.create({ model: "gpt-4o-transcribe", file });
    expect(transcript.text).toBe("hello from the tape");
    await bench.accounted({
      ...openai,
      endpoint: "audio.transcriptions",
      usage: parts({ inputTokens: 14, outputTokens: 5 }),
      usageSource: "reported",
    });
  });

  test("a transcription is streamed", async () => {
    const file = await toFile(SPEECH, "tape.mp3", { type: "audio/mpeg" });
    const stream = await client.audio.transcriptions.create({ model: "gpt-4o-transcribe", file, stream: true });
    let text = "";
    for await (const event of stream) if (event.type === "transcript.text.done") text = event.text;
    expect(text).toBe("hello from the tape");
    await bench.accounted({
      endpoint: "audio.transcriptions",
      stream: true,
      usage: parts({ inputTokens: 14, outputTokens: 5 }),
    });
  });

  // A megabyte goes through the stand-in, whose view of the form can be compared byte by byte.
  test("a long recording arrives unchanged, with the model's own name in the form", async () => {
    const tape = crypto.getRandomValues(new Uint8Array(65_536));
    const long = new Uint8Array(1_048_576).map((_, index) => tape[index % tape.length]!);
    let arrived: { model: unknown; language: unknown; file: Uint8Array } | null = null;
    bench.standIn.on("POST /v1/audio/transcriptions", async ({ bytes, headers }) => {
      const form = await new Response(bytes, {
        headers: { "content-type": headers.get("content-type") ?? "" },
      }).formData();
      const file = form.get("file");
      if (!(file instanceof Blob)) throw new Error("no file");
      arrived = { model: form.get("model"), language: form.get("language"), file: await file.bytes() };
      return Response.json({ text: "long" });
    });
    const file = await toFile(long, "long.wav");
    const transcript = await client.audio.transcriptions.create({ model: "own-gpt", language: "fr", file });
    expect(transcript.text).toBe("long");
    expect(arrived).toMatchObject({ model: "gpt-4.1-mini", language: "fr" });
    expect(Buffer.compare(arrived!.file, long)).toBe(0);
    const record = await bench.accounted({ endpoint: "audio.transcriptions", usageSource: "unknown" });
    expect(record.requestBytes).toBeGreaterThan(long.length);
  });
});
