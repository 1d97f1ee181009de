import { describe, expect, test } from "bun:test";
import { GatewayError } from "../../../src/errors.ts";
import { foldEvents } from "../../../src/llm/answer.ts";
import type { LlmEvent } from "../../../src/llm/event.ts";
import { EMPTY_REQUEST } from "../../../src/llm/request.ts";
import { cozeUpstream } from "../../../src/protocols/coze/codec.ts";
import { readUsage } from "../../../src/protocols/coze/upstream-stream.ts";
import { traitsOf } from "../../../src/providers/traits.ts";

type Frame = readonly [event: string | null, data: unknown];
const context = { kind: "coze", model: "bot9", toolNames: new Map(), newCallId: () => "made_1" } as const;

function decode(frames: readonly Frame[]): { events: LlmEvent[]; end: readonly LlmEvent[] | null } {
  const decoder = cozeUpstream.decodeStream(context);
  const events = frames.flatMap(([event, data]) =>
    decoder.push(event, typeof data === "string" ? data : JSON.stringify(data)),
  );
  return { events, end: decoder.end() };
}

const chat = (status: string, more: object = {}) => ({
  id: "ch1",
  conversation_id: "cv1",
  bot_id: "bot9",
  status,
  ...more,
});
const message = (content: string, more: object = {}) => ({
  id: "m1",
  conversation_id: "cv1",
  bot_id: "bot9",
  chat_id: "ch1",
  role: "assistant",
  type: "answer",
  content,
  content_type: "text",
  ...more,
});
const created: Frame = ["conversation.chat.created", chat("created")];
const progress: Frame = ["conversation.chat.in_progress", chat("in_progress")];
const delta = (content: string, more?: object): Frame => ["conversation.message.delta", message(content, more)];
const whole = (content: string, more?: object): Frame => ["conversation.message.completed", message(content, more)];
const usage = { token_count: 30, output_count: 8, input_count: 22 };
const completed: Frame = ["conversation.chat.completed", chat("completed", { usage })];
const done: Frame = ["done", '"[DONE]"'];

const action = (...calls: object[]): Frame => [
  "conversation.chat.requires_action",
  chat("requires_action", {
    required_action: { type: "submit_tool_outputs", submit_tool_outputs: { tool_calls: calls } },
  }),
];
const weather = (id: unknown, args: unknown = '{"city":"R"}') => ({
  id,
  type: "function",
  function: { name: "get_weather", arguments: args },
});

function answerOf(frames: readonly Frame[]) {
  const { events, end } = decode(frames);
  expect(end).toEqual([]);
  const folded = foldEvents(events);
  if (folded.kind !== "answer") throw new Error(folded.kind);
  return folded.answer;
}

