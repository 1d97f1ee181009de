import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { continueInChat } from "../../src/control/chat/chat-continue.ts";
import { sendChatMessage } from "../../src/control/chat/chat-send.ts";
import type { Principal } from "../../src/control/people/principal.ts";
import { gate, json, stream, streamThen } from "../support/fake-vendor.ts";
import { tokenPrincipal } from "../support/principals.ts";
import {
  CHAT_STREAM_WITH_USAGE,
  chatChunk,
  DONE,
  data,
  GEMINI_STREAM,
  MESSAGE_STREAM,
  openAiError,
  responseStream,
} from "../support/samples.ts";
import { eventually } from "../support/stream-reader.ts";
import { type ChatApp, spoken, startChat } from "./chat-fixture.ts";

let app: ChatApp;
beforeAll(async () => {
  app = await startChat();
});
afterAll(() => app.close());
beforeEach(() => app.restart(stream(CHAT_STREAM_WITH_USAGE)));

const TEXT = "Grüße 🦊";
const body = (index: number) => app.vendor.calls[index]!.json as Record<string, never>;
const keyId = (name: string) =>
  [...app.app.gateway.snapshots.current.providersById.values()]
    .flatMap(({ keys }) => keys)
    .find((key) => key.name === name)!.id;
const clientId = (name: string) =>
  [...app.app.gateway.snapshots.current.clientKeysByHash.values()].find((client) => client.name === name)!.id;
const conversations = () => app.ask("{ conversations { totalCount } }");

describe("a message", () => {
  test("makes a conversation, is answered by the gateway, and both are kept", async () => {
    const { conversation, message, answers } = await app.say({ text: "  Say\n hello ", models: ["gpt"] });
    expect(conversation).toMatchObject({ title: "Say hello", systemPrompt: null, params: {} });
    expect(message).toMatchObject({ role: "USER", state: "DONE", text: "  Say\n hello ", parentId: null, model: null });
    expect(answers).toMatchObject([{ role: "ASSISTANT", parentId: message.id, model: "gpt", text: "" }]);
    const { text, end } = await app.follow(answers[0].id);
    expect([text, end.__typename]).toEqual([TEXT, "ChatFinished"]);
    expect(end.message).toMatchObject({
      state: "DONE",
      text: TEXT,
      finishReason: "stop",
      lastSeq: TEXT.length,
      error: null,
      usage: { inputTokens: 800, totalTokens: 1300 },
      cost: "0.0044",
    });
    expect(await app.message(answers[0].id)).toEqual(end.message);
    const log = await app.ask(`{ requestLog(id: "${end.message.requestId}") { origin clientKeyId requestedModel } }`);
    expect(log).toEqual({ origin: "CHAT", clientKeyId: null, requestedModel: "gpt" });
  });

  test("is followed by the next: the whole branch goes up, with prompt and parameters", async () => {
    const first = await app.say({
      text: "one",
      models: ["gpt"],
      systemPrompt: "Be brief.",
      params: { temperature: 0.5, maxOutputTokens: 100, stop: ["END"], responseFormat: { type: "json_object" } },
    });
    await app.follow(first.answers[0].id);
    const second = await app.say({ conversationId: first.conversation.id, text: "two, as JSON", models: ["gpt"] });
    expect(second.message.parentId).toBe(first.answers[0].id);
    await app.follow(second.answers[0].id);
    expect(body(1)).toMatchObject({
      model: "gpt-4.1",
      stream: true,
      temperature: 0.5,
      max_completion_tokens: 100,
      stop: ["END"],
      response_format: { type: "json_object" },
      messages: [
        { role: "developer", content: "Be brief." },
        { role: "user", content: "one" },
        { role: "assistant", content: TEXT },
        { role: "user", content: "two, as JSON" },
      ],
    });
  });

  test("that is edited begins a new branch, and one without text is answered again", async () => {
    const first = await app.say({ text: "one", models: ["gpt"] });
    const conversationId = first.conversation.id;
    await app.follow(first.answers[0].id);
    const edited = await app.say({ conversationId, parentMessageId: null, text: "uno", models: ["gpt"] });
    await app.follow(edited.answers[0].id);
    const again = await app.say({ conversationId, parentMessageId: first.message.id, models: ["gpt", "gpt"] });
    for (const { id } of again.answers) await app.follow(id);
    expect(again.message).toBeNull();
    expect(again.answers.map((each: { parentId: string }) => each.parentId)).toEqual([
      first.message.id,
      first.message.id,
    ]);
    expect(body(1).messages).toEqual([{ role: "user", content: "uno" }] as never);
    expect(body(2).messages).toEqual([{ role: "user", content: "one" }] as never);
    const { messages, totals } = await app.ask(`{ conversation(id: "${conversationId}") {
      messages(first: 50) { totalCount nodes { id parentId role } } totals { messages cost usage { inputTokens } }
    } }`);
    expect(messages.nodes.map((each: { parentId: string | null }) => each.parentId)).toEqual([
      null,
      first.message.id,
      null,
      edited.message.id,
      first.message.id,
      first.message.id,
    ]);
    expect(totals).toEqual({ messages: 6, cost: "0.0176", usage: { inputTokens: 3200 } });
  });

  test("brings pictures along", async () => {
    const dataUrl = `data:image/png;base64,${Buffer.from("picture").toString("base64")}`;
    const { message, answers } = await app.say({ attachments: [{ name: "a.png", dataUrl }], models: ["gpt"] });
    await app.follow(answers[0].id);
    expect(message.attachments).toEqual([{ name: "a.png", mediaType: "image/png", bytes: 7, dataUrl }]);
    expect(JSON.stringify(body(0).messages)).toContain(dataUrl);
  });

  test("may hold results of the tools that an answer called", async () => {
    const call = { index: 0, id: "call_1", type: "function", function: { name: "look", arguments: "" } };
    app.vendor.once(
      stream([
        chatChunk({ role: "assistant", content: "I look." }),
        chatChunk({ tool_calls: [call] }),
        chatChunk({ tool_calls: [{ index: 0, function: { arguments: '{"at":' } }] }),
        chatChunk({ tool_calls: [{ index: 0, function: { arguments: "1}" } }] }),
        chatChunk({}, "tool_calls"),
        DONE,
      ]),
    );
    const tools = [{ name: "look", description: "Looks.", parameters: { type: "object", properties: {} } }];
    const first = await app.say({ text: "look", models: ["gpt"], params: { tools, toolChoice: "required" } });
    const { toolCalls, end } = await app.follow(first.answers[0].id);
    expect(toolCalls).toEqual([{ id: "call_1", name: "look", arguments: '{"at":1}' }]);
    expect(end.message).toMatchObject({ toolCalls, finishReason: "tool_calls" });
    const second = await app.say({
      conversationId: first.conversation.id,
      toolResults: [{ callId: "call_1", text: "a fox" }],
      models: ["gpt"],
    });
    await app.follow(second.answers[0].id);
    expect(second.message).toMatchObject({
      role: "TOOL",
      toolResults: [{ callId: "call_1", text: "a fox", isError: false }],
    });
    expect(body(1)).toMatchObject({
      tool_choice: "required",
      messages: [
        { role: "user", content: "look" },
        { role: "assistant", content: "I look.", tool_calls: [{ id: "call_1", function: { arguments: '{"at":1}' } }] },
        { role: "tool", tool_call_id: "call_1", content: "a fox" },
      ],
    });
  });
});

