import { describe, expect, test } from "bun:test";
import type { GenerateContentResponse } from "@google/genai";
import { GatewayError } from "../../../src/errors.ts";
import { foldEvents } from "../../../src/llm/answer.ts";
import type { LlmEvent } from "../../../src/llm/event.ts";
import { geminiUpstream } from "../../../src/protocols/gemini/codec.ts";
import { decoding } from "./contexts.ts";

type Json = Record<string, unknown>;
const response = (parts: unknown[], finishReason?: string, more: Json = {}, candidate: Json = {}): Json => ({
  candidates: [
    {
      content: { parts, role: "model" },
      index: 0,
      ...(finishReason === undefined ? {} : { finishReason }),
      ...candidate,
    },
  ],
  usageMetadata: { promptTokenCount: 12, candidatesTokenCount: 4, totalTokenCount: 16 },
  modelVersion: "gemini-up",
  responseId: "gr1",
  ...more,
});
const decode = (body: unknown, context = decoding()) => geminiUpstream.decodeAnswer(body, context);
/** Frames in, all events out; null at the end when the stream was cut. */
const stream = (...frames: (Json | string)[]) => {
  const decoder = geminiUpstream.decodeStream(decoding());
  const events: LlmEvent[] = frames.flatMap((frame) =>
    decoder.push(null, typeof frame === "string" ? frame : JSON.stringify(frame)),
  );
  const end = decoder.end();
  return end === null ? [...events, null] : [...events, ...end];
};
const errorOf = (body: unknown): GatewayError => {
  try {
    decode(body);
  } catch (error) {
    if (error instanceof GatewayError) return error;
  }
  throw new Error("no error");
};
const signed = (value: string) => ({ vendor: "gemini", value }) as const;