describe("a stream", () => {
  test("gives the text once, although completed messages repeat it", () => {
    const { events, end } = decode([created, progress, delta("He"), delta("llo"), whole("Hello"), completed, done]);
    expect(events).toEqual([
      { type: "start", id: "ch1", model: null },
      { type: "block_start", block: 0, choice: 0, kind: "text" },
      { type: "delta", block: 0, text: "He" },
      { type: "delta", block: 0, text: "llo" },
      { type: "block_end", block: 0 },
      { type: "finish", choice: 0, reason: { unified: "stop", raw: "completed" } },
      {
        type: "usage",
        usage: { inputTokens: 22, outputTokens: 8, cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 },
        raw: usage,
      },
    ]);
    expect(end).toEqual([]);
  });

  test("that names nothing but the text is read too", () => {
    const bare: Frame = ["conversation.message.delta", { id: "m", role: "assistant", type: "answer", content: "Hi" }];
    const answer = answerOf([bare, ["conversation.chat.completed", { id: "ch1", status: "completed" }]]);
    expect(answer.choices[0]?.parts).toEqual([{ type: "text", text: "Hi" }]);
    expect(answer.usage).toBeNull();
  });

  test("gives the text of a message that came whole", () => {
    expect(
      answerOf([created, delta(""), whole("{card}", { content_type: "card" }), completed]).choices[0]?.parts,
    ).toEqual([{ type: "text", text: "{card}" }]);
  });

  test("keeps several answers apart", () => {
    const frames = [created, delta("a"), whole("a"), delta("b", { id: "m2" }), delta("c", { id: "m3" }), completed];
    expect(answerOf(frames).choices[0]?.parts.map((part) => "text" in part && part.text)).toEqual(["a", "b", "c"]);
  });

  test("shows thoughts as a block of their own", () => {
    const frames = [
      created,
      delta("", { reasoning_content: "hm" }),
      delta("", { reasoning_content: "m" }),
      delta("Hi"),
      whole("Hi", { reasoning_content: "hmm" }),
      completed,
    ];
    expect(answerOf(frames).choices[0]?.parts).toEqual([
      { type: "reasoning", text: "hmm", signature: null, redacted: false },
      { type: "text", text: "Hi" },
    ]);
  });

  const inner = ["verbose", "follow_up", "function_call", "tool_output", "tool_response", "knowledge", "question"];
  test.each(inner)("a message of type %s is no part of the answer", (type) => {
    const answer = answerOf([
      created,
      whole("x", { type, id: "m9" }),
      delta("y", { type, id: "m8" }),
      delta("ok"),
      completed,
    ]);
    expect(answer.choices[0]?.parts).toEqual([{ type: "text", text: "ok" }]);
  });

  test("passes over speech, unknown events and empty frames", () => {
    const odd: Frame[] = [
      ["conversation.audio.delta", message("UklGRg==", { content_type: "audio" })],
      ["ping", "no json"],
    ];
    const answer = answerOf([
      created,
      ...odd,
      ["new.event", {}],
      [null, ""],
      [null, "[DONE]"],
      [null, { code: 0 }],
      delta("ok"),
      completed,
    ]);
    expect(answer.choices[0]?.parts).toEqual([{ type: "text", text: "ok" }]);
  });

  test("says nothing more once it is over", () => {
    const { events } = decode([created, completed, delta("late"), ["error", { code: 5000, msg: "x" }]]);
    expect(events.map((event) => event.type)).toEqual(["start", "finish", "usage"]);
  });

  const cut: [what: string, frames: Frame[]][] = [
    ["before it began", []],
    ["in the middle", [created, delta("He")]],
    ["after the text, before the chat was completed", [created, delta("He"), whole("He"), done]],
  ];
  test.each(cut)("that ends %s is truncated", (_what, frames) => {
    expect(decode(frames).end).toBeNull();
  });
});

describe("requires_action", () => {
  test("becomes calls that carry their chat, and stops for tools", () => {
    const { events, end } = decode([created, progress, delta("Wait."), action(weather("k1"), weather("k2", "")), done]);
    expect(events.slice(1)).toEqual([
      { type: "block_start", block: 0, choice: 0, kind: "text" },
      { type: "delta", block: 0, text: "Wait." },
      { type: "block_end", block: 0 },
      { type: "block_start", block: 1, choice: 0, kind: "tool_call", id: "k1", name: "get_weather" },
      { type: "delta", block: 1, text: '{"city":"R"}' },
      { type: "signature", block: 1, signature: { vendor: "coze", value: "cv1:ch1" } },
      { type: "block_end", block: 1 },
      { type: "block_start", block: 2, choice: 0, kind: "tool_call", id: "k2", name: "get_weather" },
      { type: "signature", block: 2, signature: { vendor: "coze", value: "cv1:ch1" } },
      { type: "block_end", block: 2 },
      { type: "finish", choice: 0, reason: { unified: "tool_calls", raw: "requires_action" } },
    ]);
    expect(end).toEqual([]);
  });

  test("and its answer go to the same chat", () => {
    const [choice] = answerOf([created, action(weather("k1"))]).choices;
    const encoded = cozeUpstream.encodeRequest(
      {
        ...EMPTY_REQUEST,
        messages: [
          { role: "assistant", parts: choice!.parts },
          {
            role: "tool",
            results: [{ callId: "k1", name: null, isError: false, parts: [{ type: "text", text: "18" }] }],
          },
        ],
      },
      { kind: "coze", model: "bot9", traits: traitsOf("coze", "bot9"), quirks: new Set(), fieldName: String },
    );
    expect(encoded.path).toBe("/v3/chat/submit_tool_outputs");
    expect(encoded.query).toBe("?conversation_id=cv1&chat_id=ch1");
  });

  test("without an id gets one, but no way back", () => {
    const [choice] = answerOf([created, action(weather(undefined, null))]).choices;
    expect(choice?.parts).toEqual([
      { type: "tool_call", id: "made_1", name: "get_weather", arguments: "{}", signature: null },
    ]);
  });

  test("without ids of the chat carries none", () => {
    const submit = { tool_calls: [weather("k1")] };
    const bare: Frame = ["conversation.chat.requires_action", { required_action: { submit_tool_outputs: submit } }];
    expect(answerOf([bare]).choices[0]?.parts).toMatchObject([{ id: "k1", signature: null }]);
  });

  const none: [what: string, frame: Frame][] = [
    ["a workflow's question", action({ id: "q1", type: "reply_message" })],
    ["nothing readable", action({ function: { name: "" } }, { id: "k1" })],
    ["no action at all", ["conversation.chat.requires_action", chat("requires_action")]],
  ];
  test.each(none)("with %s stops for the user", (_what, frame) => {
    const [choice] = answerOf([created, delta("Which?"), frame]).choices;
    expect(choice?.finish).toEqual({ unified: "stop", raw: "requires_action" });
    expect(choice?.parts).toEqual([{ type: "text", text: "Which?" }]);
  });
});

