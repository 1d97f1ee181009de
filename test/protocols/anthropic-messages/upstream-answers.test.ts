import { describe, expect, test } from "bun:test";
import type Anthropic from "@anthropic-ai/sdk";
import { foldEvents } from "../../../src/llm/answer.ts";
import { messagesUpstream } from "../../../src/protocols/anthropic-messages/codec.ts";
import { decodeContext, type Json, readStream } from "./fixture.ts";

const USAGE = {
  input_tokens: 10,
  cache_creation_input_tokens: 3,
  cache_read_input_tokens: 5,
  cache_creation: null,
  output_tokens: 9,
  output_tokens_details: { thinking_tokens: 4 },
  server_tool_use: null,
  service_tier: "standard",
  inference_geo: null,
  speed: null,
} satisfies Anthropic.Usage;

const CITATION = {
  type: "web_search_result_location",
  url: "https://x",
  title: "X",
  cited_text: "says",
  encrypted_index: "i",
};
const CITED = { url: "https://x", title: "X", citedText: "says", start: null, end: null };
const NAMES = new Map([["f_1", "ns.f"]]);

/** Blocks as the vendor sends them, and the parts they are. */
const contents: [string, Json[], unknown[]][] = [
  ["text", [{ type: "text", text: "a", citations: null }], [{ type: "text", text: "a" }]],
  [
    "cited text",
    [{ type: "text", text: "a", citations: [CITATION] }],
    [{ type: "text", text: "a", citations: [CITED] }],
  ],
  [
    "thoughts",
    [
      { type: "thinking", thinking: "plan\n ", signature: "SIG+/==" },
      { type: "redacted_thinking", data: "RED==" },
      { type: "thinking", thinking: "hm", signature: "" },
    ],
    [
      { type: "reasoning", text: "plan\n ", signature: { vendor: "anthropic", value: "SIG+/==" }, redacted: false },
      { type: "reasoning", text: "", signature: { vendor: "anthropic", value: "RED==" }, redacted: true },
      { type: "reasoning", text: "hm", signature: null, redacted: false },
    ],
  ],
  [
    "calls",
    [
      { type: "tool_use", id: "t1", name: "f_1", input: { city: "R" } },
      { type: "tool_use", id: "t2", name: "now", input: {} },
    ],
    [
      { type: "tool_call", id: "t1", name: "ns.f", arguments: '{"city":"R"}', signature: null },
      { type: "tool_call", id: "t2", name: "now", arguments: "{}", signature: null },
    ],
  ],
  [
    "a search on the way",
    [
      { type: "server_tool_use", id: "s", name: "web_search", input: { query: "n" } },
      { type: "web_search_tool_result", tool_use_id: "s", content: [] },
      { type: "text", text: "found" },
    ],
    [{ type: "text", text: "found" }],
  ],
];

describe.each(contents)("%s", (_what, content, parts) => {
  const choices = [{ parts, finish: { unified: "stop", raw: "end_turn" } }];
  const usage = { inputTokens: 10, cacheReadTokens: 5, cacheWriteTokens: 3, outputTokens: 5, reasoningTokens: 4 };

  test("in a whole answer", () => {
    const body = { id: "msg_up", model: "claude-up", content, stop_reason: "end_turn", usage: USAGE };
    expect(messagesUpstream.decodeAnswer(body, decodeContext(NAMES)) as unknown).toEqual({
      id: "msg_up",
      model: "claude-up",
      choices,
      usage,
      rawUsage: USAGE,
    });
  });

  test("in a stream", () => {
    const { events, end } = readStream([START, ...content.flatMap(blockFrames), ...END], NAMES);
    expect(end).toEqual([]);
    expect(foldEvents(events) as unknown).toMatchObject({
      kind: "answer",
      answer: { id: "msg_up", model: "claude-up", choices, usage },
    });
  });
});

const START: Json = {
  type: "message_start",
  message: { id: "msg_up", model: "claude-up", content: [], usage: { ...USAGE, output_tokens: 1 } },
};
const END: Json[] = [
  {
    type: "message_delta",
    delta: { stop_reason: "end_turn", stop_sequence: null },
    usage: { output_tokens: 9, input_tokens: null, output_tokens_details: { thinking_tokens: 4 } },
  },
  { type: "message_stop" },
];

function delta(index: number, fields: Json): Json {
  return { type: "content_block_delta", index, delta: fields };
}

