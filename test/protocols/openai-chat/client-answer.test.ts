import { describe, expect, test } from "bun:test";
import type { ChatCompletion, ChatCompletionChunk } from "openai/resources/chat/completions";
import { unfoldAnswer } from "../../../src/llm/answer.ts";
import type { FinishReason, LlmEvent } from "../../../src/llm/event.ts";
import type { OutputPart } from "../../../src/llm/request.ts";
import { chatClient } from "../../../src/protocols/openai-chat/codec.ts";
import { answerContext, answerOf, assemble, decodeMessages, user, writeStream } from "./contexts.ts";

const text = (value: string, more: object = {}): OutputPart => ({ type: "text", text: value, ...more });
const call = (id: string, more: object = {}): OutputPart => ({
  type: "tool_call",
  id,
  name: "f",
  arguments: `{"n":"${id}"}`,
  signature: null,
  ...more,
});
const thought = (value: string, signature: string | null = null, redacted = false): OutputPart => ({
  type: "reasoning",
  text: value,
  signature: signature === null ? null : { vendor: "anthropic", value: signature },
  redacted,
});
const gemini = (value: string) => ({ vendor: "gemini", value }) as const;
const image = (base64: string, more: object = {}): OutputPart => ({
  type: "image",
  mediaType: "image/png",
  source: { kind: "data", base64 },
  name: null,
  detail: null,
  ...more,
});
const finish = (unified: FinishReason["unified"], more: object = {}): FinishReason => ({ unified, raw: null, ...more });
const USAGE = { inputTokens: 5, cacheReadTokens: 3, cacheWriteTokens: 2, outputTokens: 7, reasoningTokens: 4 };

const encode = (...args: Parameters<typeof answerOf>) =>
  chatClient.encodeAnswer(answerOf(...args), answerContext()) as ChatCompletion;
const messageOf = (parts: readonly OutputPart[], reason = finish("stop")) =>
  encode(parts, { choices: [{ parts, finish: reason }] }).choices[0]!.message as unknown as Record<string, unknown>;

describe("a whole answer", () => {
  test("has the envelope of the typing", () => {
    expect(encode([text("Hi"), text("!")], { usage: USAGE })).toEqual({
      id: "chatcmpl-1",
      object: "chat.completion",
      created: 1_790_000_000,
      model: "alias",
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "Hi!", refusal: null },
          logprobs: null,
          finish_reason: "stop",
        },
      ],
      usage: {
        prompt_tokens: 10,
        completion_tokens: 11,
        total_tokens: 21,
        prompt_tokens_details: { cached_tokens: 3, cache_write_tokens: 2 },
        completion_tokens_details: { reasoning_tokens: 4 },
      },
      service_tier: null,
      system_fingerprint: null,
    } as never);
  });

  const contents: readonly (readonly [
    what: string,
    parts: readonly OutputPart[],
    reason: FinishReason,
    expected: object,
  ])[] = [
    ["nothing at all", [], finish("stop"), { content: "", refusal: null }],
    [
      "calls",
      [call("1")],
      finish("tool_calls"),
      { content: null, tool_calls: [{ id: "1", type: "function", function: { name: "f", arguments: '{"n":"1"}' } }] },
    ],
    ["text beside calls", [text("a"), call("1")], finish("tool_calls"), { content: "a" }],
    [
      "a refusal",
      [
        { type: "refusal", text: "no" },
        { type: "refusal", text: "!" },
      ],
      finish("stop"),
      { content: null, refusal: "no!" },
    ],
    ["why it was refused", [], finish("refusal", { explanation: "unsafe" }), { content: null, refusal: "unsafe" }],
    [
      "its own words of refusal go first",
      [{ type: "refusal", text: "no" }],
      finish("refusal", { explanation: "unsafe" }),
      { refusal: "no" },
    ],
    ["filtered without a word", [], finish("content_filter"), { content: "", refusal: null }],
    ["thoughts alone", [thought("a"), thought("b")], finish("length"), { content: "", reasoning_content: "ab" }],
    [
      "images",
      [text("here"), image("AAAA"), image("BBBB")],
      finish("stop"),
      {
        content: "here",
        images: [
          { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
          { type: "image_url", image_url: { url: "data:image/png;base64,BBBB" } },
        ],
      },
    ],
    [
      "sound",
      [{ ...image("AAAA"), type: "audio", mediaType: "audio/wav" } as OutputPart],
      finish("stop"),
      { content: null, audio: { data: "AAAA", transcript: "" } },
    ],
    [
      "a file",
      [{ ...image("AAAA"), type: "file", mediaType: null } as OutputPart],
      finish("stop"),
      { files: [{ type: "file", file: { file_data: "data:application/octet-stream;base64,AAAA" } }] },
    ],
    [
      "what is not whole",
      [{ ...image(""), source: { kind: "url", url: "https://x" } } as OutputPart],
      finish("stop"),
      { content: "" },
    ],
  ];
  test.each(contents)("content: %s", (_what, parts, reason, expected) => {
    expect(messageOf(parts, reason)).toMatchObject(expected);
  });

  const reasons: readonly (readonly [FinishReason["unified"], string])[] = [
    ["stop", "stop"],
    ["length", "length"],
    ["tool_calls", "tool_calls"],
    ["content_filter", "content_filter"],
    ["refusal", "content_filter"],
    ["pause", "stop"],
    ["other", "stop"],
  ];
  test.each(reasons)("finish %s is %s", (unified, expected) => {
    const answer = encode([], { choices: [{ parts: [], finish: finish(unified) }] });
    expect(answer.choices[0]!.finish_reason).toBe(expected as never);
  });

  test("citations become annotations with their place in the whole content", () => {
    const citation = { url: "https://x.test", title: "X", citedText: "q", start: null, end: null };
    const message = messageOf([
      text("See "),
      text("this", { citations: [citation, { ...citation, title: null, start: 1, end: 3 }] }),
    ]);
    expect(message.annotations).toEqual([
      { type: "url_citation", url_citation: { url: "https://x.test", title: "X", start_index: 4, end_index: 8 } },
      {
        type: "url_citation",
        url_citation: { url: "https://x.test", title: "https://x.test", start_index: 5, end_index: 7 },
      },
    ]);
  });

  test("several choices", () => {
    const choices = [
      { parts: [text("a")], finish: finish("stop") },
      { parts: [text("b")], finish: finish("length") },
    ];
    expect(encode([], { choices }).choices).toMatchObject([
      { index: 0, message: { content: "a" }, finish_reason: "stop" },
      { index: 1, message: { content: "b" }, finish_reason: "length" },
    ]);
  });

  test("a legacy client gets one function_call", () => {
    const context = answerContext({ functions: [{ name: "f" }] });
    const choices = [{ parts: [call("1"), call("2")], finish: finish("tool_calls") }];
    expect(chatClient.encodeAnswer(answerOf([], { choices }), context)).toMatchObject({
      choices: [
        {
          finish_reason: "function_call",
          message: { content: null, function_call: { name: "f", arguments: '{"n":"1"}' } },
        },
      ],
    });
  });
});

