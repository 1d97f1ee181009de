import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import OpenAI from "openai";
import type { StoredFile } from "../../src/stored-file.ts";
import { CLIENT_KEY } from "../support/app.ts";
import { json } from "../support/fake-vendor.ts";
import { chatAnswer, geminiAnswer, messageAnswer, openAiError, responseAnswer } from "../support/samples.ts";
import { type Answer, expectUntouched, type Gateway, provider, startGateway } from "./fixture.ts";

/** Files that are named in a request by their id. */
const OTHER_KEY = "sk-other-client-0123456789";
const LIMIT = 200_000;

const PDF = Buffer.from("%PDF-1.7 the contents of a document");
const PNG = Buffer.from("89504e470d0a1a0a0000", "hex");
const TEXT = "Grüße aus der Datei 🦊";
const pdf64 = PDF.toString("base64");
const png64 = PNG.toString("base64");

let gateway: Gateway;
const ids: Record<"pdf" | "png" | "text" | "wav" | "foreign" | "large", string> = {
  pdf: "",
  png: "",
  text: "",
  wav: "",
  foreign: "",
  large: "",
};

const ANSWERS = {
  openai: chatAnswer(),
  anthropic: messageAnswer(),
  gemini: geminiAnswer(),
  "openai-compatible": chatAnswer(),
};

beforeAll(async () => {
  gateway = await startGateway({
    providers: (vendor) => [
      provider("openai", `${vendor.origin}/v1`, ["oa"]),
      provider("anthropic", vendor.origin, ["an"]),
      provider("gemini", vendor.origin, ["ge"]),
      provider("openai-compatible", `${vendor.origin}/v1`, ["co"]),
    ],
    models: Object.keys(ANSWERS).map((kind) => ({ name: kind, targets: [{ provider: kind, model: `m-${kind}` }] })),
    clientKeys: [
      { name: "test", secret: CLIENT_KEY },
      { name: "other", secret: OTHER_KEY },
    ],
    settings: { maxRequestBytes: LIMIT },
  });
  const [own, other] = ["test", "other"].map(
    (name) => [...gateway.app.gateway.snapshots.current.clientKeysByHash.values()].find((key) => key.name === name)!.id,
  );
  const put = async (filename: string, mediaType: string, content: Buffer, clientKeyId = own!): Promise<StoredFile> => {
    const upload = await gateway.app.gateway.files.begin({ maxFileBytes: 1e9, filesMaxBytes: 1e9 });
    await upload.write(content);
    return upload.finish({ filename, mediaType, purpose: "user_data", clientKeyId, userId: null, expiresAtMs: null });
  };
  ids.pdf = (await put("paper.pdf", "application/pdf", PDF)).id;
  ids.png = (await put("photo.png", "application/octet-stream", PNG)).id; // its kind shows in its bytes
  ids.text = (await put("notes.txt", "text/plain", Buffer.from(TEXT))).id;
  ids.wav = (await put("voice.wav", "audio/wav", Buffer.from("RIFFsound"))).id;
  ids.foreign = (await put("secret.pdf", "application/pdf", PDF, other!)).id;
  ids.large = (await put("large.pdf", "application/pdf", Buffer.alloc(LIMIT, "x"))).id;
});
afterAll(() => gateway.close());
beforeEach(() => {
  gateway.restart(json(openAiError("nobody was to be asked"), 500));
  for (const [kind, answer] of Object.entries(ANSWERS)) gateway.vendor.forModel(`m-${kind}`, json(answer));
  for (const key of ["ge"]) gateway.vendor.forKey(key, json(geminiAnswer()));
});

type Format = "openai-chat" | "openai-responses" | "anthropic-messages" | "gemini";

/** How a client of each format names a file, and where its error finds the name. */
const CLIENTS: Record<
  Format,
  {
    path(model: string): string;
    body(model: string, part: object): object;
    file(id: string): object;
    image(id: string): object;
    param: string;
  }
> = {
  "openai-chat": {
    path: () => "/v1/chat/completions",
    body: (model, part) => ({ model, messages: [{ role: "user", content: [{ type: "text", text: "read" }, part] }] }),
    file: (id) => ({ type: "file", file: { file_id: id } }),
    image: (id) => ({ type: "image_url", image_url: { url: id, detail: "low" } }),
    param: "messages[0].content[1].file.file_id",
  },
  "openai-responses": {
    path: () => "/v1/responses",
    body: (model, part) => ({
      model,
      input: [{ role: "user", content: [{ type: "input_text", text: "read" }, part] }],
    }),
    file: (id) => ({ type: "input_file", file_id: id }),
    image: (id) => ({ type: "input_image", file_id: id, detail: "low" }),
    param: "input[0].content[1].file_id",
  },
  "anthropic-messages": {
    path: () => "/v1/messages",
    body: (model, part) => ({
      model,
      max_tokens: 9,
      messages: [{ role: "user", content: [{ type: "text", text: "read" }, part] }],
    }),
    file: (id) => ({ type: "document", source: { type: "file", file_id: id } }),
    image: (id) => ({ type: "image", source: { type: "file", file_id: id } }),
    param: "messages[0].content[1].source.file_id",
  },
  gemini: {
    path: (model) => `/v1beta/models/${model}:generateContent`,
    body: (_, part) => ({ contents: [{ role: "user", parts: [{ text: "read" }, part] }] }),
    file: (id) => ({ fileData: { fileUri: `https://gateway.example/v1beta/files/${id}` } }),
    image: (id) => ({ file_data: { file_uri: id } }),
    param: "contents[0].parts[1].fileData.fileUri",
  },
};