/** A block's frames, its texts in two pieces. */
function blockFrames(block: Json, index: number): Json[] {
  const { type, text, thinking, signature, citations, input, ...rest } = block;
  const frames: Json[] = [];
  for (const [kind, field, value] of [
    ["text_delta", "text", text],
    ["thinking_delta", "thinking", thinking],
    [
      "input_json_delta",
      "partial_json",
      type === "tool_use" && input ? JSON.stringify(input).replace(/^\{\}$/, "") : null,
    ],
  ] as const) {
    if (typeof value !== "string") continue;
    frames.push(delta(index, { type: kind, [field]: value.slice(0, 1) }));
    frames.push(delta(index, { type: kind, [field]: value.slice(1) }));
  }
  if (typeof signature === "string") frames.push(delta(index, { type: "signature_delta", signature }));
  for (const citation of (citations as Json[] | null) ?? []) {
    frames.push(delta(index, { type: "citations_delta", citation }));
  }
  const empty = {
    ...(text === undefined ? {} : { text: "" }),
    ...(thinking === undefined ? {} : { thinking: "", signature: "" }),
  };
  return [
    { type: "content_block_start", index, content_block: { type, ...rest, ...empty, ...(input ? { input: {} } : {}) } },
    ...frames,
    { type: "content_block_stop", index },
  ];
}

describe("a whole answer", () => {
  test("that is no message is the upstream's fault", () => {
    for (const body of [null, [], {}, { content: "text" }]) {
      expect(() => messagesUpstream.decodeAnswer(body, decodeContext())).toThrow(
        expect.objectContaining({ status: 502, code: "upstream_protocol" }),
      );
    }
  });

  test("of odd parts gives what can be read", () => {
    const content = [
      7,
      { type: "text" },
      { type: "thinking" },
      { type: "tool_use", name: "f" },
      { type: "tool_use", id: "t", input: null },
    ];
    expect(messagesUpstream.decodeAnswer({ content }, decodeContext()) as unknown).toEqual({
      id: null,
      model: null,
      choices: [
        {
          parts: [
            { type: "tool_call", id: "call_new1", name: "f", arguments: "{}", signature: null },
            { type: "tool_call", id: "t", name: "", arguments: "{}", signature: null },
          ],
          finish: { unified: "other", raw: null },
        },
      ],
      usage: null,
      rawUsage: null,
    });
  });

  test.each([
    [{ stop_reason: "end_turn" }, { unified: "stop", raw: "end_turn" }],
    [
      { stop_reason: "stop_sequence", stop_sequence: "END" },
      { unified: "stop", raw: "stop_sequence", stopSequence: "END" },
    ],
    [{ stop_reason: "max_tokens" }, { unified: "length", raw: "max_tokens" }],
    [{ stop_reason: "model_context_window_exceeded" }, { unified: "length", raw: "model_context_window_exceeded" }],
    [{ stop_reason: "tool_use" }, { unified: "tool_calls", raw: "tool_use" }],
    [{ stop_reason: "pause_turn" }, { unified: "pause", raw: "pause_turn" }],
    [
      { stop_reason: "refusal", stop_details: { type: "refusal", category: "cyber", explanation: "why" } },
      { unified: "refusal", raw: "refusal", explanation: "why" },
    ],
    [
      { stop_reason: "refusal", stop_details: { explanation: null } },
      { unified: "refusal", raw: "refusal" },
    ],
    [{ stop_reason: "brand_new" }, { unified: "other", raw: "brand_new" }],
  ] as [Json, unknown][])("ended by %j", (fields, finish) => {
    const answer = messagesUpstream.decodeAnswer({ content: [], ...fields }, decodeContext());
    expect(answer.choices[0]?.finish as unknown).toEqual(finish);
    const { events } = readStream([START, { type: "message_delta", delta: fields, usage: {} }]);
    expect(events.at(-1) as unknown).toEqual({ type: "finish", choice: 0, reason: finish });
  });
});