/** Turns whose signatures must come back byte for byte, in their order among text and calls. */
const turns: readonly (readonly [what: string, parts: readonly OutputPart[]])[] = [
  ["signed thoughts before a call (C26)", [thought("plan\n ", "SIG+/=="), thought("", "RED==", true), call("t1")]],
  ["thoughts between texts", [text("a"), thought("x", "1"), text("bc"), thought("y", "2")]],
  [
    "thoughts between calls",
    [thought("x", "1"), text("a"), call("1"), thought("y", "2"), call("2"), thought("", "3", true)],
  ],
  ["unsigned before signed", [thought("x"), text("a"), thought("y", "2")]],
  ["unsigned after signed", [thought("x", "1"), text("a"), thought("y")]],
  ["unsigned alone", [thought("x"), text("a"), call("1")]],
  ["a signature without its text", [thought("", "1"), text("a")]],
  [
    "OpenAI's with its id",
    [
      { type: "reasoning", text: "s", signature: { vendor: "openai", value: "gAAA", id: "rs_1" }, redacted: false },
      call("1"),
    ],
  ],
  ["Gemini signs calls", [call("1", { signature: gemini("S==") }), call("2")]],
  ["another vendor signs a call", [call("1", { signature: { vendor: "coze", value: "chat" } })]],
  ["Gemini signs an empty text at the end", [text("a"), text("", { signature: gemini("S") })]],
  ["Gemini signs a text between others", [text("a"), text("bc", { signature: gemini("S") }), text("d"), call("1")]],
  ["Gemini signs a text beside open thoughts", [thought("x"), text("bc", { signature: gemini("S") })]],
  ["Gemini signs an image", [text("a"), image("AAAA", { signature: gemini("S") }), image("BBBB")]],
];