describe("a failure", () => {
  const table: [what: string, frame: Frame, error: object][] = [
    [
      "event",
      ["error", { code: 4013, msg: "too many requests" }],
      { status: 429, code: "4013", message: "too many requests" },
    ],
    ["event with a code as text", ["error", { code: "4100", msg: "m" }], { status: 401, code: "4100", message: "m" }],
    ["event of an unknown code", ["error", { code: 702, msg: "m" }], { status: 502, code: "702", message: "m" }],
    ["event that says nothing", ["error", {}], { status: 502, code: "upstream_error", message: "The bot failed." }],
    ["body in a frame without a name", [null, { code: 4101, msg: "no" }], { status: 403, code: "4101", message: "no" }],
    [
      "of the chat",
      ["conversation.chat.failed", chat("failed", { last_error: { code: 5000, msg: "internal" } })],
      { status: 500, code: "5000", message: "internal" },
    ],
    [
      "of the chat without a reason",
      ["conversation.chat.failed", chat("failed", { last_error: { code: 0, msg: "" } })],
      { status: 502, code: "upstream_error", message: "The bot failed." },
    ],
    ["frame that is no JSON", ["conversation.message.delta", "<html>"], { status: 502, code: "upstream_protocol" }],
    ["frame that is no object", ["conversation.chat.completed", "[1]"], { status: 502, code: "upstream_protocol" }],
    ["frame without a name that is no JSON", [null, "nonsense"], { status: 502, code: "upstream_protocol" }],
  ];
  test.each(table)("%s is an error and the last event", (_what, frame, error) => {
    const { events, end } = decode([created, delta("x"), frame, delta("late"), completed]);
    expect(events.at(-1)).toMatchObject({ type: "error", error });
    expect(events.filter((event) => event.type === "delta")).toHaveLength(1);
    expect(end).toBeNull();
  });

  test("before anything else is the only event", () => {
    expect(decode([["error", { code: 4013, msg: "too many requests" }]]).events).toHaveLength(1);
  });

  const bodies: [what: string, body: unknown, status: number, code: string][] = [
    ["an error with status 200", { code: 4100, msg: "m", detail: { logid: "L1" } }, 401, "4100"],
    ["ids without an answer", { code: 0, msg: "", data: chat("in_progress") }, 502, "upstream_protocol"],
    ["nonsense", "x", 502, "upstream_protocol"],
  ];
  test.each(bodies)("a JSON body with %s is no answer", (_what, body, status, code) => {
    try {
      cozeUpstream.decodeAnswer(body, context);
      throw new Error("was read");
    } catch (error) {
      expect(error).toBeInstanceOf(GatewayError);
      expect(error).toMatchObject({ status, code });
    }
  });
});

describe("usage", () => {
  const table: [value: unknown, input: number | null, output: number | null][] = [
    [usage, 22, 8],
    [{ token_count: 30, output_count: 8 }, 22, 8],
    [{ token_count: 30, input_count: 22 }, 22, 8],
    [{ token_count: 30 }, 30, 0],
    [{ input_count: 5 }, 5, 0],
    [{ token_count: 3, output_count: 9 }, 0, 9],
    [{ token_count: 3, input_count: 9 }, 9, 0],
    [{ input_count: -1, output_count: 4 }, null, null],
    [{}, null, null],
    [null, null, null],
  ];
  test.each(table)("%j", (value, input, output) => {
    const read = readUsage(value);
    expect(read?.inputTokens ?? null).toBe(input);
    expect(read?.outputTokens ?? null).toBe(output);
  });
});
