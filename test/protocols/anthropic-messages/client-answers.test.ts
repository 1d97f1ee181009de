import { describe, expect, test } from "bun:test";
import type Anthropic from "@anthropic-ai/sdk";
import { type LlmAnswer, unfoldAnswer } from "../../../src/llm/answer.ts";
import type { FinishReason, LlmEvent } from "../../../src/llm/event.ts";
import type { OutputPart } from "../../../src/llm/request.ts";
import { type Signature, unpackSignature } from "../../../src/llm/signature.ts";
import { UNSIGNED } from "../../../src/protocols/anthropic-messages/answer-shape.ts";
import { messagesClient } from "../../../src/protocols/anthropic-messages/codec.ts";
import { answerContext, assemble, decodeTurn, type Json, stream, wire } from "./fixture.ts";

const USAGE = { inputTokens: 7, cacheReadTokens: 2, cacheWriteTokens: 1, outputTokens: 4, reasoningTokens: 5 };
const STOP: FinishReason = { unified: "stop", raw: "stop" };

function answerOf(parts: readonly OutputPart[], finish: FinishReason = STOP): LlmAnswer {
  return { id: "up", model: "up", choices: [{ parts, finish }], usage: USAGE, rawUsage: {} };
}

function whole(answer: LlmAnswer): Json {
  return wire(messagesClient.encodeAnswer(answer, answerContext()));
}

const text = (words: string): OutputPart => ({ type: "text", text: words });
const call = (id: string, args: string, signature: Signature | null = null): OutputPart => ({
  type: "tool_call",
  id,
  name: "f",
  arguments: args,
  signature,
});
const thought = (words: string, signature: Signature | null = null): OutputPart => ({
  type: "reasoning",
  text: words,
  signature,
  redacted: false,
});
const GEMINI: Signature = { vendor: "gemini", value: "SG1==" };
const CLAUDE: Signature = { vendor: "anthropic", value: "SIG+/==" };

describe("a whole answer", () => {
  test("has every field of the SDK's typing", () => {
    const message = {
      id: "msg_7",
      type: "message",
      role: "assistant",
      model: "alias",
      content: [{ type: "text", text: "hello", citations: null }],
      stop_reason: "end_turn",
      stop_sequence: null,
      stop_details: null,
      container: null,
      diagnostics: null,
      usage: {
        input_tokens: 7,
        cache_creation_input_tokens: 1,
        cache_read_input_tokens: 2,
        cache_creation: { ephemeral_5m_input_tokens: 1, ephemeral_1h_input_tokens: 0 },
        output_tokens: 9,
        output_tokens_details: { thinking_tokens: 5 },
        server_tool_use: null,
        service_tier: null,
        inference_geo: null,
        speed: null,
      },
    } satisfies Anthropic.Message;
    expect(whole(answerOf([text("hello")]))).toEqual(message);
  });

  test("of nothing is still a message", () => {
    const message = whole({ ...answerOf([]), usage: null });
    expect(message).toMatchObject({
      content: [],
      stop_reason: "end_turn",
      usage: { input_tokens: 0, output_tokens: 0 },
    });
    expect(whole({ ...answerOf([]), choices: [] })).toMatchObject({ content: [], stop_reason: "end_turn" });
  });
});

const finishes: [FinishReason, readonly OutputPart[], Json][] = [
  [STOP, [], { stop_reason: "end_turn" }],
  [{ ...STOP, stopSequence: "END" }, [], { stop_reason: "stop_sequence", stop_sequence: "END" }],
  [STOP, [call("c", "{}")], { stop_reason: "tool_use" }],
  [{ unified: "tool_calls", raw: null }, [], { stop_reason: "tool_use" }],
  [{ unified: "length", raw: "length" }, [], { stop_reason: "max_tokens" }],
  [{ unified: "length", raw: "model_context_window_exceeded" }, [], { stop_reason: "model_context_window_exceeded" }],
  [
    { unified: "content_filter", raw: "SAFETY" },
    [],
    { stop_reason: "refusal", stop_details: { type: "refusal", category: null, explanation: null } },
  ],
  [
    { unified: "refusal", raw: null, explanation: "no" },
    [],
    { stop_reason: "refusal", stop_details: { type: "refusal", category: null, explanation: "no" } },
  ],
  [
    STOP,
    [{ type: "refusal", text: "I will not." }],
    { stop_reason: "refusal", stop_details: { type: "refusal", category: null, explanation: "I will not." } },
  ],
  [{ unified: "pause", raw: null }, [], { stop_reason: "pause_turn" }],
  [{ unified: "other", raw: "?" }, [], { stop_reason: "end_turn" }],
  [{ unified: "other", raw: null }, [call("c", "{}")], { stop_reason: "tool_use" }],
];

