import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { StoredFile } from "../../src/stored-file.ts";
import { CLIENT_KEY } from "../support/app.ts";
import { json, type Reply, type VendorCall } from "../support/fake-vendor.ts";
import {
  anthropicError,
  chatAnswer,
  geminiAnswer,
  messageAnswer,
  openAiError,
  responseAnswer,
} from "../support/samples.ts";
import { type Answer, expectUntouched, type Gateway, provider, startGateway } from "./fixture.ts";

/** Files with which a request would be too large: they go to the vendor by themselves, with the key that is asked. */
const LIMIT = 100_000;
const PDF = Buffer.from(`%PDF-1.7 ${"large ".repeat(30_000)}`);

let gateway: Gateway;
let pdf: StoredFile;
let small: StoredFile;
const own = () => [...gateway.app.gateway.snapshots.current.clientKeysByHash.values()][0]!.id;
const put = async (filename: string, mediaType: string, content: Buffer): Promise<StoredFile> => {
  const upload = await gateway.app.gateway.files.begin({ maxFileBytes: 1e9, filesMaxBytes: 1e9 });
  await upload.write(content);
  return upload.finish({
    filename,
    mediaType,
    purpose: "user_data",
    clientKeyId: own(),
    userId: null,
    expiresAtMs: null,
  });
};

beforeAll(async () => {
  gateway = await startGateway({
    providers: (vendor) => [
      provider("openai", `${vendor.origin}/v1`, ["oa-1", "oa-2"]),
      provider("anthropic", vendor.origin, ["an-1"]),
      provider("gemini", vendor.origin, ["ge-1"]),
      provider("openai-compatible", `${vendor.origin}/v1`, ["co-1"]),
    ],
    models: [
      ...["openai", "anthropic", "gemini", "openai-compatible"].map((kind) => ({
        name: kind,
        targets: [{ provider: kind, model: `m-${kind}` }],
      })),
      {
        name: "chain",
        targets: [
          { provider: "openai-compatible", model: "m-openai-compatible", priority: 0 },
          { provider: "openai", model: "m-openai", priority: 1 },
        ],
      },
    ],
    clientKeys: [{ name: "test", secret: CLIENT_KEY }],
    settings: { maxRequestBytes: LIMIT, requestTimeoutMs: 10_000, headersTimeoutMs: 5000 },
  });
  small = await put("small.txt", "text/plain", Buffer.from("small words"));
});
afterAll(() => gateway.close());

let uploads = 0;
/** The files APIs of the three vendors. */
const vendor: Reply = (call) => {
  switch (`${call.method} ${call.path}`) {
    case "POST /v1/files":
      uploads++;
      return json({ id: `vendor-${call.key}-${uploads}` })(call);
    case "POST /upload/v1beta/files":
      return call.answer(200, "{}", { "x-goog-upload-url": `${gateway.vendor.origin}/upload/here?id=1` });
    case "POST /upload/here":
      uploads++;
      return json({ file: { name: "files/g1", uri: `${gateway.vendor.origin}/v1beta/files/g1`, state: "ACTIVE" } })(
        call,
      );
    case "POST /v1/chat/completions":
      return json(chatAnswer())(call);
    case "POST /v1/responses":
      return json(responseAnswer())(call);
    case "POST /v1/messages":
      return json(messageAnswer())(call);
    default:
      return json(geminiAnswer())(call);
  }
};
beforeEach(async () => {
  gateway.restart(vendor);
  uploads = 0;
  pdf = await put("large.pdf", "application/pdf", PDF); // of each test's own: nobody has uploaded it yet
});

const chat = (model = "openai") => ({
  model,
  messages: [
    {
      role: "user",
      content: [
        { type: "file", file: { file_id: small.id } },
        { type: "file", file: { file_id: pdf.id } },
      ],
    },
  ],
});
const messages = (part: object) => ({
  model: "anthropic",
  max_tokens: 9,
  messages: [{ role: "user", content: [part] }],
});
const pathsOf = (calls: readonly VendorCall[]) => calls.map(({ path }) => path);

