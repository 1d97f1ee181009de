import { describe, expect, test } from "bun:test";
import { GatewayError } from "../../../src/errors.ts";
import { EMPTY_REQUEST, type LlmRequest, type Message, type ToolCallPart } from "../../../src/llm/request.ts";
import type { UpstreamTarget } from "../../../src/protocols/codec.ts";
import { cozeUpstream } from "../../../src/protocols/coze/codec.ts";
import { traitsOf } from "../../../src/providers/traits.ts";

const target: UpstreamTarget = {
  kind: "coze",
  model: "bot9",
  traits: traitsOf("coze", "bot9"),
  quirks: new Set(),
  fieldName: (field) => ({ maxOutputTokens: "max_tokens", toolChoice: "tool_choice" })[field as string] ?? field,
};
const encode = (part: Partial<LlmRequest>, model = "bot9") =>
  cozeUpstream.encodeRequest({ ...EMPTY_REQUEST, model: "alias", ...part }, { ...target, model });
const user = (text: string): Message => ({ role: "user", parts: [{ type: "text", text }] });
const assistant = (text: string): Message => ({ role: "assistant", parts: [{ type: "text", text }] });
const call = (id: string, chat: string | null): ToolCallPart => ({
  type: "tool_call",
  id,
  name: "get_weather",
  arguments: '{"city":"R"}',
  signature: chat === null ? null : { vendor: "coze", value: chat },
});
const results = (...ids: string[]): Message => ({
  role: "tool",
  results: ids.map((callId) => ({ callId, name: null, parts: [{ type: "text", text: "18" }], isError: false })),
});
const question = (content: string) => ({ role: "user", type: "question", content, content_type: "text" });
const answer = (content: string) => ({ role: "assistant", type: "answer", content, content_type: "text" });
const weather = { name: "get_weather", description: null, parameters: null, strict: null };

function messagesOf(part: Partial<LlmRequest>): unknown {
  return encode(part).body.additional_messages;
}

function refusal(part: Partial<LlmRequest>): GatewayError {
  try {
    encode(part);
  } catch (error) {
    if (error instanceof GatewayError) return error;
  }
  throw new Error("was not refused");
}

describe("a chat", () => {
  test("names the bot and the user, keeps both roles and always streams", () => {
    const encoded = encode({ user: "u7", messages: [user("a"), assistant("b"), user("c")] });
    expect(encoded).toEqual({
      body: {
        bot_id: "bot9",
        user_id: "u7",
        stream: true,
        auto_save_history: false,
        additional_messages: [question("a"), answer("b"), question("c")],
      },
      query: "",
      headers: {},
      dropped: [],
      toolNames: new Map(),
      alwaysStreams: true,
    });
  });

  test("takes a target written as a model name of its own", () => {
    expect(encode({ messages: [user("a")] }, "coze/bot9").body.bot_id).toBe("bot9");
    expect(encode({ messages: [user("a")] }, "7/coze/1").body.bot_id).toBe("7/coze/1");
  });

  test("has one stable user for clients that name none", () => {
    expect(encode({ messages: [user("a")] }).body.user_id).toBe("sluice");
  });

  test("names an existing conversation in the query only, and saves what is said there", () => {
    const { query, body, dropped } = encode({ messages: [user("a")], extra: { conversation_id: "c v/1" } });
    expect(query).toBe("?conversation_id=c%20v%2F1");
    expect(body).not.toHaveProperty("conversation_id");
    expect(body.auto_save_history).toBe(true);
    expect(dropped).toEqual([]);
  });

  test("saves its history when tools may be called: outputs cannot be submitted to one that is not saved", () => {
    const encoded = encode({ messages: [user("a")], tools: [weather] });
    expect(encoded.body.auto_save_history).toBe(true);
    expect(encoded.body).not.toHaveProperty("tools");
    expect(encoded.dropped).toEqual(["tools"]);
  });

  test("carries metadata and Coze's own fields of the client's body", () => {
    const extra = {
      custom_variables: { bot_name: "x" },
      parameters: { a: 1 },
      auto_save_history: true,
      shortcut_command: 5,
    };
    const { body, dropped } = encode({ messages: [user("a")], metadata: { k: "v" }, extra });
    expect(body).toMatchObject({
      meta_data: { k: "v" },
      custom_variables: { bot_name: "x" },
      parameters: { a: 1 },
      auto_save_history: true,
    });
    expect(dropped).toEqual(["shortcut_command"]);
  });
});