/** What each upstream's own format makes of them. */
const chatParts = {
  pdf: { type: "file", file: { filename: expect.any(String), file_data: `data:application/pdf;base64,${pdf64}` } },
  png: { type: "image_url", image_url: expect.objectContaining({ url: `data:image/png;base64,${png64}` }) },
  text: { type: "text", text: expect.stringContaining(TEXT) },
};
const EXPECTED: Record<string, Record<"pdf" | "png" | "text", unknown>> = {
  openai: chatParts,
  "openai-compatible": chatParts,
  anthropic: {
    pdf: expect.objectContaining({
      type: "document",
      source: { type: "base64", media_type: "application/pdf", data: pdf64 },
    }),
    png: { type: "image", source: { type: "base64", media_type: "image/png", data: png64 } },
    text: expect.objectContaining({}),
  },
  gemini: {
    pdf: { inlineData: { mimeType: "application/pdf", data: pdf64 } },
    png: { inlineData: { mimeType: "image/png", data: png64 } },
    text: expect.objectContaining({}),
  },
};

/** The last part of what the user says. */
function partOf(body: Answer): unknown {
  const turns = body.messages ?? body.contents ?? body.input;
  const parts = turns.at(-1).content ?? turns.at(-1).parts;
  return typeof parts === "string" ? { type: "text", text: parts } : parts.at(-1);
}

const formats = Object.keys(CLIENTS) as Format[];
const kinds = Object.keys(ANSWERS);
const pairs = formats.flatMap((format) => kinds.map((kind) => [format, kind] as const));