describe("a file too large for a request", () => {
  test("goes to OpenAI with the key that is asked, once, and is named there", async () => {
    const { status, calls } = await gateway.send("/v1/chat/completions", chat());
    expect([status, pathsOf(calls)]).toEqual([200, ["/v1/files", "/v1/chat/completions"]]);
    const [upload, asked] = calls;
    expect(upload!.key).toBe(asked!.key);
    expect(upload!.text).toContain('name="purpose"\r\n\r\nuser_data');
    expect(upload!.text).toContain('name="expires_after[seconds]"\r\n\r\n86400');
    expect(upload!.text).toContain('filename="large.pdf"');
    expect(upload!.text).toContain(PDF.toString());
    expect((asked!.json as Answer).messages[0].content).toEqual([
      { type: "text", text: "small.txt\n\nsmall words" },
      { type: "file", file: { file_id: `vendor-${upload!.key}-1` } },
    ]);
    // The same key again, though another's turn it is: it has the file.
    for (let turn = 0; turn < 3; turn++) {
      const again = await gateway.send("/v1/chat/completions", chat());
      expect(pathsOf(again.calls)).toEqual(["/v1/chat/completions"]);
      expect(again.calls[0]!.key).toBe(upload!.key);
    }
    expect(uploads).toBe(1);
  });

  test("goes to another key again when the first is refused", async () => {
    const first = await gateway.send("/v1/chat/completions", chat());
    const { key } = first.calls[0]!;
    gateway.vendor.forKey(key, json(openAiError("wrong key", "invalid_request_error", "invalid_api_key"), 401));
    const { status, calls } = await gateway.send("/v1/chat/completions", chat());
    expect([status, pathsOf(calls)]).toEqual([200, ["/v1/chat/completions", "/v1/files", "/v1/chat/completions"]]);
    expect(calls[0]!.key).toBe(key);
    expect(new Set(calls.slice(1).map((call) => call.key)).size).toBe(1);
    expect(calls[1]!.key).not.toBe(key);
  });

  test("a key that may not upload is passed over", async () => {
    gateway.vendor.forKey("oa-1", json(openAiError("no"), 403));
    const { status, calls } = await gateway.send("/v1/chat/completions", chat());
    expect(status).toBe(200);
    expect(calls.at(-1)!.key).toBe("oa-2");
  });

  test("stands in OpenAI's responses as a file of the vendor's", async () => {
    const { calls } = await gateway.send("/v1/responses", {
      model: "openai",
      input: [{ role: "user", content: [{ type: "input_file", file_id: pdf.id }] }],
    });
    expect((calls.at(-1)!.json as Answer).input[0].content).toEqual([
      { type: "input_file", file_id: expect.stringMatching(/^vendor-/) },
    ]);
  });

  test("goes to Anthropic, and the request says that it names files", async () => {
    const cache_control = { type: "ephemeral" };
    const part = { type: "document", source: { type: "file", file_id: pdf.id }, title: "T", cache_control };
    const { calls } = await gateway.send("/v1/messages", messages(part), {
      headers: { "anthropic-beta": "other-beta" },
    });
    expect(pathsOf(calls)).toEqual(["/v1/files", "/v1/messages"]);
    expect(calls[0]!.headers["anthropic-beta"]).toBe("files-api-2025-04-14");
    expect(calls[1]!.headers["anthropic-beta"]).toBe("other-beta,files-api-2025-04-14");
    expect((calls[1]!.json as Answer).messages[0].content).toEqual([
      { ...part, source: { type: "file", file_id: "vendor-an-1-1" } },
    ]);
  });

  test("a file for code to work on is always given to Anthropic", async () => {
    const part = { type: "container_upload", file_id: small.id };
    const { calls } = await gateway.send("/v1/messages", messages(part));
    expect((calls.at(-1)!.json as Answer).messages[0].content).toEqual([
      { type: "container_upload", file_id: "vendor-an-1-1" },
    ]);
  });

  test("goes to Gemini in its own way", async () => {
    const { status, calls } = await gateway.send("/v1beta/models/gemini:generateContent", {
      contents: [{ role: "user", parts: [{ fileData: { fileUri: pdf.id } }] }],
    });
    expect(status).toBe(200);
    const [start, content, asked] = calls;
    expect(start!.headers).toMatchObject({
      "x-goog-api-key": "ge-1",
      "x-goog-upload-protocol": "resumable",
      "x-goog-upload-header-content-length": String(PDF.length),
      "x-goog-upload-header-content-type": "application/pdf",
    });
    expect(content!.text).toBe(PDF.toString());
    expect((asked!.json as Answer).contents[0].parts).toEqual([
      { fileData: { mimeType: "application/pdf", fileUri: `${gateway.vendor.origin}/v1beta/files/g1` } },
    ]);
  });

  test("is not sent where Gemini's answer points elsewhere", async () => {
    gateway.vendor.otherwise((call) => call.answer(200, "{}", { "x-goog-upload-url": "http://127.0.0.2:9/steal" }));
    const { status, calls } = await gateway.send("/v1beta/models/gemini:generateContent", {
      contents: [{ role: "user", parts: [{ fileData: { fileUri: pdf.id } }] }],
    });
    expect([status, calls.length]).toEqual([502, 1]);
  });

  test("a target that takes no files is passed over for one that does", async () => {
    const { status, calls } = await gateway.send("/v1/chat/completions", chat("chain"));
    expect([status, pathsOf(calls)]).toEqual([200, ["/v1/files", "/v1/chat/completions"]]);
    expect(calls[1]!.key).toStartWith("oa-");
  });

  test("is a 413 that names the field and says what to do when only a vendor without files can be asked", async () => {
    await expectUntouched(gateway, 1, async () => {
      const { status, json: answer } = await gateway.send("/v1/chat/completions", chat("openai-compatible"));
      expect([status, answer.error.param]).toEqual([413, "messages[0].content[1].file.file_id"]);
      expect(answer.error.message).toContain("ask a model of OpenAI, Anthropic or Gemini");
    });
  });

  test("a large picture, which chat can name no file for, is not uploaded in vain", async () => {
    const png = await put("large.png", "image/png", PDF);
    const part = { type: "image_url", image_url: { url: png.id } };
    await expectUntouched(gateway, 1, async () => {
      const body = { model: "openai", messages: [{ role: "user", content: [part] }] };
      const { status, json: answer } = await gateway.send("/v1/chat/completions", body);
      expect([status, answer.error.param]).toEqual([413, "messages[0].content[0].image_url.url"]);
    });
  });

  test("a vendor that does not take it: 502, and nobody is asked", async () => {
    gateway.vendor.otherwise(json(anthropicError("invalid_request_error", "no room"), 400));
    const part = { type: "document", source: { type: "file", file_id: pdf.id } };
    const { status, json: answer, calls } = await gateway.send("/v1/messages", messages(part));
    expect([status, pathsOf(calls)]).toEqual([502, ["/v1/files"]]);
    expect(JSON.stringify(answer)).toContain("file_upload_failed");
    expect(JSON.stringify(answer)).not.toContain("no room");
  });

  test("that the vendor has lost is uploaded again with the next request", async () => {
    const part = { type: "document", source: { type: "file", file_id: pdf.id } };
    await gateway.send("/v1/messages", messages(part));
    gateway.vendor.once(json(anthropicError("not_found_error", "no such file"), 404));
    expect((await gateway.send("/v1/messages", messages(part))).status).toBe(404);
    const { status, calls } = await gateway.send("/v1/messages", messages(part));
    expect([status, pathsOf(calls)]).toEqual([200, ["/v1/files", "/v1/messages"]]);
  });
});