describe("messages", () => {
  const system = (text: string): Message => ({ role: "system", parts: [{ type: "text", text }] });
  const url = (address: string) =>
    ({ type: "image", mediaType: null, source: { kind: "url", url: address }, name: null, detail: null }) as const;
  const file = (
    source: { kind: "data"; base64: string } | { kind: "file_id"; id: string } | { kind: "text"; text: string },
  ) => ({ type: "file", mediaType: null, source, name: "a.txt", detail: null }) as const;

  const table: [what: string, part: Partial<LlmRequest>, expected: unknown][] = [
    [
      "system texts stand before the first user message",
      {
        system: [
          { type: "text", text: "terse" },
          { type: "text", text: "kind" },
        ],
        messages: [assistant("hi"), user("a")],
      },
      [answer("hi"), question("terse\n\nkind\n\na")],
    ],
    [
      "a system message within the conversation stands before the next user message",
      {
        messages: [
          user("a"),
          assistant("b"),
          system("now"),
          { role: "developer", parts: [{ type: "text", text: "dev" }] },
          user("c"),
        ],
      },
      [question("a"), answer("b"), question("now\n\ndev\n\nc")],
    ],
    [
      "a system message that nothing follows stands alone",
      { messages: [user("a"), system("now")] },
      [question("a"), question("now")],
    ],
    [
      "several texts of one message are lines",
      {
        messages: [
          {
            role: "user",
            parts: [
              { type: "text", text: "a" },
              { type: "text", text: "b" },
            ],
          },
        ],
      },
      [question("a\nb")],
    ],
    [
      "an assistant message without words is left out",
      {
        messages: [
          user("a"),
          { role: "assistant", parts: [{ type: "reasoning", text: "hm", signature: null, redacted: false }] },
          user("b"),
        ],
      },
      [question("a"), question("b")],
    ],
    [
      "refusals and images of the assistant stay",
      {
        messages: [{ role: "assistant", parts: [{ type: "refusal", text: "no" }, url("https://a/b.png")] }, user("b")],
      },
      [answer("no\nhttps://a/b.png"), question("b")],
    ],
    [
      "images and files by URL make an object_string with one text",
      {
        system: [{ type: "text", text: "s" }],
        messages: [
          {
            role: "user",
            parts: [
              url("https://a/b.png"),
              { type: "text", text: "what?" },
              { ...url("HTTP://a/c.pdf"), type: "file" },
            ],
          },
        ],
      },
      [
        {
          role: "user",
          type: "question",
          content_type: "object_string",
          content: JSON.stringify([
            { type: "text", text: "s\n\nwhat?" },
            { type: "image", file_url: "https://a/b.png" },
            { type: "file", file_url: "HTTP://a/c.pdf" },
          ]),
        },
      ],
    ],
    [
      "an image alone makes an object_string without text",
      { messages: [{ role: "user", parts: [{ ...url("https://a/b.mp3"), type: "audio" }] }] },
      [
        {
          role: "user",
          type: "question",
          content_type: "object_string",
          content: JSON.stringify([{ type: "audio", file_url: "https://a/b.mp3" }]),
        },
      ],
    ],
    [
      "documents given as text are text",
      {
        messages: [
          {
            role: "user",
            parts: [file({ kind: "text", text: "body" }), { ...file({ kind: "text", text: "b2" }), name: null }],
          },
        ],
      },
      [question("a.txt\n\nbody\nb2")],
    ],
    [
      "calls and results that are over are told as text, results by the tool's name",
      {
        messages: [
          user("Rome?"),
          { role: "assistant", parts: [{ type: "text", text: "Looking." }, call("k1", null)] },
          results("k1", "gone"),
          user("and?"),
        ],
      },
      [
        question("Rome?"),
        answer('Looking.\n[Called get_weather with {"city":"R"}]'),
        question("[Result of get_weather]\n18\n\n[Result of gone]\n18"),
        question("and?"),
      ],
    ],
  ];
  test.each(table)("%s", (_what, part, expected) => {
    expect(messagesOf(part)).toEqual(expected);
  });

  const carried: [what: string, part: Partial<LlmRequest>][] = [
    ["an embedded image", { messages: [{ role: "user", parts: [file({ kind: "data", base64: "AA==" })] }] }],
    ["a data: URL", { messages: [{ role: "user", parts: [url("data:image/png;base64,AA==")] }] }],
    ["a file id", { messages: [{ role: "user", parts: [file({ kind: "file_id", id: "f" })] }] }],
    [
      "an embedded image in a tool's result",
      {
        messages: [
          { role: "assistant", parts: [call("k1", "cv1:ch1")] },
          {
            role: "tool",
            results: [{ callId: "k1", name: null, isError: false, parts: [file({ kind: "data", base64: "AA==" })] }],
          },
        ],
      },
    ],
  ];
  test.each(carried)("%s is a 400 on the messages", (_what, part) => {
    expect(refusal(part)).toMatchObject({ status: 400, code: "unsupported_parameter", param: "messages" });
  });
});