describe("signatures come back from a client that echoes the message", () => {
  test.each(turns)("whole: %s", (_what, parts) => {
    expect(decodeMessages(user("q"), messageOf(parts)).messages[1]).toEqual({ role: "assistant", parts } as never);
  });

  test.each(turns)("streamed: %s", (_what, parts) => {
    const message = assemble(writeStream(unfoldAnswer(answerOf(parts))));
    expect(decodeMessages(user("q"), message).messages[1]).toEqual({ role: "assistant", parts } as never);
  });

  test("a cache mark stays at the end of its text", () => {
    const { content, ...message } = messageOf([text("ab"), thought("x", "1"), text("c")]);
    const marked = [{ type: "text", text: content, cache_control: { type: "ephemeral" } }];
    expect(decodeMessages(user("q"), { ...message, content: marked }).messages[1]).toMatchObject({
      parts: [{ text: "ab" }, { type: "reasoning" }, { text: "c", cacheControl: { type: "ephemeral" } }],
    } as never);
  });

  const broken: readonly (readonly [what: string, details: unknown, expected: readonly object[]])[] = [
    ["no list", "x", [{ type: "reasoning", text: "t", signature: null }]],
    [
      "another gateway's",
      [{ type: "reasoning.text", text: "z", signature: "s", format: "anthropic-claude-v1" }],
      [{ text: "t", signature: null }],
    ],
    [
      "a broken signature",
      [{ type: "reasoning.text", text: "z", signature: "s", format: "sluice" }],
      [{ text: "z", signature: null }],
    ],
    [
      "broken withheld thoughts",
      [null, { type: "reasoning.encrypted", data: "s", format: "sluice" }],
      [{ text: "t", signature: null }],
    ],
    [
      "a place behind the end",
      [{ type: "reasoning.text", text: "z", format: "sluice", position: { content: 99, tool_calls: 7 } }],
      [{ type: "text", text: "c" }, { text: "z" }],
    ],
  ];
  test.each(broken)("what cannot be trusted is skipped: %s", (_what, details, expected) => {
    const message = { role: "assistant", content: "c", reasoning_content: "t", reasoning_details: details };
    const { parts } = decodeMessages(user("q"), message).messages[1] as unknown as { parts: object[] };
    expect(parts.slice(0, expected.length)).toMatchObject([...expected]);
  });
});