describe("a file of the people's", () => {
  const upload = async (filename: string, mediaType: string, content: string, clientKeyId: string | null = null) => {
    const begun = await app.app.control.store.files.begin({ maxFileBytes: 1e6, filesMaxBytes: 1e7 });
    await begun.write(new TextEncoder().encode(content));
    const details = { filename, mediaType, purpose: "user_data", clientKeyId, userId: null, expiresAtMs: null };
    return (await begun.finish(details)).id;
  };

  test("goes up with its content, in this message and in those that follow, until it is gone", async () => {
    const [picture, note] = [
      await upload("a.png", "image/png", "picture"),
      await upload("n.txt", "text/plain", "a note"),
    ];
    const first = await app.say({
      text: "see",
      attachmentIds: [picture, note],
      models: ["claude"],
      asClientKeyId: clientId("test"),
    });
    app.vendor.otherwise(stream(MESSAGE_STREAM));
    await app.follow(first.answers[0].id);
    expect(first.message.attachments).toEqual([
      { name: "a.png", mediaType: "image/png", bytes: 7, dataUrl: null },
      { name: "n.txt", mediaType: "text/plain", bytes: 6, dataUrl: null },
    ]);
    await app.app.control.store.files.delete([note]);
    const second = await app.say({ conversationId: first.conversation.id, text: "again", models: ["claude"] });
    await app.follow(second.answers[0].id);
    const [before, after] = [0, 1].map((index) => JSON.stringify(body(index)));
    const base64 = Buffer.from("picture").toString("base64");
    expect([before!.includes(base64), before!.includes("a note")]).toEqual([true, true]);
    expect([after!.includes(base64), after!.includes("a note")]).toEqual([true, false]);
    expect(after).toContain("is not there any more");
  });

  test("that is a client's own, or is not there, is refused", async () => {
    const before = await conversations();
    for (const id of [await upload("c.txt", "text/plain", "c", clientId("test")), "fil_none"]) {
      const [error] = await app.refused({ text: "see", attachmentIds: [id], models: ["gpt"] });
      expect(error).toMatchObject({ code: "NOT_FOUND", field: ["attachmentIds", "0"] });
    }
    expect(await conversations()).toEqual(before);
  });
});