describe("a file too large for a request, to a vendor of another format,", () => {
  const geminiName = () => ({ fileUri: `${gateway.vendor.origin}/v1beta/files/g1`, mimeType: "application/pdf" });
  const ofAnthropic = { type: "document", source: { type: "file", file_id: "vendor-an-1-1" } };
  const clients = {
    chat: () => ["/v1/chat/completions", { messages: chat().messages }] as const,
    responses: () => {
      const content = [{ type: "input_file", file_id: pdf.id }];
      return ["/v1/responses", { input: [{ role: "user", content }] }] as const;
    },
    messages: () => {
      const part = { type: "document", source: { type: "file", file_id: pdf.id } };
      return ["/v1/messages", messages(part)] as const;
    },
  };
  const ask = async (client: keyof typeof clients, model: string) => {
    const [path, body] = clients[client]();
    const { status, calls } = await gateway.send(path, { ...body, model });
    expect(status).toBe(200);
    expect(calls.at(-1)!.key).toBe(calls[0]!.key);
    return { calls, sent: calls.at(-1)!.json as Answer };
  };

  test.each(["chat", "responses"] as const)("is a document of Anthropic's for a client of %s", async (client) => {
    const { calls, sent } = await ask(client, "anthropic");
    expect(pathsOf(calls)).toEqual(["/v1/files", "/v1/messages"]);
    expect(calls[1]!.headers["anthropic-beta"]).toBe("files-api-2025-04-14");
    expect(sent.messages[0].content.at(-1)).toMatchObject(ofAnthropic);
  });

  test.each(["chat", "responses", "messages"] as const)("is Gemini's file for a client of %s", async (client) => {
    const { sent } = await ask(client, "gemini");
    expect(sent.contents[0].parts.at(-1)).toEqual({ fileData: geminiName() });
  });

  test("is OpenAI's file for a client of Anthropic's", async () => {
    const { calls, sent } = await ask("messages", "openai");
    expect(sent.messages[0].content.at(-1)).toEqual({ type: "file", file: { file_id: `vendor-${calls[0]!.key}-1` } });
  });

  test("is the vendor's in a tool's result too, and for Gemini's clients", async () => {
    const result = {
      type: "tool_result",
      tool_use_id: "t1",
      content: [{ ...ofAnthropic, source: { type: "file", file_id: pdf.id } }],
    };
    const { calls } = await gateway.send("/v1beta/models/anthropic:generateContent", {
      contents: [{ role: "user", parts: [{ fileData: { fileUri: `files/${pdf.id}` } }] }],
    });
    expect((calls.at(-1)!.json as Answer).messages[0].content).toEqual([ofAnthropic]);
    const again = await gateway.send("/v1/messages", {
      model: "gemini",
      max_tokens: 9,
      messages: [
        { role: "user", content: "read" },
        { role: "assistant", content: [{ type: "tool_use", id: "t1", name: "f", input: {} }] },
        { role: "user", content: [result] },
      ],
    });
    expect(again.status).toBe(200);
    expect(JSON.stringify(again.calls.at(-1)!.json)).toContain(geminiName().fileUri);
  });

  test("a picture goes to Anthropic as a picture", async () => {
    const png = await put("large.png", "image/png", PDF);
    const part = { type: "file", file: { file_id: png.id } };
    const { calls } = await gateway.send("/v1/chat/completions", {
      model: "anthropic",
      messages: [{ role: "user", content: [part] }],
    });
    expect((calls.at(-1)!.json as Answer).messages[0].content).toEqual([{ ...ofAnthropic, type: "image" }]);
  });

  test("is a 400 that names the field, before anything is uploaded, where that vendor cannot name such a thing", async () => {
    const wav = await put("large.wav", "audio/wav", PDF);
    await expectUntouched(gateway, 1, async () => {
      const part = { type: "file", file: { file_id: wav.id } };
      const body = { model: "anthropic", messages: [{ role: "user", content: [part] }] };
      const { status, json: answer } = await gateway.send("/v1/chat/completions", body);
      expect([status, answer.error.param]).toEqual([400, "messages[0].content[0]"]);
    });
  });

  test("explainRoute says that it would be answered, and uploads nothing", async () => {
    const { data } = (await gateway.graphql(
      `query ($input: ExplainRouteInput!) { explainRoute(input: $input) { refusal { message } candidates { verdict reason } } }`,
      { input: { model: "anthropic", format: "OPENAI_CHAT", clientKeyId: own(), body: chat("anthropic") } },
    )) as Answer;
    expect(data.explainRoute.refusal).toBeNull();
    expect(uploads).toBe(0);
  });
});