describe("a stream", () => {
  const chunks = (events: readonly LlmEvent[], body: object = {}) =>
    writeStream(events, answerContext({ stream: true, ...body })) as (ChatCompletionChunk | "[DONE]")[];
  const deltas = (events: readonly LlmEvent[], body: object = {}) =>
    chunks(events, body).flatMap((each) =>
      each === "[DONE]" ? [] : each.choices.map(({ delta }) => delta),
    ) as object[];
  const start: LlmEvent = { type: "start", id: "u", model: "up" };
  const end: LlmEvent = { type: "finish", choice: 0, reason: finish("stop") };
  const usage: LlmEvent = { type: "usage", usage: USAGE, raw: {} };
  const toolStart = (block: number, choice = 0): LlmEvent => ({
    type: "block_start",
    block,
    choice,
    kind: "tool_call",
    id: `c${block}`,
    name: "f",
  });
  const delta = (block: number, value: string): LlmEvent => ({ type: "delta", block, text: value });
  const close = (block: number): LlmEvent => ({ type: "block_end", block });

  test("role first, text, finish, usage before [DONE]", () => {
    const events = [start, ...unfoldAnswer(answerOf([text("Hi")])).slice(1, -1), usage, end];
    const frames = chunks(events, { stream_options: { include_usage: true } });
    const envelope = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1_790_000_000, model: "alias" };
    const choice = { index: 0, logprobs: null };
    expect(frames as unknown[]).toEqual([
      {
        ...envelope,
        system_fingerprint: null,
        choices: [{ ...choice, delta: { role: "assistant", content: "Hi" }, finish_reason: null }],
        usage: null,
      },
      {
        ...envelope,
        system_fingerprint: null,
        choices: [{ ...choice, delta: {}, finish_reason: "stop" }],
        usage: null,
      },
      { ...envelope, system_fingerprint: null, choices: [], usage: expect.objectContaining({ total_tokens: 21 }) },
      "[DONE]",
    ]);
  });

  test("usage only for those who asked, and only if there is any", () => {
    expect(chunks([start, usage, end])).toHaveLength(2);
    expect(chunks([start, end], { stream_options: { include_usage: true } })).toHaveLength(2);
  });

  test("an empty answer still has its role", () => {
    expect(deltas([start, end])).toEqual([{ role: "assistant", content: "" }]);
  });

  test("call indices count calls; interleaved pieces find theirs; no arguments are {}", () => {
    const events = [
      start,
      { type: "block_start", block: 0, choice: 0, kind: "text" } as const,
      delta(0, "ok"),
      close(0),
      toolStart(1),
      toolStart(2),
      delta(1, "{"),
      delta(2, "{"),
      delta(1, "}"),
      delta(2, "}"),
      close(1),
      close(2),
      toolStart(3),
      close(3),
      end,
    ];
    const fn = (index: number, args: string) => ({ tool_calls: [{ index, function: { arguments: args } }] });
    const first = (index: number, args: string) => ({
      tool_calls: [{ index, id: `c${index + 1}`, type: "function", function: { name: "f", arguments: args } }],
    });
    expect(deltas(events)).toEqual([
      { role: "assistant", content: "ok" },
      first(0, ""),
      first(1, ""),
      fn(0, "{"),
      fn(1, "{"),
      fn(0, "}"),
      fn(1, "}"),
      first(2, "{}"),
      {},
    ]);
  });

  test("an open call without pieces that another call interrupted gets its {} at its end", () => {
    const events = [start, toolStart(0), toolStart(1), delta(1, "{}"), close(0), close(1), end];
    expect(assemble(chunks(events)).tool_calls as object[]).toMatchObject([
      { function: { arguments: "{}" } },
      { function: { arguments: "{}" } },
    ]);
  });

  test("a call's signature stands in its first piece when it comes in time, else in a piece of its own", () => {
    const sign = (block: number): LlmEvent => ({ type: "signature", block, signature: gemini("S") });
    const extra_content = { google: { thought_signature: "S" } };
    expect(deltas([start, toolStart(0), delta(0, "{}"), sign(0), close(0), end])[0]).toMatchObject({
      tool_calls: [{ id: "c0", extra_content }],
    });
    expect(deltas([start, toolStart(0), delta(0, "{"), delta(0, "}"), sign(0), close(0), end])[2]).toEqual({
      tool_calls: [{ index: 0, extra_content }],
    });
  });

  test("refusals, their explanation, annotations", () => {
    const refused = (parts: readonly OutputPart[], reason: FinishReason) =>
      deltas(unfoldAnswer(answerOf(parts, { choices: [{ parts, finish: reason }] })));
    const explained = finish("refusal", { explanation: "unsafe" });
    expect(refused([{ type: "refusal", text: "no" }], explained)).toEqual([
      { role: "assistant", content: null, refusal: "no" },
      {},
    ]);
    expect(refused([], explained)).toEqual([{ role: "assistant", content: null, refusal: "unsafe" }, {}]);
    const citation = { url: "https://x", title: "X", citedText: null, start: null, end: null };
    expect(refused([text("a"), text("bc", { citations: [citation] })], finish("stop"))[2]).toEqual({
      annotations: [
        { type: "url_citation", url_citation: { url: "https://x", title: "X", start_index: 1, end_index: 3 } },
      ],
    });
  });

  test("sound and files", () => {
    const block: LlmEvent = {
      type: "block_start",
      block: 0,
      choice: 0,
      kind: "media",
      mediaType: "audio/wav",
      base64: "AAAA",
    };
    expect(deltas([start, block, delta(0, "never"), close(0), end])[0]).toMatchObject({ audio: { data: "AAAA" } });
  });

  test("choices have each their role, calls and end", () => {
    const events = [
      start,
      toolStart(0, 1),
      toolStart(1, 0),
      close(0),
      close(1),
      end,
      { ...end, choice: 1 },
    ] as LlmEvent[];
    const frames = chunks(events).flatMap((each) => (each === "[DONE]" ? [] : each.choices));
    for (const index of [0, 1]) {
      const own = frames.filter((choice) => choice.index === index);
      expect(own[0]!.delta.role).toBe("assistant");
      expect(own[0]!.delta.tool_calls![0]!.index).toBe(0);
      expect(own.map(({ finish_reason }) => finish_reason).filter(Boolean)).toEqual(["stop"]);
    }
  });

  test("a legacy client gets the first call alone", () => {
    const events = [
      start,
      toolStart(0),
      delta(0, "{"),
      delta(0, "}"),
      { type: "signature", block: 0, signature: gemini("S") },
      close(0),
      toolStart(1),
      delta(1, "{}"),
      close(1),
      { ...end, reason: finish("tool_calls") },
    ] as LlmEvent[];
    const frames = chunks(events, { functions: [{ name: "f" }] });
    const message: object = { role: "assistant", content: null, function_call: { name: "f", arguments: "{}" } };
    expect(assemble(frames) as object).toEqual(message);
    expect((frames.at(-2) as ChatCompletionChunk).choices[0]!.finish_reason).toBe("function_call");
  });

  test("what it does not know or must not write is nothing", () => {
    const error: LlmEvent = { type: "error", error: { status: 500, code: "x", message: "x" } };
    const citation: LlmEvent = {
      type: "citation",
      block: 7,
      citation: { url: "u", title: null, citedText: null, start: null, end: null },
    };
    const unknown = [
      delta(7, "x"),
      close(7),
      citation,
      { type: "signature", block: 7, signature: gemini("S") } as LlmEvent,
      error,
    ];
    const encoder = chatClient.encodeStream(answerContext());
    expect(unknown.map((event) => encoder.push(event)).join("")).toBe("");
    expect(encoder.sequence).toBe(0);
  });
});