describe("whoever may only chat", () => {
  const chatter: Principal = { ...tokenPrincipal(), scopes: new Set(["CHAT_USE"] as const) };
  test.each([
    ["asClientKeyId", { asClientKeyId: "cky_x" }],
    ["pinProviderKeyId", { pinProviderKeyId: "pky_x" }],
    ["attachmentIds", { attachmentIds: ["fil_x"] }],
  ])("may not use %s", async (field, change) => {
    const sent = await sendChatMessage(app.app.control, chatter, { text: "x", models: ["gpt"], ...change }, "");
    expect(sent).toMatchObject({ ok: false, errors: [{ code: "FORBIDDEN", field: [field] }] });
  });

  test("may not continue what clients said", async () => {
    const { record } = await app.send("/v1/chat/completions", { model: "gpt", messages: [] });
    const continued = await continueInChat(app.app.control, chatter, record.id);
    expect(continued).toMatchObject({ ok: false, errors: [{ code: "FORBIDDEN" }] });
  });
});

describe("every format", () => {
  const formats = [
    ["OPENAI_CHAT", "/v1/chat/completions", "gpt", CHAT_STREAM_WITH_USAGE, TEXT],
    ["OPENAI_RESPONSES", "/v1/responses", "gpt", responseStream(), TEXT],
    ["ANTHROPIC_MESSAGES", "/v1/messages", "claude", MESSAGE_STREAM, TEXT],
    ["GEMINI", "/v1beta/models/gemini-2.5-flash:streamGenerateContent", "gem", GEMINI_STREAM, TEXT + TEXT],
  ] as const;

  test.each(formats)("%s is written and read", async (format, path, model, frames, expected) => {
    app.vendor.otherwise(stream(frames));
    const { answers } = await app.say({ text: "hello", models: [model], format });
    const { text, end } = await app.follow(answers[0].id);
    expect([text, end.message.state, end.message.usage.totalTokens]).toEqual([expected, "DONE", 1300]);
    expect(app.vendor.calls.map((call) => call.path)).toEqual([path]);
  });

  test.each(formats)("%s is understood on every vendor's model", async (format) => {
    for (const [own, , model, frames, expected] of formats) {
      // OpenAI's model is asked at /responses by whoever speaks that, else at /chat/completions.
      const isOther = model === "gpt" && (own === "OPENAI_RESPONSES") !== (format === "OPENAI_RESPONSES");
      if (isOther) continue;
      app.restart(stream(frames));
      const { answers } = await app.say({ text: "hello", models: [model], format });
      const { text, end } = await app.follow(answers[0].id);
      expect([model, text, end.message.state]).toEqual([model, expected, "DONE"]);
    }
  });

  test("is the upstream's own when none is wished for", async () => {
    const sent = await app.say({ text: "hello", models: ["gpt", "claude", "gem"] });
    for (const { id } of sent.answers) await app.follow(id);
    expect(app.vendor.calls.map(({ path }) => path).sort()).toEqual([
      "/v1/chat/completions",
      "/v1/messages",
      "/v1beta/models/gemini-2.5-flash:streamGenerateContent",
    ]);
  });
});

describe("four models side by side", () => {
  test("answer each in a message of its own, at once, and one's failure is its own", async () => {
    const opened = gate();
    app.vendor.forKey(
      "sk-ant",
      json({ type: "error", error: { type: "invalid_request_error", message: "too dull" } }, 400),
    );
    app.vendor.forKey("sk-gem", stream(GEMINI_STREAM));
    app.vendor.forModel("gpt-4.1", spoken(["a", "b"], [opened]));
    const { message, answers } = await app.say({ text: "go", models: ["gpt", "claude", "gem", "gpt"] });
    expect(new Set(answers.map((each: { parentId: string }) => each.parentId))).toEqual(new Set([message.id]));
    await app.vendor.call(4); // all asked while none of gpt's has been answered
    opened.open();
    const ends = await Promise.all(answers.map((each: { id: string }) => app.follow(each.id)));
    expect(ends.map(({ text, end }) => [text, end.__typename])).toEqual([
      ["ab", "ChatFinished"],
      ["", "ChatFailed"],
      [TEXT + TEXT, "ChatFinished"],
      ["ab", "ChatFinished"],
    ]);
    expect(ends[1]!.end.message.error).toMatchObject({
      errorClass: "INVALID_REQUEST",
      message: "too dull",
      httpStatus: 400,
    });
  });
});