describe.each(finishes)("the finish %j", (finish, parts, fields) => {
  const expected = { stop_sequence: null, stop_details: null, ...fields };

  test("of a whole answer", () => {
    expect(whole(answerOf(parts, finish))).toMatchObject(expected);
  });

  test("of a stream", () => {
    const frames = stream(unfoldAnswer(answerOf(parts, finish)));
    const delta = frames.find(({ event }) => event === "message_delta")?.data.delta;
    expect(delta).toEqual({ ...expected, container: null });
  });
});

/** Parts, and the blocks they become; a packed signature is shown unpacked. */
const contents: [string, readonly OutputPart[], readonly Json[]][] = [
  ["text", [text("a")], [{ type: "text", text: "a", citations: null }]],
  ["an empty text", [text(""), text("b")], [{ type: "text", text: "b", citations: null }]],
  ["a refusal", [{ type: "refusal", text: "no" }], [{ type: "text", text: "no", citations: null }]],
  ["an empty refusal", [{ type: "refusal", text: "" }], []],
  [
    "a cited text",
    [
      {
        type: "text",
        text: "X says",
        citations: [{ url: "https://x", title: "X", citedText: null, start: 0, end: 6 }],
      },
    ],
    [
      {
        type: "text",
        text: "X says",
        citations: [
          { type: "web_search_result_location", url: "https://x", title: "X", cited_text: "", encrypted_index: "" },
        ],
      },
    ],
  ],
  [
    "calls",
    [call("a", ""), call("b", '{"city":"R"}')],
    [
      { type: "tool_use", id: "a", name: "f", input: {}, caller: { type: "direct" } },
      { type: "tool_use", id: "b", name: "f", input: { city: "R" }, caller: { type: "direct" } },
    ],
  ],
  ["signed thoughts", [thought("plan", CLAUDE)], [{ type: "thinking", thinking: "plan", signature: "SIG+/==" }]],
  [
    "thoughts that OpenAI signed",
    [thought("sum", { vendor: "openai", value: "gAAA", id: "rs_1" })],
    [{ type: "thinking", thinking: "sum", signature: ["openai", "gAAA", "rs_1"] }],
  ],
  [
    "thoughts that Gemini signed",
    [thought("", GEMINI)],
    [{ type: "thinking", thinking: "", signature: ["gemini", "SG1=="] }],
  ],
  [
    "unsigned thoughts",
    [thought("hm"), text("a")],
    [
      { type: "thinking", thinking: "hm", signature: UNSIGNED },
      { type: "text", text: "a", citations: null },
    ],
  ],
  [
    "unsigned thoughts in pieces",
    [thought("hm"), thought("well")],
    [
      { type: "thinking", thinking: "hm", signature: UNSIGNED },
      { type: "thinking", thinking: "well", signature: UNSIGNED },
    ],
  ],
  ["empty thoughts", [thought("")], []],
  [
    "withheld thoughts",
    [
      thought("hm"),
      { type: "reasoning", text: "", signature: CLAUDE, redacted: true },
      { type: "reasoning", text: "", signature: null, redacted: true },
    ],
    [
      { type: "thinking", thinking: "hm", signature: UNSIGNED },
      { type: "redacted_thinking", data: "SIG+/==" },
    ],
  ],
  [
    "a call's signature, in the thoughts before it",
    [thought("plan"), call("a", "{}", GEMINI)],
    [
      { type: "thinking", thinking: "plan", signature: ["gemini", "SG1==", null, "call:a"] },
      { type: "tool_use", id: "a", name: "f", input: {}, caller: { type: "direct" } },
    ],
  ],
  [
    "a call's signature, behind signed thoughts",
    [thought("plan", GEMINI), call("a", "{}", GEMINI), call("b", "{}")],
    [
      { type: "thinking", thinking: "plan", signature: ["gemini", "SG1=="] },
      { type: "thinking", thinking: "", signature: ["gemini", "SG1==", null, "call:a"] },
      { type: "tool_use", id: "a", name: "f", input: {}, caller: { type: "direct" } },
      { type: "tool_use", id: "b", name: "f", input: {}, caller: { type: "direct" } },
    ],
  ],
  [
    "an empty text's signature",
    [{ type: "text", text: "", signature: GEMINI }],
    [{ type: "thinking", thinking: "", signature: ["gemini", "SG1==", null, "empty_text"] }],
  ],
  [
    "a picture",
    [
      {
        type: "image",
        mediaType: "image/png",
        source: { kind: "data", base64: "AA" },
        name: null,
        detail: null,
        signature: GEMINI,
      },
    ],
    [
      {
        type: "text",
        text: "[image/png output left out: the Messages format has no place for it]",
        citations: null,
      },
    ],
  ],
];