describe("a whole answer", () => {
  test("has its parts, its usage and its names", () => {
    const body = response(
      [
        { text: "pl", thought: true },
        { text: "an", thought: true },
        { text: "he" },
        { text: "re", thoughtSignature: "T" },
        { text: "more" },
        { inlineData: { mimeType: "image/png", data: "iVBORw0KGgo" }, thoughtSignature: "I" },
        { functionCall: { name: "get_1", args: { city: "R" } }, thoughtSignature: "S" },
        { functionCall: { id: "own", name: "f" } },
      ],
      "STOP",
      {
        usageMetadata: {
          promptTokenCount: 12,
          cachedContentTokenCount: 2,
          candidatesTokenCount: 4,
          thoughtsTokenCount: 3,
          totalTokenCount: 19,
        },
      },
    ) satisfies Partial<Record<keyof GenerateContentResponse, unknown>>;
    expect(decode(body, decoding(new Map([["get_1", "get/1"]])))).toEqual({
      id: "gr1",
      model: "gemini-up",
      choices: [
        {
          parts: [
            { type: "reasoning", text: "plan", signature: null, redacted: false },
            { type: "text", text: "here", signature: signed("T") },
            { type: "text", text: "more" },
            {
              type: "image",
              mediaType: "image/png",
              source: { kind: "data", base64: "iVBORw0KGgo=" },
              name: null,
              detail: null,
              signature: signed("I"),
            },
            { type: "tool_call", id: "made_1", name: "get/1", arguments: '{"city":"R"}', signature: signed("S") },
            { type: "tool_call", id: "own", name: "f", arguments: "{}", signature: null },
          ],
          finish: { unified: "tool_calls", raw: "STOP" },
        },
      ],
      usage: { inputTokens: 10, cacheReadTokens: 2, cacheWriteTokens: 0, outputTokens: 4, reasoningTokens: 3 },
      rawUsage: body.usageMetadata,
    });
  });

  test("tells two calls of one function apart (D06)", () => {
    const call = { functionCall: { name: "f", args: {} } };
    const [choice] = decode(response([call, call], "STOP")).choices;
    expect(choice?.parts.map((part) => part.type === "tool_call" && part.id)).toEqual(["made_1", "made_2"]);
  });

  test("has a choice for every candidate (D25)", () => {
    const candidates = [
      { content: { parts: [{ text: "b" }] }, finishReason: "MAX_TOKENS", index: 1 },
      { content: { parts: [{ text: "a" }] }, finishReason: "STOP" },
    ];
    expect(decode({ candidates }).choices).toEqual([
      { parts: [{ type: "text", text: "a" }], finish: { unified: "stop", raw: "STOP" } },
      { parts: [{ type: "text", text: "b" }], finish: { unified: "length", raw: "MAX_TOKENS" } },
    ]);
  });

  test("without candidates whose prompt was blocked is a refusal (D12)", () => {
    const usageMetadata = { promptTokenCount: 9, totalTokenCount: 9 };
    expect(decode({ promptFeedback: { blockReason: "PROHIBITED_CONTENT" }, usageMetadata })).toMatchObject({
      id: null,
      model: null,
      choices: [
        {
          parts: [],
          finish: {
            unified: "content_filter",
            raw: "PROHIBITED_CONTENT",
            explanation: "The prompt was blocked: PROHIBITED_CONTENT.",
          },
        },
      ],
      usage: { inputTokens: 9 },
    });
    const worded = { promptFeedback: { blockReason: "SAFETY", blockReasonMessage: "too hot" } };
    expect(decode(worded).choices[0]?.finish.explanation).toBe("too hot");
  });

  const finishes: [raw: string, unified: string][] = [
    ["STOP", "stop"],
    ["MAX_TOKENS", "length"],
    ["CONTINUATION", "length"],
    ["SAFETY", "content_filter"],
    ["RECITATION", "content_filter"],
    ["BLOCKLIST", "content_filter"],
    ["PROHIBITED_CONTENT", "content_filter"],
    ["SPII", "content_filter"],
    ["IMAGE_SAFETY", "content_filter"],
    ["IMAGE_PROHIBITED_CONTENT", "content_filter"],
    ["IMAGE_RECITATION", "content_filter"],
    ["IMAGE_OTHER", "content_filter"],
    ["LANGUAGE", "other"],
    ["OTHER", "other"],
    ["NO_IMAGE", "other"],
    ["TOO_MANY_TOOL_CALLS", "other"],
    ["SOMETHING_NEW", "other"],
  ];
  test.each(finishes)("that ended by %s ended by %s", (raw, unified) => {
    const [choice] = decode(response([], raw, {}, { finishMessage: "why" })).choices;
    expect(choice).toEqual({ parts: [], finish: { unified, raw, explanation: "why" } as never });
  });

  test("that does not say why it ended is given out, unless there is nothing in it", () => {
    expect(decode(response([{ text: "a" }], "FINISH_REASON_UNSPECIFIED")).choices[0]?.finish).toEqual({
      unified: "other",
      raw: null,
    });
    expect(errorOf(response([]))).toMatchObject({ status: 502, code: "upstream_protocol" });
    expect(errorOf({ candidates: [] })).toMatchObject({ status: 502, code: "upstream_protocol" });
    expect(errorOf({ promptFeedback: { blockReason: "BLOCKED_REASON_UNSPECIFIED" } })).toMatchObject({ status: 502 });
  });

  const nonsense: [body: unknown, code: string, message: string][] = [
    [null, "upstream_protocol", "no response"],
    ["text", "upstream_protocol", "no response"],
    [[1], "upstream_protocol", "no response"],
    [{ error: { code: 503, status: "UNAVAILABLE", message: "busy" } }, "UNAVAILABLE", "busy"],
    [[{ error: { code: 503, status: "UNAVAILABLE", message: "busy" } }], "UNAVAILABLE", "busy"],
    [response([], "MALFORMED_FUNCTION_CALL", {}, { finishMessage: "bad call" }), "malformed_function_call", "bad call"],
    [response([], "UNEXPECTED_TOOL_CALL"), "unexpected_tool_call", "UNEXPECTED_TOOL_CALL"],
    [response([], "MALFORMED_RESPONSE"), "malformed_response", "MALFORMED_RESPONSE"],
  ];
  test.each(nonsense)("%j is no answer", (body, code, message) => {
    const error = errorOf(body);
    expect(error).toMatchObject({ status: code === "UNAVAILABLE" ? 503 : 502, code });
    expect(error.message).toContain(message);
  });

  test("passes over parts it cannot deliver and shows those it can as text", () => {
    const parts = [
      null,
      { toolCall: { id: "1" } },
      { inlineData: { mimeType: "image/png", data: "" } },
      { inlineData: { mimeType: "image/png", data: "QQ==" }, thought: true },
      { executableCode: { language: "LANGUAGE_UNSPECIFIED", code: "1" } },
      { codeExecutionResult: { outcome: "OUTCOME_FAILED" } },
      { fileData: { fileUri: "https://a/b.mp4" } },
      { inlineData: { data: "QQ==" } },
      { functionCall: { args: [] } },
    ];
    expect(decode(response(parts, "STOP")).choices[0]?.parts).toMatchObject([
      { type: "text", text: "\n```\n1\n```\n\n```\n\n```\nhttps://a/b.mp4" },
      { type: "file", mediaType: "application/octet-stream" },
      { type: "tool_call", name: "", arguments: "{}" },
    ]);
  });
});