describe("an answer that goes wrong", () => {
  test("in the middle keeps what had come, and is no silent end", async () => {
    app.vendor.otherwise(
      streamThen([chatChunk({ content: "half" }), data(openAiError("it broke", "server_error"))], (call) => call.end()),
    );
    const { answers } = await app.say({ text: "go", models: ["gpt"] });
    const { text, end } = await app.follow(answers[0].id);
    expect([text, end.__typename]).toEqual(["half", "ChatFailed"]);
    expect(end.message).toMatchObject({ state: "ERROR", text: "half", error: { errorClass: "UPSTREAM_ERROR" } });
    expect(end.message.error.message).toContain("broke off");
  });

  test("of a cut connection is told apart from a finished one", async () => {
    app.vendor.otherwise(streamThen([chatChunk({ content: "half" })], (call) => call.rst()));
    const { answers } = await app.say({ text: "go", models: ["gpt"] });
    const { end } = await app.follow(answers[0].id);
    expect(end.message).toMatchObject({ state: "ERROR", text: "half", error: { errorClass: "TRUNCATED" } });
  });

  test("before anybody could be asked says why in the message", async () => {
    const { answers } = await app.say({ text: "go", models: ["gpt"], pinProviderKeyId: keyId("sk-ant") });
    const { end } = await app.follow(answers[0].id);
    expect(end.message.error).toMatchObject({ errorClass: "NO_CANDIDATE", httpStatus: 400 });
  });

  test("can be gone on from", async () => {
    app.vendor.once(json(openAiError("no"), 400));
    const first = await app.say({ text: "one", models: ["gpt"] });
    await app.follow(first.answers[0].id);
    const second = await app.say({ conversationId: first.conversation.id, text: "two", models: ["gpt"] });
    expect((await app.follow(second.answers[0].id)).end.__typename).toBe("ChatFinished");
  });
});

describe("stopping", () => {
  test("ends the upstream call, keeps what had come and prices it", async () => {
    const first = gate();
    first.open();
    app.vendor.otherwise(spoken(["half", "never"], [first, gate()]));
    const { answers } = await app.say({ text: "go", models: ["gpt"] });
    const live = app.watch(answers[0].id);
    expect(await live.next()).toMatchObject({ __typename: "ChatDelta", text: "half" });
    const stopped = await app.ask(
      `mutation { stopChatMessage(input: { id: "${answers[0].id}" }) { message { state text requestId } userErrors { code } } }`,
    );
    expect(stopped).toMatchObject({ message: { state: "STOPPED", text: "half" }, userErrors: [] });
    expect(await live.next()).toMatchObject({ __typename: "ChatFinished", message: { state: "STOPPED" } });
    await app.vendor.calls[0]!.left;
    const { status, usageSource } = await app.ask(
      `{ requestLog(id: "${stopped.message.requestId}") { status usageSource } }`,
    );
    expect([status, usageSource]).toEqual(["CANCELLED", "ESTIMATED"]);
  });

  test("what has ended changes nothing", async () => {
    const { answers } = await app.say({ text: "go", models: ["gpt"] });
    await app.follow(answers[0].id);
    const stopped = await app.ask(
      `mutation { stopChatMessage(input: { id: "${answers[0].id}" }) { message { state } userErrors { code } } }`,
    );
    expect(stopped).toEqual({ message: { state: "DONE" }, userErrors: [] });
  });
});

describe("asking as a client key", () => {
  test("is counted as that key's", async () => {
    const { answers } = await app.say({ text: "go", models: ["gpt"], asClientKeyId: clientId("test") });
    const { end } = await app.follow(answers[0].id);
    const log = await app.ask(`{ requestLog(id: "${end.message.requestId}") { origin clientKeyId } }`);
    expect(log).toEqual({ origin: "CHAT", clientKeyId: clientId("test") });
  });

  test("keeps to its models", async () => {
    const { answers } = await app.say({ text: "go", models: ["gpt"], asClientKeyId: clientId("narrow") });
    const { end } = await app.follow(answers[0].id);
    expect(end.message.error).toMatchObject({ errorClass: "FORBIDDEN", httpStatus: 403 });
    expect(app.vendor.calls).toHaveLength(0);
  });

  test("on a pinned upstream key asks that one", async () => {
    for (const name of ["sk-b", "sk-b", "sk-a"]) {
      const { answers } = await app.say({ text: "go", models: ["gpt"], pinProviderKeyId: keyId(name) });
      await app.follow(answers[0].id);
    }
    expect(app.vendor.calls.map(({ key }) => key)).toEqual(["sk-b", "sk-b", "sk-a"]);
  });
});