describe.each(contents)("%s", (_what, parts, blocks) => {
  test("in a whole answer", () => {
    expect(unpacked(whole(answerOf(parts)).content as Json[])).toEqual([...blocks]);
  });

  test("in a stream", () => {
    expect(unpacked(assemble(stream(unfoldAnswer(answerOf(parts)))))).toEqual([...blocks]);
  });
});

describe("a stream", () => {
  test("goes from message_start to message_stop, usage where it is final", () => {
    const frames = stream([
      { type: "start", id: "x", model: "y" },
      { type: "block_start", block: 0, choice: 0, kind: "text" },
      { type: "delta", block: 0, text: 'Hi "you"\n' },
      { type: "block_end", block: 0 },
      { type: "finish", choice: 0, reason: STOP },
      { type: "usage", usage: USAGE, raw: {} },
    ]);
    expect(frames.map(({ event }) => event)).toEqual([
      "message_start",
      "content_block_start",
      "content_block_delta",
      "content_block_stop",
      "message_delta",
      "message_stop",
    ]);
    expect(frames[0]?.data).toMatchObject({
      message: { id: "msg_7", model: "alias", content: [], stop_reason: null, usage: { input_tokens: 0 } },
    });
    expect(frames[2]?.data).toEqual({
      type: "content_block_delta",
      index: 0,
      delta: { type: "text_delta", text: 'Hi "you"\n' },
    });
    expect(frames[4]?.data.usage).toEqual({
      input_tokens: 7,
      cache_creation_input_tokens: 1,
      cache_read_input_tokens: 2,
      output_tokens: 9,
      output_tokens_details: { thinking_tokens: 5 },
      server_tool_use: null,
    });
  });

  test("without usage or anything else is whole all the same", () => {
    const frames = stream([]);
    expect(frames.map(({ event }) => event)).toEqual(["message_start", "message_delta", "message_stop"]);
    expect(frames[1]?.data).toMatchObject({
      delta: { stop_reason: "end_turn" },
      usage: { input_tokens: null, output_tokens: 0, output_tokens_details: null },
    });
  });

  test("puts interleaved calls one after the other, pieces at once from the second on", () => {
    const encoder = messagesClient.encodeStream(answerContext());
    const start = (block: number): LlmEvent => ({
      type: "block_start",
      block,
      choice: 0,
      kind: "tool_call",
      id: `c${block}`,
      name: "f",
    });
    const piece = (block: number, words: string): LlmEvent => ({ type: "delta", block, text: words });
    const events: LlmEvent[] = [start(0), start(1), piece(0, '{"city":'), piece(1, '{"city":')];
    const before = events.map((event) => encoder.push(event)).join("");
    expect(before).not.toContain('"tool_use"');
    expect(encoder.push(piece(0, '"R"}'))).toContain("input_json_delta");
    const rest: LlmEvent[] = [piece(1, '"O"}'), { type: "block_end", block: 1 }, { type: "block_end", block: 0 }];
    const text = before + rest.map((event) => encoder.push(event)).join("");
    expect(text).toContain('"id":"c1"');
    expect(text.indexOf("content_block_stop")).toBeLessThan(text.indexOf('"id":"c1"'));
    expect(encoder.sequence).toBe(0);
  });

  test("carries signatures that come late behind what they belong to", () => {
    const signature = (block: number): LlmEvent => ({ type: "signature", block, signature: GEMINI });
    const blocks = assemble(
      stream([
        { type: "start", id: null, model: null },
        { type: "block_start", block: 0, choice: 0, kind: "text" },
        { type: "delta", block: 0, text: "words" },
        signature(0),
        { type: "block_end", block: 0 },
        { type: "block_start", block: 1, choice: 0, kind: "tool_call", id: "c", name: "f" },
        { type: "delta", block: 1, text: "{" },
        { type: "delta", block: 1, text: "}" },
        signature(1),
        { type: "block_end", block: 1 },
        { type: "finish", choice: 0, reason: STOP },
      ]),
    );
    expect(blocks.map(({ type }) => type)).toEqual(["text", "thinking", "tool_use", "thinking"]);
    expect(decodeTurn("assistant", blocks) as unknown).toEqual([
      {
        role: "assistant",
        parts: [
          { type: "text", text: "words", signature: GEMINI },
          { type: "tool_call", id: "c", name: "f", arguments: "{}", signature: GEMINI },
        ],
      },
    ]);
  });

  test("writes nothing after an error, and nothing of other choices", () => {
    const encoder = messagesClient.encodeStream(answerContext());
    expect(encoder.push({ type: "start", id: null, model: null })).toContain("message_start");
    expect(encoder.push({ type: "block_start", block: 0, choice: 1, kind: "text" })).toBe("");
    expect(encoder.push({ type: "delta", block: 0, text: "x" })).toBe("");
    expect(encoder.push({ type: "finish", choice: 1, reason: STOP })).toBe("");
    expect(encoder.push({ type: "error", error: { status: 500, code: "x", message: "y" } })).toBe("");
    expect(encoder.push({ type: "block_start", block: 1, choice: 0, kind: "text" })).toBe("");
    expect(encoder.push({ type: "delta", block: 1, text: "x" })).toBe("");
  });

  test("passes over events of blocks that never began", () => {
    const strays: LlmEvent[] = [
      { type: "delta", block: 9, text: "x" },
      { type: "signature", block: 9, signature: GEMINI },
      { type: "citation", block: 9, citation: { url: "u", title: null, citedText: null, start: null, end: null } },
      { type: "block_end", block: 9 },
    ];
    expect(assemble(stream(strays))).toEqual([]);
  });
});