describe("sources", () => {
  const chunks = [{ web: { uri: "https://a", title: "A" } }, {}, { maps: { uri: "https://b" } }];
  const citations = (metadata: Json, text = "Grüße aus Köln") => {
    const [choice] = decode(response([{ text }, { text: "", thoughtSignature: "S" }], "STOP", {}, metadata)).choices;
    const part = choice?.parts[0];
    return part?.type === "text" ? part.citations : null;
  };

  test("of a search are citations with ranges in characters", () => {
    const supports = [
      { segment: { endIndex: 7, text: "Grüße" }, groundingChunkIndices: [0, 2] },
      { segment: { startIndex: 12, endIndex: 17 }, groundingChunkIndices: [0, 1, 9, "x"] },
      { segment: { startIndex: 1, endIndex: 99 }, groundingChunkIndices: [2] },
      { groundingChunkIndices: [2] },
      {},
    ];
    expect(citations({ groundingMetadata: { groundingChunks: chunks, groundingSupports: supports } })).toEqual([
      { url: "https://a", title: "A", citedText: "Grüße", start: 0, end: 5 },
      { url: "https://b", title: null, citedText: "Grüße", start: 0, end: 5 },
      { url: "https://a", title: "A", citedText: null, start: 10, end: 14 },
      { url: "https://b", title: null, citedText: null, start: null, end: null },
      { url: "https://b", title: null, citedText: null, start: null, end: null },
    ]);
  });

  test("without ranges are citations of the whole", () => {
    const none = { citedText: null, start: null, end: null };
    expect(citations({ groundingMetadata: { groundingChunks: chunks } })).toEqual([
      { url: "https://a", title: "A", ...none },
      { url: "https://b", title: null, ...none },
    ]);
  });

  test("that were quoted are citations too", () => {
    const quoted = [
      { uri: "https://a", title: "A", startIndex: 1, endIndex: 3 },
      { uri: "https://b" },
      { license: "x" },
    ];
    const expected = [
      { url: "https://a", title: "A", citedText: null, start: 1, end: 3 },
      { url: "https://b", title: null, citedText: null, start: null, end: null },
    ];
    expect(citations({ citationMetadata: { citations: quoted } }, "abcdef")).toEqual(expected);
    expect(citations({ citationMetadata: { citationSources: quoted } }, "abcdef")).toEqual(expected);
    expect(citations({ citationMetadata: {} })).toBeUndefined();
  });

  test("that arrive after the text and its signature still belong to it", () => {
    const events = stream(
      response([{ text: "ab" }]),
      response([{ text: "", thoughtSignature: "S" }]),
      response([], "STOP", {}, { groundingMetadata: { groundingChunks: chunks } }),
    );
    expect(events.filter((event) => event?.type === "citation")).toHaveLength(2);
    expect(events.filter((event) => event?.type === "block_start")).toHaveLength(1);
  });
});