describe("what cannot be sent", () => {
  const cases: [what: string, input: object, code: string, field: string][] = [
    ["nothing", { models: ["gpt"] }, "REQUIRED", "text"],
    ["blank text", { text: " \n", models: ["gpt"] }, "REQUIRED", "text"],
    ["no model", { text: "x", models: [] }, "OUT_OF_RANGE", "models"],
    ["five models", { text: "x", models: ["a", "b", "c", "d", "e"] }, "OUT_OF_RANGE", "models"],
    ["too hot", { text: "x", models: ["gpt"], params: { temperature: 3 } }, "OUT_OF_RANGE", "params.temperature"],
    [
      "no format",
      { text: "x", models: ["gpt"], params: { responseFormat: { type: "xml" } } },
      "INVALID",
      "params.responseFormat.type",
    ],
    [
      "a bad tool",
      { text: "x", models: ["gpt"], params: { tools: [{ name: "a b" }] } },
      "INVALID",
      "params.tools.0.name",
    ],
    [
      "no picture",
      { attachments: [{ dataUrl: "http://x/a.png" }], models: ["gpt"] },
      "INVALID",
      "attachments.0.dataUrl",
    ],
    [
      "a stranger's conversation",
      { conversationId: "cnv_x", text: "x", models: ["gpt"] },
      "NOT_FOUND",
      "conversationId",
    ],
    ["results of no call", { toolResults: [{ callId: "c", text: "x" }], models: ["gpt"] }, "INVALID", "toolResults"],
  ];
  test.each(cases)("%s is refused, and nothing is written", async (_, input, code, field) => {
    const before = await conversations();
    const [error] = await app.refused(input);
    expect([error.code, error.field.join(".")]).toEqual([code, field]);
    expect(await conversations()).toEqual(before);
    expect(app.vendor.calls).toHaveLength(0);
  });

  test("what the format cannot carry is refused before anything is written", async () => {
    const before = await conversations();
    const stop = ["a", "b", "c", "d", "e"];
    const [error] = await app.refused({ text: "x", models: ["claude", "gpt"], params: { stop } });
    expect([error.code, error.field]).toEqual(["INVALID", ["models", "1"]]);
    expect(await conversations()).toEqual(before);
  });

  test("more answers at once than there is room for are refused", async () => {
    const opened = gate();
    app.vendor.otherwise(spoken(["a"], [opened]));
    const four = { text: "x", models: ["gpt", "gpt", "gpt", "gpt"] };
    await Promise.all(Array.from({ length: 16 }, () => app.say(four)));
    const [error] = await app.refused({ text: "x", models: ["gpt"] });
    expect(error.code).toBe("RATE_LIMITED");
    opened.open();
    const { runs } = app.app.control.chats;
    await eventually(() => {
      const release = runs.reserve(64);
      release?.();
      return release !== null;
    }, 60_000);
    const { answers } = await app.say({ text: "x", models: ["gpt"] });
    await app.follow(answers[0].id);
  });

  test("behind an answer that is still coming is refused", async () => {
    const opened = gate();
    app.vendor.otherwise(spoken(["a"], [opened]));
    const { conversation, answers } = await app.say({ text: "x", models: ["gpt"] });
    const [error] = await app.refused({ conversationId: conversation.id, text: "y", models: ["gpt"] });
    expect(error.code).toBe("CONFLICT");
    opened.open();
    await app.follow(answers[0].id);
  });

  test("behind a message of another conversation is refused", async () => {
    const first = await app.say({ text: "x", models: ["gpt"] });
    const other = await app.say({ text: "x", models: ["gpt"] });
    await Promise.all([first, other].map(({ answers }) => app.follow(answers[0].id)));
    const parentMessageId = first.answers[0].id;
    const [error] = await app.refused({
      conversationId: other.conversation.id,
      parentMessageId,
      text: "y",
      models: ["gpt"],
    });
    expect(error).toMatchObject({ code: "NOT_FOUND", field: ["parentMessageId"] });
  });
});