describe("a file by its id", () => {
  test.each(pairs)("of a client of %s reaches %s as what it is", async (format, kind) => {
    const client = CLIENTS[format];
    const isOwnFormat = format === "openai-responses" && kind === "openai";
    if (isOwnFormat) gateway.vendor.forModel("m-openai", json(responseAnswer()));
    for (const what of ["pdf", "png", "text"] as const) {
      const part = what === "png" ? client.image(ids.png) : client.file(ids[what]);
      const { status, calls } = await gateway.send(client.path(kind), client.body(kind, part));
      expect({ status, calls: calls.length }).toEqual({ status: 200, calls: 1 });
      const { text } = calls[0]!;
      expect(text).not.toContain("fil_");
      if (what === "text") {
        const isThere = text.includes(TEXT) || text.includes(Buffer.from(TEXT).toString("base64"));
        expect({ what, isThere }).toEqual({ what, isThere: true });
      }
      if (!isOwnFormat) expect(partOf(calls[0]!.json)).toEqual(EXPECTED[kind]![what]);
    }
  });

  test("OpenAI's responses get their own kinds of parts", async () => {
    gateway.vendor.forModel("m-openai", json(responseAnswer()));
    const { path, body, file, image } = CLIENTS["openai-responses"];
    const sent = async (part: object) =>
      partOf((await gateway.send(path("openai"), body("openai", part))).calls[0]!.json);
    expect(await sent(file(ids.pdf))).toEqual({
      type: "input_file",
      filename: "paper.pdf",
      file_data: `data:application/pdf;base64,${pdf64}`,
    });
    expect(await sent(image(ids.png))).toEqual({
      type: "input_image",
      detail: "low",
      image_url: `data:image/png;base64,${png64}`,
    });
    expect(await sent(file(ids.text))).toEqual({ type: "input_text", text: `notes.txt\n\n${TEXT}` });
  });

  test("leaves the numbers around it as the client wrote them", async () => {
    const { path, body, file } = CLIENTS["openai-chat"];
    const whole = JSON.stringify(body("openai", file(ids.pdf)));
    const numbers = '"seed":9007199254740993,"temperature":1.0,"tools":[{"x":12345678901234567890}]';
    const { calls } = await gateway.send(path("openai"), `${whole.slice(0, -1)},${numbers}}`);
    expect(calls[0]!.text).toEndWith(`,${numbers}}`);
  });

  test("a sound is heard where sounds can be heard", async () => {
    const { path, body, file } = CLIENTS["openai-chat"];
    const data = Buffer.from("RIFFsound").toString("base64");
    const { calls } = await gateway.send(path("openai"), body("openai", file(ids.wav)));
    expect(partOf(calls[0]!.json)).toEqual({ type: "input_audio", input_audio: { data, format: "wav" } });
    const translated = await gateway.send(path("gemini"), body("gemini", file(ids.wav)));
    expect(partOf(translated.calls[0]!.json)).toEqual({ inlineData: { mimeType: "audio/wav", data } });
  });

  test("in a tool's result, and beside what belongs to its part", async () => {
    const source = { type: "file", file_id: ids.pdf };
    const document = {
      type: "document",
      source,
      title: "T",
      citations: { enabled: true },
      cache_control: { type: "ephemeral" },
    };
    const { calls } = await gateway.send("/v1/messages", {
      model: "anthropic",
      max_tokens: 9,
      messages: [
        { role: "user", content: "read" },
        { role: "assistant", content: [{ type: "tool_use", id: "t1", name: "f", input: {} }] },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "t1", content: [document] }] },
      ],
    });
    const [result] = (calls[0]!.json as Answer).messages[2].content;
    expect(result.content).toEqual([
      { ...document, source: { type: "base64", media_type: "application/pdf", data: pdf64 } },
    ]);
  });

  test("counts where tokens are counted", async () => {
    const { body, file } = CLIENTS["anthropic-messages"];
    gateway.vendor.forModel("m-anthropic", json({ input_tokens: 7 }));
    const { json: answer, calls } = await gateway.send("/v1/messages/count_tokens", body("anthropic", file(ids.pdf)));
    expect(answer).toEqual({ input_tokens: 7 });
    expect(calls[0]!.text).toContain(pdf64);
  });

  test("a kept response keeps the name, not the file", async () => {
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: CLIENT_KEY, maxRetries: 0 });
    const { body, file } = CLIENTS["openai-responses"];
    const first = await client.responses.create(
      body("anthropic", file(ids.pdf)) as OpenAI.Responses.ResponseCreateParamsNonStreaming,
    );
    const items = await client.responses.inputItems.list(first.id);
    expect(JSON.stringify(items.data)).toContain(ids.pdf);
    expect(JSON.stringify(items.data)).not.toContain(pdf64);
    await client.responses.create({ model: "gemini", input: "and now?", previous_response_id: first.id });
    expect(gateway.vendor.calls.at(-1)!.text).toContain(pdf64);
  });
});

describe("nothing goes upstream for", () => {
  test.each(formats.flatMap((format) => ["fil_0199", "foreign"].map((which) => [format, which] as const)))(
    "a file that is not there, or somebody else's (%s, %s): 400 that names the field",
    async (format, which) => {
      const client = CLIENTS[format];
      const id = which === "foreign" ? ids.foreign : which;
      await expectUntouched(gateway, 1, async () => {
        const { status, json: answer } = await gateway.send(
          client.path("openai"),
          client.body("openai", client.file(id)),
        );
        expect(status).toBe(400);
        const told = JSON.stringify(answer);
        expect(told).toContain(`There is no file \`${id}\``);
        if (format.startsWith("openai"))
          expect(answer.error).toMatchObject({ code: "file_not_found", param: client.param });
        else if (format === "anthropic-messages") expect(told).toContain(client.param);
      });
    },
  );

  test("a file with which the request is too large", async () => {
    const { path, body, file } = CLIENTS["openai-chat"];
    await expectUntouched(gateway, 1, async () => {
      const { status, json: answer } = await gateway.send(
        path("openai-compatible"),
        body("openai-compatible", file(ids.large)),
      );
      expect([status, answer.error.param]).toEqual([413, "messages[0].content[1].file.file_id"]);
    });
  });

  test("a file for code to work on, which cannot be read as content", async () => {
    const part = { type: "container_upload", file_id: ids.pdf };
    await expectUntouched(gateway, 1, async () => {
      const { status, text } = await gateway.send("/v1/messages", CLIENTS["anthropic-messages"].body("openai", part));
      expect(status).toBe(400);
      expect(text).toContain("messages[0].content[1]");
    });
  });
});

test("a text that speaks of ids, and ids of vendors, go up byte for byte", async () => {
  const { path, body } = CLIENTS["openai-chat"];
  const talk = {
    ...body("openai", { type: "file", file: { file_id: "file-abc" } }),
    seed: 1,
    note: ids.pdf,
    model: "m-openai",
  };
  const text = JSON.stringify(talk).replace('"seed":1', '"seed":12345678901234567890').replace("m-openai", "openai");
  const { calls } = await gateway.send(path("openai"), text);
  expect(calls[0]!.text).toBe(text.replace('"model":"openai"', '"model":"m-openai"'));
});
