import { describe, expect, test } from "bun:test";
import { GatewayError } from "../../../src/errors.ts";
import {
  embedContentFromOpenAi,
  embedContentToOpenAi,
  embeddingsFromGemini,
  embeddingsToGemini,
} from "../../../src/protocols/gemini/openai-embeddings.ts";
import { imagesFromGemini, imagesToGemini } from "../../../src/protocols/gemini/openai-images.ts";
import { speechFromGemini, speechToGemini } from "../../../src/protocols/gemini/openai-speech.ts";

function thrown(run: () => unknown): GatewayError {
  try {
    run();
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("embeddings of an OpenAI client on Gemini", () => {
  test("are asked for in a batch", () => {
    const asked = embeddingsToGemini(
      { model: "alias", input: ["a", "b"], dimensions: 256, encoding_format: "base64", user: "u" },
      "gemini-embedding-001",
    );
    const one = (text: string) => ({
      model: "models/gemini-embedding-001",
      content: { parts: [{ text }] },
      outputDimensionality: 256,
    });
    expect(asked).toEqual({
      body: { requests: [one("a"), one("b")] },
      texts: ["a", "b"],
      format: "base64",
      dropped: ["user"],
    });
    expect(embeddingsToGemini({ input: "a" }, "e")).toEqual({
      body: { requests: [{ model: "models/e", content: { parts: [{ text: "a" }] } }] },
      texts: ["a"],
      format: "float",
      dropped: [],
    });
  });

  const refused: [body: unknown, param: string][] = [
    [{}, "input"],
    [{ input: [] }, "input"],
    [{ input: [1, 2] }, "input"],
    [{ input: [[1, 2]] }, "input"],
    [{ input: ["a", null] }, "input[1]"],
    [{ input: "a", dimensions: 0 }, "dimensions"],
    [{ input: "a", encoding_format: "hex" }, "encoding_format"],
  ];
  test.each(refused)("%j is refused by %s", (body, param) => {
    expect(thrown(() => embeddingsToGemini(body, "e"))).toMatchObject({ status: 400, param });
  });

  test("are answered as floats or as their bytes, little end first", () => {
    const body = { embeddings: [{ values: [1, 2] }, { values: [0.5] }] };
    const options = { model: "alias", promptTokens: 3, count: 1 };
    expect(embeddingsFromGemini(body, { ...options, count: 2, format: "float" })).toEqual({
      object: "list",
      data: [
        { object: "embedding", index: 0, embedding: [1, 2] },
        { object: "embedding", index: 1, embedding: [0.5] },
      ],
      model: "alias",
      usage: { prompt_tokens: 3, total_tokens: 3 },
    });
    const single = { embedding: { values: [1, 2] }, usageMetadata: { promptTokenCount: 9 } };
    expect(embeddingsFromGemini(single, { ...options, format: "base64" })).toMatchObject({
      data: [{ embedding: "AACAPwAAAEA=" }],
      usage: { prompt_tokens: 9, total_tokens: 9 },
    });
  });

  const strange = [null, {}, { embeddings: [{}] }, { embedding: { values: ["1"] } }, { embeddings: [] }];
  test.each(strange)("%j is no answer", (body) => {
    const options = { model: "m", format: "float", promptTokens: 0, count: 1 } as const;
    expect(thrown(() => embeddingsFromGemini(body, options))).toMatchObject({ status: 502 });
  });
});

describe("embeddings of a Gemini client on OpenAI", () => {
  test("are asked for together", () => {
    const request = (text: string) => ({ model: "models/x", content: { parts: [{ text }] }, output_dimensionality: 8 });
    const requests = [
      { ...request("a"), taskType: "T" },
      { ...request("b"), taskType: "T" },
    ];
    expect(embedContentToOpenAi({ requests }, "e")).toEqual({
      body: { model: "e", input: ["a", "b"], encoding_format: "float", dimensions: 8 },
      texts: ["a", "b"],
      dropped: ["requests[0].taskType"],
    });
    const alone = { content: { parts: [{ text: "a" }, { text: "b" }], more: 1 }, title: "t" };
    expect(embedContentToOpenAi(alone, "e")).toEqual({
      body: { model: "e", input: ["a\nb"], encoding_format: "float" },
      texts: ["a\nb"],
      dropped: ["title", "content.more"],
    });
  });

  test("must agree about their size and be text", () => {
    const mixed = { requests: [{ content: "a" }, { content: "b", outputDimensionality: 2 }] };
    expect(thrown(() => embedContentToOpenAi(mixed, "e"))).toMatchObject({
      status: 400,
      param: "requests[1].outputDimensionality",
    });
    expect(thrown(() => embedContentToOpenAi({ requests: [{}] }, "e"))).toMatchObject({ param: "requests[0].content" });
  });

  test("are answered in their order, whatever their form", () => {
    const data = [
      { index: 1, embedding: [3] },
      { index: 0, embedding: "AACAPwAAAEA=" },
    ];
    expect(embedContentFromOpenAi({ data, usage: { prompt_tokens: 2 } }, "batchEmbedContents", 2)).toEqual({
      embeddings: [{ values: [1, 2] }, { values: [3] }],
      usageMetadata: { promptTokenCount: 2, totalTokenCount: 2 },
    });
    expect(embedContentFromOpenAi({ data: [data[0]] }, "embedContent", 1)).toEqual({ embedding: { values: [3] } });
    for (const body of [{}, { data }, { data: [1] }]) {
      expect(thrown(() => embedContentFromOpenAi(body, "embedContent", 1))).toMatchObject({ status: 502 });
    }
  });
});

describe("speech", () => {
  const voiceOf = (body: Record<string, unknown>) => JSON.stringify(body.generationConfig);

  test("is asked for with a voice of Gemini's", () => {
    const asked = speechToGemini(
      { model: "a", input: "hi", voice: "onyx", speed: 2, response_format: "pcm" },
      "gemini-2.5-flash-tts",
    );
    expect(asked).toEqual({
      body: {
        contents: [{ role: "user", parts: [{ text: "hi" }] }],
        generationConfig: {
          responseModalities: ["AUDIO"],
          speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: "Charon" } } },
        },
      },
      format: "pcm",
      dropped: ["speed"],
    });
    const own = speechToGemini(
      { input: "hi", voice: "Kore", speed: 1, stream_format: "audio", flavour: 1 },
      "gemini-x",
    );
    expect(voiceOf(own.body)).toContain('"Kore"');
    expect(own).toMatchObject({ format: "wav", dropped: ["flavour"] });
  });

  test.each([
    ["gemini-2.5-pro-tts", { text: "Warmly:\nhi" }],
    ["gemini-3.1-flash-tts-preview", { text: "Warmly:\nhi" }],
    ["gemini-3.8-flash-tts", { text: "hi", speechMetadata: { style: "Warmly:" } }],
    ["gemini-4-tts", { text: "hi", speechMetadata: { style: "Warmly:" } }],
    ["tts", { text: "Warmly:\nhi" }],
  ])("of %s is styled as that model understands", (model, part) => {
    const asked = speechToGemini({ input: "hi", voice: "alloy", instructions: "Warmly:" }, model);
    expect(asked.body.contents).toEqual([{ role: "user", parts: [part] }]);
  });

  const refused: [change: object, param: string, message: string][] = [
    [{ input: "" }, "input", "input"],
    [{ voice: undefined }, "voice", "voice"],
    [{ voice: { id: "voice_1" } }, "voice", "custom"],
    [{ response_format: "mp3" }, "response_format", "mp3"],
    [{ stream_format: "sse" }, "stream_format", "events"],
    [{ speed: "fast" }, "speed", "number"],
  ];
  test.each(refused)("with %j is refused by %s", (change, param, message) => {
    const error = thrown(() => speechToGemini({ input: "hi", voice: "alloy", ...change }, "m"));
    expect(error).toMatchObject({ status: 400, param });
    expect(error.message).toContain(message);
  });

  const sound = (mimeType: string, ...data: string[]) => ({
    candidates: [
      { content: { parts: data.map((each) => ({ inlineData: { mimeType, data: each } })) }, finishReason: "STOP" },
    ],
  });
  const L16 = "audio/L16;codec=pcm;rate=16000";

  test("comes as samples, or as WAV with a header of 44 bytes", () => {
    const body = sound(L16, "AQI=", "AwQ=");
    expect(speechFromGemini(body, "pcm")).toEqual({ bytes: Buffer.from([1, 2, 3, 4]), contentType: "audio/pcm" });
    const { bytes, contentType } = speechFromGemini(body, "wav");
    const wav = Buffer.from(bytes);
    expect(contentType).toBe("audio/wav");
    expect(wav.length).toBe(48);
    expect(wav.toString("latin1", 0, 4) + wav.toString("latin1", 8, 16) + wav.toString("latin1", 36, 40)).toBe(
      "RIFFWAVEfmt data",
    );
    expect(wav.readUInt32LE(4)).toBe(40);
    expect(wav.readUInt32LE(24)).toBe(16_000);
    expect(wav.readUInt32LE(28)).toBe(32_000);
    expect(wav.readUInt32LE(40)).toBe(4);
    expect([...wav.subarray(44)]).toEqual([1, 2, 3, 4]);
    const stereo = Buffer.from(speechFromGemini(sound("audio/pcm; channels=2", "AQI="), "wav").bytes);
    expect([stereo.readUInt16LE(22), stereo.readUInt32LE(24), stereo.readUInt16LE(32)]).toEqual([2, 24_000, 4]);
  });

  test("that is WAV already passes as such only", () => {
    expect(speechFromGemini(sound("audio/wav", "AQI="), "wav").bytes).toEqual(Buffer.from([1, 2]));
    expect(thrown(() => speechFromGemini(sound("audio/wav", "AQI="), "pcm"))).toMatchObject({ status: 502 });
    expect(thrown(() => speechFromGemini(sound("audio/ogg", "AQI="), "wav"))).toMatchObject({ status: 502 });
  });

  const silent: [body: unknown, status: number, code: string][] = [
    [null, 502, "upstream_protocol"],
    [{ error: { code: 400, status: "INVALID", message: "no" } }, 502, "INVALID"],
    [{ candidates: [{ finishReason: "OTHER" }, null] }, 502, "upstream_protocol"],
    [sound("text/plain", "AQI="), 502, "upstream_protocol"],
    [{ candidates: [{ finishReason: "PROHIBITED_CONTENT" }] }, 400, "content_policy_violation"],
    [{ promptFeedback: { blockReason: "OTHER" } }, 400, "content_policy_violation"],
  ];
  test.each(silent)("%j is none", (body, status, code) => {
    expect(thrown(() => speechFromGemini(body, "wav"))).toMatchObject({ status, code });
  });
});

