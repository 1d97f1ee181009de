import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { CLIENT_KEY } from "../support/app.ts";
import { json, stream } from "../support/fake-vendor.ts";
import {
  CHAT_STREAM_WITH_USAGE,
  chatAnswer,
  GEMINI_STREAM,
  MESSAGE_STREAM,
  messageAnswer,
  openAiError,
  responseAnswer,
  responseStream,
} from "../support/samples.ts";
import { type ChatApp, startChat } from "./chat-fixture.ts";

let app: ChatApp;
beforeAll(async () => {
  app = await startChat({
    clientKeys: [
      { name: "kept", secret: CLIENT_KEY, requestContent: "full" },
      { name: "unkept", secret: "sk-test-unkept-0123456789", requestContent: "metadata" },
    ],
    settings: { maxContentBytes: 4096 },
  });
});
afterAll(() => app.close());
beforeEach(() => app.restart(json(chatAnswer())));

const TEXT = "Grüße 🦊";
const read = (id: string) =>
  app.ask(`{ requestLog(id: "${id}") { exchange { readable truncated messages {
    role text reasoning toolCalls { id name arguments } toolResults { callId text isError } media { kind mediaType url }
  } } } }`);
const resume = (id: string) =>
  app.ask(`mutation { continueInChat(input: { requestId: "${id}" }) {
    conversation { id title systemPrompt params messages { nodes { id role text model requestId state toolCalls { id } attachments { mediaType } } } }
    userErrors { code field }
  } }`);
const said = (exchange: { messages: { role: string; text: string }[] }) =>
  exchange.messages.map(({ role, text }) => [role, text]);

const CHAT = {
  model: "gpt",
  messages: [
    { role: "system", content: "Be brief." },
    { role: "user", content: "hello" },
  ],
};

describe("the exchange of a request", () => {
  const spoken = [
    ["SYSTEM", "Be brief."],
    ["USER", "hello"],
    ["ASSISTANT", TEXT],
  ];
  const gemini = {
    systemInstruction: { parts: [{ text: "Be brief." }] },
    contents: [{ role: "user", parts: [{ text: "hello" }] }],
  };
  test.each([
    ["chat", "/v1/chat/completions", CHAT, json(chatAnswer())],
    ["chat, streamed", "/v1/chat/completions", { ...CHAT, stream: true }, stream(CHAT_STREAM_WITH_USAGE)],
    ["responses", "/v1/responses", { model: "gpt", instructions: "Be brief.", input: "hello" }, json(responseAnswer())],
    [
      "responses, streamed",
      "/v1/responses",
      { model: "gpt", instructions: "Be brief.", input: "hello", stream: true },
      stream(responseStream()),
    ],
    [
      "messages",
      "/v1/messages",
      { model: "claude", max_tokens: 9, system: "Be brief.", messages: [{ role: "user", content: "hello" }] },
      json(messageAnswer()),
    ],
    [
      "messages, streamed",
      "/v1/messages",
      {
        model: "claude",
        max_tokens: 9,
        system: "Be brief.",
        messages: [{ role: "user", content: "hello" }],
        stream: true,
      },
      stream(MESSAGE_STREAM),
    ],
    ["gemini, streamed", "/v1beta/models/gem:streamGenerateContent?alt=sse", gemini, stream(GEMINI_STREAM)],
    ["gemini, streamed as an array", "/v1beta/models/gem:streamGenerateContent", gemini, stream(GEMINI_STREAM)],
  ])("in %s is read from the kept bodies", async (name, path, body, reply) => {
    app.vendor.otherwise(reply);
    const { record } = await app.send(path, body);
    const { exchange } = await read(record.id);
    // The sample stream says it piece by piece and then once more.
    const expected = name.startsWith("gemini") ? [...spoken.slice(0, 2), ["ASSISTANT", TEXT + TEXT]] : spoken;
    expect([said(exchange), exchange.readable, exchange.truncated]).toEqual([expected, true, false]);
  });

  test("shows calls, results and that there were pictures", async () => {
    const { record } = await app.send("/v1/chat/completions", {
      model: "gpt",
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "see" },
            { type: "image_url", image_url: { url: "https://x/a.png" } },
          ],
        },
        {
          role: "assistant",
          content: null,
          tool_calls: [{ id: "c1", type: "function", function: { name: "look", arguments: "{}" } }],
        },
        { role: "tool", tool_call_id: "c1", content: "a fox" },
      ],
    });
    const { exchange } = await read(record.id);
    expect(exchange.messages).toMatchObject([
      { role: "USER", text: "see", media: [{ kind: "IMAGE", url: "https://x/a.png" }] },
      { role: "ASSISTANT", toolCalls: [{ id: "c1", name: "look", arguments: "{}" }] },
      { role: "TOOL", toolResults: [{ callId: "c1", text: "a fox", isError: false }] },
      { role: "ASSISTANT", text: TEXT },
    ]);
  });

  test("that failed has no answer", async () => {
    app.vendor.otherwise(json(openAiError("no"), 400));
    const { record } = await app.send("/v1/chat/completions", CHAT);
    expect(said((await read(record.id)).exchange)).toEqual(spoken.slice(0, 2));
  });

  test("that was cut off shows what can be read", async () => {
    const long = { ...CHAT, messages: [{ role: "user", content: "x".repeat(8000) }] };
    const { record } = await app.send("/v1/chat/completions", long);
    const { exchange } = await read(record.id);
    expect([said(exchange), exchange.readable, exchange.truncated]).toEqual([[["ASSISTANT", TEXT]], false, true]);
    expect((await resume(record.id)).userErrors).toMatchObject([{ code: "CONFLICT" }]);
  });

  test("is null without bodies, and for what is no conversation", async () => {
    const headers = { authorization: "Bearer sk-test-unkept-0123456789" };
    const unkept = await app.send("/v1/chat/completions", CHAT, { headers });
    const embedded = await app.send("/v1/embeddings", { model: "gpt", input: "x" });
    for (const { record } of [unkept, embedded]) expect((await read(record.id)).exchange).toBeNull();
  });
});

describe("continueInChat", () => {
  test("makes a conversation of it that can be gone on with", async () => {
    const { record } = await app.send("/v1/chat/completions", { ...CHAT, temperature: 0.3, stop: ["END"] });
    const { conversation, userErrors } = await resume(record.id);
    expect(userErrors).toEqual([]);
    expect(conversation).toMatchObject({
      title: "hello",
      systemPrompt: "Be brief.",
      params: { temperature: 0.3, stop: ["END"] },
      messages: {
        nodes: [
          { role: "USER", text: "hello", state: "DONE" },
          { role: "ASSISTANT", text: TEXT, model: "gpt", requestId: record.id },
        ],
      },
    });
    app.vendor.reset(stream(CHAT_STREAM_WITH_USAGE));
    const { answers } = await app.say({ conversationId: conversation.id, text: "and?", models: ["gpt"] });
    await app.follow(answers[0].id);
    expect((app.vendor.calls[0]!.json as { messages: unknown[] }).messages).toHaveLength(4);
  });

  test("of a request that is not there is refused", async () => {
    expect((await resume("req_none")).userErrors).toMatchObject([{ code: "NOT_FOUND", field: ["requestId"] }]);
  });
});