describe("a stream", () => {
  test("keeps the promises of its events", () => {
    const { events } = readStream([
      START,
      { type: "ping" },
      ...blockFrames({ type: "server_tool_use", id: "s", name: "web_search" }, 0),
      ...blockFrames({ type: "thinking", thinking: "hm", signature: "S1" }, 1),
      ...blockFrames({ type: "tool_use", id: "t", name: "f", input: {} }, 2),
      { type: "brand_new" },
      ...END,
    ]);
    expect(events as unknown).toEqual([
      { type: "start", id: "msg_up", model: "claude-up" },
      expect.objectContaining({ type: "usage" }),
      { type: "block_start", block: 0, choice: 0, kind: "reasoning", redacted: false },
      { type: "delta", block: 0, text: "h" },
      { type: "delta", block: 0, text: "m" },
      { type: "signature", block: 0, signature: { vendor: "anthropic", value: "S1" } },
      { type: "block_end", block: 0 },
      { type: "block_start", block: 1, choice: 0, kind: "tool_call", id: "t", name: "f" },
      { type: "delta", block: 1, text: "{}" },
      { type: "block_end", block: 1 },
      expect.objectContaining({ type: "usage", usage: expect.objectContaining({ inputTokens: 10, outputTokens: 5 }) }),
      { type: "finish", choice: 0, reason: { unified: "stop", raw: "end_turn" } },
    ]);
  });

  test("takes what stands in content_block_start already", () => {
    const { events } = readStream([
      {
        type: "content_block_start",
        index: 0,
        content_block: { type: "text", text: "Hi", citations: [CITATION] },
      },
      { type: "content_block_start", index: 1, content_block: { type: "thinking", thinking: "hm", signature: "S" } },
      { type: "content_block_start", index: 2, content_block: { type: "tool_use", name: "f", input: { a: 1 } } },
      { type: "content_block_stop", index: 1 },
      { type: "message_delta", delta: { stop_reason: "tool_use" } },
      { type: "message_delta", delta: { stop_reason: "tool_use" }, usage: { output_tokens: 3 } },
    ]);
    expect(foldEvents(events) as unknown).toEqual({
      kind: "answer",
      answer: {
        id: null,
        model: null,
        choices: [
          {
            parts: [
              { type: "text", text: "Hi", citations: [CITED] },
              { type: "reasoning", text: "hm", signature: { vendor: "anthropic", value: "S" }, redacted: false },
              { type: "tool_call", id: "call_new1", name: "f", arguments: '{"a":1}', signature: null },
            ],
            finish: { unified: "tool_calls", raw: "tool_use" },
          },
        ],
        usage: { inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 3, reasoningTokens: 0 },
        rawUsage: { output_tokens: 3 },
      },
    });
  });

  test("prefers pieces to the input in content_block_start", () => {
    const { events } = readStream([
      {
        type: "content_block_start",
        index: 0,
        content_block: { type: "tool_use", id: "t", name: "f", input: { a: 1 } },
      },
      delta(0, { type: "input_json_delta", partial_json: '{"a":2}' }),
      { type: "content_block_stop", index: 0 },
    ]);
    expect(events.filter(({ type }) => type === "delta")).toEqual([{ type: "delta", block: 0, text: '{"a":2}' }]);
  });

  test("counters of message_delta overwrite those of message_start", () => {
    const { events } = readStream([
      { type: "message_start", message: { usage: { input_tokens: 0, output_tokens: 1 } } },
      { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { input_tokens: 43, output_tokens: 2 } },
    ]);
    const folded = foldEvents(events);
    expect(folded).toMatchObject({ answer: { usage: { inputTokens: 43, outputTokens: 2 } } });
  });

  test("that ends before its finish is cut", () => {
    const frames = [START, ...blockFrames({ type: "text", text: "ab" }, 0), ...END];
    const finished = frames.findIndex(({ type }) => type === "message_delta");
    for (let count = 0; count <= frames.length; count++) {
      expect([count, readStream(frames.slice(0, count)).end]).toEqual([count, count > finished ? [] : null]);
    }
  });

  test.each([
    [{ type: "overloaded_error", message: "Overloaded" }, 529, "overloaded_error"],
    [{ type: "rate_limit_error", message: "m", details: { error_code: "x_limit" } }, 429, "x_limit"],
    [{ type: "billing_error", message: "m" }, 402, "billing_error"],
    [{ type: "invalid_request_error", message: "m" }, 400, "invalid_request_error"],
    [{ type: "brand_new_error", message: "m" }, 500, "brand_new_error"],
    [undefined, 500, "api_error"],
  ] as const)("that breaks off with %j", (error, status, code) => {
    const { events, end } = readStream([START, { type: "error", error }, ...END]);
    const message = error?.message ?? "The upstream broke off its answer.";
    expect(events.at(-1)).toEqual({ type: "error", error: { status, code, message } });
    expect(end).toBeNull();
  });

  test("of nonsense fails once, as the upstream's fault", () => {
    const decoder = messagesUpstream.decodeStream(decodeContext());
    expect(decoder.push(null, "")).toEqual([]);
    expect(decoder.push(null, "[DONE]")).toEqual([]);
    expect(decoder.push("message_start", "<html>")).toEqual([
      { type: "start", id: null, model: null },
      expect.objectContaining({
        type: "error",
        error: expect.objectContaining({ status: 502, code: "upstream_protocol" }),
      }),
    ]);
    expect(decoder.push(null, JSON.stringify(START))).toEqual([]);
    expect(decoder.end()).toBeNull();
  });

  test("passes over deltas it does not know and blocks that never began", () => {
    const { events } = readStream([
      START,
      delta(4, { type: "text_delta", text: "x" }),
      delta(4, { type: "signature_delta", signature: "x" }),
      delta(4, { type: "citations_delta", citation: CITATION }),
      delta(4, { type: "compaction_delta" }),
      { type: "content_block_start", index: 4 },
      { type: "content_block_delta", index: 4 },
      { type: "content_block_stop" },
      { type: "message_start" },
    ]);
    expect(events.every(({ type }) => type === "start" || type === "usage")).toBeTrue();
  });
});