describe("a tool's arguments", () => {
  const inputOf = (args: string) => {
    const text = JSON.stringify(messagesClient.encodeAnswer(answerOf([call("c", args)]), answerContext()));
    return /"input":(.*?),"caller"/.exec(text)?.[1];
  };
  test.each([
    ["", "{}"],
    [" ", "{}"],
    ["null", "{}"],
    ['{"a":1}', '{"a":1}'],
    [
      '{"id":12345678901234567890,"x":1.5,"s":"1234567890123456"}',
      '{"id":12345678901234567890,"x":1.5,"s":"1234567890123456"}',
    ],
    ['{"a":', '{"INVALID_JSON":"{\\"a\\":"}'],
    ["[1]", '{"INVALID_JSON":"[1]"}'],
    ["7", '{"INVALID_JSON":"7"}'],
  ])("%j become %s", (args, input) => {
    expect(inputOf(args)).toBe(input);
  });
});

function unpacked(blocks: readonly Json[]): Json[] {
  return blocks.map((block) => {
    const packed = typeof block.signature === "string" ? unpackSignature(block.signature) : null;
    if (packed === null) return block;
    const { vendor, value, id } = packed.signature;
    const parts = [vendor, value, id ?? null, packed.place];
    while (parts.at(-1) === null) parts.pop();
    return { ...block, signature: parts };
  });
}