describe("a stream", () => {
  test("gives pieces as they come, and the end at the end (D13)", () => {
    const counts = (n: number) => ({
      usageMetadata: { promptTokenCount: 10, candidatesTokenCount: n, totalTokenCount: 10 + n },
    });
    const events = stream(
      response([{ text: "a" }], undefined, counts(1)),
      response([{ text: "b" }], undefined, counts(5)),
      response([{ text: "c" }], "STOP", counts(9)),
    );
    const usage = (outputTokens: number) => ({
      type: "usage",
      usage: { inputTokens: 10, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens, reasoningTokens: 0 },
      raw: counts(outputTokens).usageMetadata,
    });
    expect(events).toEqual([
      { type: "start", id: "gr1", model: "gemini-up" },
      { type: "block_start", block: 0, choice: 0, kind: "text" },
      { type: "delta", block: 0, text: "a" },
      usage(1),
      { type: "delta", block: 0, text: "b" },
      usage(5),
      { type: "delta", block: 0, text: "c" },
      usage(9),
      { type: "block_end", block: 0 },
      { type: "finish", choice: 0, reason: { unified: "stop", raw: "STOP" } },
    ] as LlmEvent[]);
  });

  test("begins a block for every kind, with its signature (J02)", () => {
    const events: (LlmEvent | null)[] = stream(
      response([{ text: "plan", thought: true }]),
      response([{ functionCall: { name: "f", args: { city: "R" } }, thoughtSignature: "SG1==" }], "STOP"),
    ).filter((event) => event?.type !== "usage");
    expect(events).toEqual([
      { type: "start", id: "gr1", model: "gemini-up" },
      { type: "block_start", block: 0, choice: 0, kind: "reasoning", redacted: false },
      { type: "delta", block: 0, text: "plan" },
      { type: "block_end", block: 0 },
      { type: "block_start", block: 1, choice: 0, kind: "tool_call", id: "made_1", name: "f" },
      { type: "delta", block: 1, text: '{"city":"R"}' },
      { type: "signature", block: 1, signature: signed("SG1==") },
      { type: "block_end", block: 1 },
      { type: "finish", choice: 0, reason: { unified: "tool_calls", raw: "STOP" } },
    ] as LlmEvent[]);
  });

  const signatures: [parts: unknown[], expected: unknown[]][] = [
    [
      [{ text: "a" }, { text: "", thoughtSignature: "S" }, { text: "b" }],
      [
        { type: "text", text: "a", signature: signed("S") },
        { type: "text", text: "b" },
      ],
    ],
    [
      [
        { text: "p", thought: true },
        { text: "", thoughtSignature: "S" },
      ],
      [{ type: "reasoning", text: "p", signature: signed("S"), redacted: false }],
    ],
    [[{ text: "", thoughtSignature: "S" }], [{ type: "reasoning", text: "", signature: signed("S"), redacted: false }]],
    [
      [
        { text: "a", thoughtSignature: "S" },
        { text: "", thoughtSignature: "T" },
      ],
      [
        { type: "text", text: "a", signature: signed("S") },
        { type: "reasoning", text: "", signature: signed("T"), redacted: false },
      ],
    ],
    [[{ text: "" }, { text: "a" }], [{ type: "text", text: "a" }]],
  ];
  test.each(signatures)("of %j has each signature once, at what it signs", (parts, expected) => {
    const frames = parts.map((part) => response([part]));
    const folded = foldEvents(stream(...frames, response([], "STOP")).filter((event) => event !== null));
    expect(folded).toMatchObject({ kind: "answer", answer: { choices: [{ parts: expected }] } });
  });

  test("whose every chunk says STOP ends once", () => {
    const events = stream(response([{ text: "a" }], "STOP"), response([{ text: "b" }], "STOP"));
    expect(events.filter((event) => event?.type === "finish")).toHaveLength(1);
    expect(events.filter((event) => event?.type === "block_start")).toHaveLength(1);
  });

  test("of several candidates keeps them apart", () => {
    const piece = (index: number, text: string, finishReason?: string) => ({
      candidates: [{ index, content: { parts: [{ text }] }, ...(finishReason === undefined ? {} : { finishReason }) }],
    });
    const frames = [piece(1, "x"), piece(0, "a"), piece(1, "y", "MAX_TOKENS"), piece(0, "b", "STOP")];
    expect(foldEvents(stream(...frames) as LlmEvent[])).toMatchObject({
      kind: "answer",
      answer: {
        choices: [
          { parts: [{ text: "ab" }], finish: { unified: "stop" } },
          { parts: [{ text: "xy" }], finish: { unified: "length" } },
        ],
      },
    });
    expect(stream(piece(1, "x", "STOP"), piece(0, "a")).at(-1)).toBeNull();
  });

  test("whose prompt was blocked is a refusal", () => {
    expect(stream({ promptFeedback: { blockReason: "SAFETY" } })).toMatchObject([
      { type: "start" },
      { type: "finish", choice: 0, reason: { unified: "content_filter", raw: "SAFETY" } },
    ]);
  });

  test("that broke off is known for it", () => {
    expect(stream()).toEqual([null]);
    expect(stream(response([{ text: "a" }])).at(-1)).toBeNull();
  });

  test("passes over signs of life", () => {
    expect(stream("", "[DONE]", " ", response([], "STOP")).map((event) => event?.type)).toEqual([
      "start",
      "usage",
      "finish",
    ]);
  });

  const errors: [frame: string | Json, error: object][] = [
    ["{broken", { status: 502, code: "upstream_protocol", message: "The upstream sent a frame that is no JSON." }],
    ["7", { status: 502, code: "upstream_protocol", message: "The upstream sent something that is no response." }],
    [{ error: "gone" }, { status: 502, code: "upstream_error", message: "gone" }],
    [{ error: 7 }, { status: 502, code: "upstream_error", message: "The upstream failed." }],
    [{ error: {} }, { status: 502, code: "upstream_error", message: "The upstream failed." }],
    [
      {
        error: {
          code: 429,
          status: "RESOURCE_EXHAUSTED",
          message: "slow",
          details: [null, { "@type": "x", retryDelay: "soon" }, { retryDelay: "31.5s" }],
        },
      },
      { status: 429, code: "RESOURCE_EXHAUSTED", message: "slow", retryAfterMs: 31_500 },
    ],
  ];
  test.each(errors)("with the frame %j fails, and nothing follows", (frame, error) => {
    const events = stream(response([{ text: "a" }]), frame, response([{ text: "b" }], "STOP"));
    expect(events.at(-1)).toEqual({ type: "error", error } as LlmEvent);
    expect(events.filter((event) => event?.type === "delta")).toHaveLength(1);
  });
});