describe("the results of an open chat", () => {
  const turn = (...parts: ToolCallPart[]): Message[] => [user("a"), { role: "assistant", parts }];

  test("are submitted to that chat", () => {
    const encoded = encode({
      stream: true,
      tools: [weather],
      messages: [...turn(call("k1", "cv1:ch1")), results("k1")],
    });
    expect(encoded).toEqual({
      path: "/v3/chat/submit_tool_outputs",
      query: "?conversation_id=cv1&chat_id=ch1",
      body: { tool_outputs: [{ tool_call_id: "k1", output: "18" }], stream: true },
      headers: {},
      dropped: ["tools"],
      toolNames: new Map(),
      alwaysStreams: true,
    });
  });

  test("go up together, failures visible", () => {
    const messages: Message[] = [
      ...turn(call("k1", "cv1:ch1"), call("k2", "cv1:ch1")),
      {
        role: "tool",
        results: [
          { callId: "k2", name: null, isError: true, parts: [{ type: "text", text: "gone" }] },
          {
            callId: "k1",
            name: null,
            isError: false,
            parts: [
              { type: "text", text: "x" },
              { type: "text", text: "y" },
            ],
          },
        ],
      },
    ];
    expect(encode({ messages }).body.tool_outputs).toEqual([
      { tool_call_id: "k2", output: "Error: gone" },
      { tool_call_id: "k1", output: "x\ny" },
    ]);
  });

  const elsewhere: [what: string, messages: Message[]][] = [
    ["of a call that no chat is known of", [...turn(call("k1", null)), results("k1")]],
    ["one of which is unknown", [...turn(call("k1", "cv1:ch1"), call("k2", null)), results("k1", "k2")]],
    ["one of which belongs to no call", [...turn(call("k1", "cv1:ch1")), results("k1", "k9")]],
    ["of two chats", [...turn(call("k1", "cv1:ch1")), ...turn(call("k2", "cv1:ch2")), results("k1", "k2")]],
    ["followed by words of the user", [...turn(call("k1", "cv1:ch1")), results("k1"), user("and?")]],
    ["with a made-up reference", [...turn(call("k1", "cv1:ch1&x=../..")), results("k1")]],
    ["that are none", [...turn(call("k1", "cv1:ch1")), { role: "tool", results: [] }]],
    [
      "of another vendor's call",
      [...turn({ ...call("k1", null), signature: { vendor: "gemini", value: "cv1:ch1" } }), results("k1")],
    ],
  ];
  test.each(elsewhere)("%s start a chat of their own", (_what, messages) => {
    const encoded = encode({ messages });
    expect(encoded.path).toBeUndefined();
    expect(encoded.body).toHaveProperty("additional_messages");
  });
});

describe("what Coze cannot carry", () => {
  const refused: [param: string, part: Partial<LlmRequest>][] = [
    ["candidates", { candidates: 2 }],
    ["logprobs", { logprobs: true }],
    ["topLogprobs", { topLogprobs: 3 }],
    ["stop", { stop: ["x"] }],
    ["modalities", { modalities: ["text", "audio"] }],
    ["responseFormat", { responseFormat: { type: "json_object" } }],
    ["tool_choice", { toolChoice: { type: "required" } }],
    ["tool_choice", { toolChoice: { type: "tool", name: "x" } }],
    ["tool_choice", { toolChoice: { type: "allowed", names: ["x"], required: true } }],
    ["tools[1]", { hostedTools: [{ kind: "web_search", type: "web_search", raw: {}, path: "tools[1]" }] }],
  ];
  test.each(refused)("%s is a 400", (param, part) => {
    expect(refusal({ messages: [user("a")], ...part })).toMatchObject({
      status: 400,
      code: "unsupported_parameter",
      param,
    });
  });

  const dropped: [part: Partial<LlmRequest>, names: string[]][] = [
    [{ temperature: 1, maxOutputTokens: 64, seed: 0 }, ["max_tokens", "temperature", "seed"]],
    [{ reasoning: { effort: "high", budgetTokens: null, visible: null } }, ["reasoning"]],
    [{ toolChoice: { type: "none" } }, ["tool_choice"]],
    [{ toolChoice: { type: "allowed", names: [], required: false } }, ["tool_choice"]],
    [{ extra: { top_a: 1, conversation_id: 5 } }, ["top_a", "conversation_id"]],
    [
      {
        toolChoice: { type: "auto" },
        candidates: 1,
        logprobs: false,
        modalities: ["text"],
        responseFormat: { type: "text" },
      },
      [],
    ],
  ];
  test.each(dropped)("%j is left out and reported", (part, names) => {
    expect(encode({ messages: [user("a")], ...part }).dropped).toEqual(names);
  });
});