describe("images", () => {
  test("of a Gemini model come from generateContent", () => {
    const request = {
      model: "a",
      prompt: "draw",
      n: 2,
      size: "1536x1024",
      output_format: "png",
      quality: "high",
      style: null,
    };
    expect(imagesToGemini(request, "gemini-3-pro-image")).toEqual({
      verb: "generateContent",
      body: {
        contents: [{ role: "user", parts: [{ text: "draw" }] }],
        generationConfig: {
          responseModalities: ["TEXT", "IMAGE"],
          candidateCount: 2,
          imageConfig: { aspectRatio: "3:2" },
        },
      },
      dropped: ["quality"],
    });
    expect(
      imagesToGemini({ prompt: "draw", size: "auto", output_format: "webp" }, "gemini-2.5-flash-image"),
    ).toMatchObject({
      body: { generationConfig: { responseModalities: ["TEXT", "IMAGE"] } },
      dropped: ["output_format"],
    });
  });

  test.each([
    ["1024x1024", "1:1", undefined],
    ["1024x1792", "9:16", undefined],
    ["1792x1024", "16:9", undefined],
    ["2048x2048", "1:1", "2K"],
    ["4096x1755", "21:9", "4K"],
    ["1000x1333", "3:4", undefined],
  ])("of %s have the ratio %s and the size %p", (size, aspectRatio, imageSize) => {
    const { body } = imagesToGemini({ prompt: "draw", size }, "gemini-3-pro-image");
    expect(body.generationConfig).toEqual({
      responseModalities: ["TEXT", "IMAGE"],
      imageConfig: { aspectRatio, ...(imageSize === undefined ? {} : { imageSize }) },
    });
  });

  test("of Imagen come from predict", () => {
    const request = { prompt: "draw", n: 3, size: "1536x1024", output_format: "jpeg", response_format: "b64_json" };
    expect(imagesToGemini(request, "imagen-4.0-generate-001")).toEqual({
      verb: "predict",
      body: {
        instances: [{ prompt: "draw" }],
        parameters: { sampleCount: 3, aspectRatio: "4:3", outputOptions: { mimeType: "image/jpeg" } },
      },
      dropped: [],
    });
    expect(imagesToGemini({ prompt: "draw", output_format: "webp" }, "imagen-4")).toMatchObject({
      body: { parameters: { sampleCount: 1 } },
      dropped: ["output_format"],
    });
  });

  const refused: [change: object, param: string][] = [
    [{ prompt: "" }, "prompt"],
    [{ n: 0 }, "n"],
    [{ size: "big" }, "size"],
    [{ response_format: "url" }, "response_format"],
    [{ stream: true }, "stream"],
    [{ background: "transparent" }, "background"],
  ];
  test.each(refused)("with %j are refused by %s", (change, param) => {
    expect(thrown(() => imagesToGemini({ prompt: "draw", ...change }, "g"))).toMatchObject({ status: 400, param });
  });

  const drawn = (...parts: object[]) => ({
    candidates: [{ content: { parts: [{ text: "here" }, ...parts] }, finishReason: "STOP" }],
  });
  const picture = (data: string, more: object = {}) => ({ inlineData: { mimeType: "image/png", data }, ...more });

  test("are answered as base64, without drafts", () => {
    const body = {
      ...drawn(picture("RFJBRlQ=", { thought: true }), picture("_-8"), picture("QQ==")),
      usageMetadata: {
        promptTokenCount: 10,
        candidatesTokenCount: 20,
        thoughtsTokenCount: 5,
        promptTokensDetails: [
          { modality: "TEXT", tokenCount: 6 },
          { modality: "IMAGE", tokenCount: 4 },
          null,
          { modality: "IMAGE" },
        ],
      },
    };
    expect(imagesFromGemini(body, "generateContent", 1_790_000_000_999)).toEqual({
      created: 1_790_000_000,
      data: [{ b64_json: "/+8=" }, { b64_json: "QQ==" }],
      usage: {
        input_tokens: 10,
        input_tokens_details: { image_tokens: 4, text_tokens: 6 },
        output_tokens: 25,
        total_tokens: 35,
      },
    });
    expect(imagesFromGemini(drawn(picture("QQ==")), "generateContent", 0)).not.toHaveProperty("usage");
    const predicted = {
      predictions: [{ bytesBase64Encoded: "QQ==", mimeType: "image/png" }, { raiFilteredReason: "x" }],
    };
    expect(imagesFromGemini(predicted, "predict", 0)).toEqual({ created: 0, data: [{ b64_json: "QQ==" }] });
  });

  test.each([[{}], [{ predictions: [] }], [{ predictions: [{ raiFilteredReason: "no" }] }]])(
    "that Imagen filtered out (%j) are a refusal",
    (body) => {
      expect(thrown(() => imagesFromGemini(body, "predict", 0))).toMatchObject({
        status: 400,
        code: "content_policy_violation",
      });
    },
  );

  test("that are none are an error", () => {
    expect(thrown(() => imagesFromGemini({ predictions: 1 }, "predict", 0))).toMatchObject({ status: 502 });
    expect(thrown(() => imagesFromGemini({ candidates: [] }, "generateContent", 0))).toMatchObject({ status: 502 });
  });

  test.each([drawn(), { candidates: [{ finishReason: "NO_IMAGE" }] }])(
    "that the model only spoke of (%j) are the prompt's fault",
    (body) => {
      const error = thrown(() => imagesFromGemini(body, "generateContent", 0));
      expect(error).toMatchObject({ status: 400, code: "no_media" });
      expect(error.message).not.toContain("here");
    },
  );
});
