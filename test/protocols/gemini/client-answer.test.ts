import { describe, expect, test } from "bun:test";
import { type LlmAnswer, unfoldAnswer } from "../../../src/llm/answer.ts";
import type { FinishReason, LlmEvent } from "../../../src/llm/event.ts";
import type { OutputPart } from "../../../src/llm/request.ts";
import { packSignature } from "../../../src/llm/signature.ts";
import { geminiClient } from "../../../src/protocols/gemini/codec.ts";
import { answering, framesOf } from "./contexts.ts";

const USAGE = { inputTokens: 10, cacheReadTokens: 3, cacheWriteTokens: 2, outputTokens: 5, reasoningTokens: 4 };
const COUNTS = {
  promptTokenCount: 15,
  cachedContentTokenCount: 3,
  candidatesTokenCount: 5,
  thoughtsTokenCount: 4,
  totalTokenCount: 24,
};
const answer = (parts: OutputPart[], finish: Partial<FinishReason> = {}): LlmAnswer => ({
  id: "up",
  model: "up",
  choices: [{ parts, finish: { unified: "stop", raw: null, ...finish } }],
  usage: USAGE,
  rawUsage: null,
});
const write = (value: LlmAnswer) => geminiClient.encodeAnswer(value, answering()) as Record<string, unknown>;
const first = (value: Record<string, unknown>) => (value.candidates as Record<string, unknown>[])[0]!;
const partsOf = (value: Record<string, unknown>) => (first(value).content as { parts: unknown[] }).parts;

const anthropic = { vendor: "anthropic", value: "S1" } as const;
const gemini = { vendor: "gemini", value: "SG" } as const;
const everything: OutputPart[] = [
  { type: "reasoning", text: "p", signature: anthropic, redacted: false },
  { type: "reasoning", text: "", signature: anthropic, redacted: true },
  { type: "reasoning", text: "", signature: null, redacted: false },
  { type: "text", text: "" },
  { type: "text", text: "ok", signature: gemini },
  { type: "refusal", text: "no" },
  { type: "refusal", text: "" },
  { type: "tool_call", id: "c1", name: "f", arguments: '{"q":1}', signature: gemini },
  { type: "tool_call", id: "c2", name: "g", arguments: "", signature: null },
  { type: "image", mediaType: "image/png", source: { kind: "data", base64: "QQ==" }, name: null, detail: null },
  { type: "image", mediaType: null, source: { kind: "url", url: "https://a" }, name: null, detail: null },
  {
    type: "file",
    mediaType: null,
    source: { kind: "data", base64: "QUI=" },
    name: null,
    detail: null,
    signature: gemini,
  },
];

describe("a whole answer", () => {
  test("has every part in Gemini's form", () => {
    expect(write(answer(everything))).toEqual({
      candidates: [
        {
          content: {
            role: "model",
            parts: [
              { text: "p", thought: true, thoughtSignature: packSignature(anthropic) },
              { text: "", thought: true, thoughtSignature: packSignature(anthropic, "redacted") },
              { text: "ok", thoughtSignature: "SG" },
              { text: "no" },
              { functionCall: { id: "c1", name: "f", args: { q: 1 } }, thoughtSignature: "SG" },
              { functionCall: { id: "c2", name: "g", args: {} } },
              { inlineData: { mimeType: "image/png", data: "QQ==" } },
              { text: "https://a" },
              { inlineData: { mimeType: "application/octet-stream", data: "QUI=" }, thoughtSignature: "SG" },
            ],
          },
          finishReason: "STOP",
          index: 0,
        },
      ],
      usageMetadata: COUNTS,
      modelVersion: "alias",
      responseId: "req_1",
    });
  });

  test("leaves out counts that are nought or unknown", () => {
    const plain = { inputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 2, reasoningTokens: 0 };
    expect(write({ ...answer([]), usage: plain }).usageMetadata).toEqual({
      promptTokenCount: 1,
      candidatesTokenCount: 2,
      totalTokenCount: 3,
    });
    expect(write({ ...answer([]), usage: null })).not.toHaveProperty("usageMetadata");
  });

  const finishes: [finish: Partial<FinishReason>, expected: object][] = [
    [{ unified: "stop" }, { finishReason: "STOP" }],
    [{ unified: "tool_calls" }, { finishReason: "STOP" }],
    [{ unified: "length", raw: "max_tokens" }, { finishReason: "MAX_TOKENS" }],
    [{ unified: "content_filter" }, { finishReason: "SAFETY" }],
    [{ unified: "content_filter", raw: "RECITATION" }, { finishReason: "RECITATION" }],
    [
      { unified: "refusal", raw: "refusal", explanation: "why" },
      { finishReason: "SAFETY", finishMessage: "why" },
    ],
    [{ unified: "pause" }, { finishReason: "OTHER" }],
    [{ unified: "other" }, { finishReason: "OTHER" }],
  ];
  test.each(finishes)("that ended with %j says %j", (finish, expected) => {
    expect(first(write(answer([], finish)))).toMatchObject(expected);
    expect(framesOf(unfoldAnswer(answer([], finish))).at(-1)).toMatchObject({ candidates: [expected] });
  });

  test.each(["[1]", '{"q":', "7"])("with the call arguments %s has no such call and says so", (text) => {
    const call: OutputPart = { type: "tool_call", id: "c", name: "f", arguments: text, signature: null };
    const value = answer([call], { unified: "tool_calls" });
    expect(partsOf(write(value))).toEqual([]);
    expect(first(write(value)).finishReason).toBe("MALFORMED_FUNCTION_CALL");
    expect(framesOf(unfoldAnswer(value)).at(-1)).toMatchObject({
      candidates: [{ finishReason: "MALFORMED_FUNCTION_CALL" }],
    });
    expect(first(write(answer([call], { unified: "length" }))).finishReason).toBe("MAX_TOKENS");
  });

  test("has its citations as grounding, in bytes", () => {
    const cited: OutputPart[] = [
      { type: "text", text: "hi " },
      {
        type: "text",
        text: "Grüße aus Köln",
        citations: [
          { url: "https://a", title: "A", citedText: null, start: 0, end: 5 },
          { url: "https://b", title: null, citedText: "quote", start: 10, end: 14 },
          { url: "https://a", title: "A", citedText: null, start: null, end: null },
        ],
      },
    ];
    const expected = {
      groundingChunks: [{ web: { uri: "https://a", title: "A" } }, { web: { uri: "https://b" } }],
      groundingSupports: [
        { segment: { partIndex: 1, startIndex: 0, endIndex: 7, text: "Grüße" }, groundingChunkIndices: [0] },
        { segment: { partIndex: 1, startIndex: 12, endIndex: 17, text: "quote" }, groundingChunkIndices: [1] },
      ],
    };
    expect(first(write(answer(cited))).groundingMetadata).toEqual(expected);
    expect(framesOf(unfoldAnswer(answer(cited))).at(-1)).toMatchObject({
      candidates: [{ groundingMetadata: expected }],
    });
  });
});

describe("a stream", () => {
  test("is data frames, the last of which has finish and usage", () => {
    const frames = framesOf(unfoldAnswer(answer(everything)));
    expect(frames.slice(0, -1).flatMap(partsOf)).toEqual([
      { text: "p", thought: true },
      { text: "", thought: true, thoughtSignature: packSignature(anthropic) },
      { text: "", thought: true, thoughtSignature: packSignature(anthropic, "redacted") },
      { text: "ok" },
      { text: "", thoughtSignature: "SG" },
      { text: "no" },
      { functionCall: { id: "c1", name: "f", args: { q: 1 } }, thoughtSignature: "SG" },
      { functionCall: { id: "c2", name: "g", args: {} } },
      { inlineData: { mimeType: "image/png", data: "QQ==" } },
      { text: "https://a" },
      { inlineData: { mimeType: "application/octet-stream", data: "QUI=" }, thoughtSignature: "SG" },
    ]);
    for (const frame of frames) expect(frame).toMatchObject({ modelVersion: "alias", responseId: "req_1" });
    expect(frames.at(-1)).toEqual({
      candidates: [{ content: { parts: [{ text: "" }], role: "model" }, finishReason: "STOP", index: 0 }],
      usageMetadata: COUNTS,
      modelVersion: "alias",
      responseId: "req_1",
    });
  });

  test("collects a call's pieces and keeps the order of calls that come interleaved", () => {
    const call = (block: number, name: string) =>
      ({ type: "block_start", block, choice: 0, kind: "tool_call", id: `c${block}`, name }) as const;
    const piece = (block: number, text: string) => ({ type: "delta", block, text }) as const;
    const frames = framesOf([
      { type: "start", id: null, model: null },
      call(0, "f"),
      piece(0, '{"q"'),
      call(1, "g"),
      piece(1, "{}"),
      { type: "block_end", block: 1 },
      piece(0, ":1}"),
      { type: "block_end", block: 0 },
      { type: "finish", choice: 0, reason: { unified: "tool_calls", raw: "tool_calls" } },
    ]);
    expect(frames.slice(0, -1).flatMap(partsOf)).toEqual([
      { functionCall: { id: "c0", name: "f", args: { q: 1 } } },
      { functionCall: { id: "c1", name: "g", args: {} } },
    ]);
    expect(frames.at(-1)).not.toHaveProperty("usageMetadata");
  });

  test("lets candidates pass each other", () => {
    const text = (block: number, choice: number): LlmEvent => ({ type: "block_start", block, choice, kind: "text" });
    const encoder = geminiClient.encodeStream(answering());
    expect(encoder.sequence).toBe(0);
    const sent = [
      text(0, 0),
      text(1, 1),
      { type: "delta", block: 0, text: "a" } as const,
      { type: "delta", block: 1, text: "b" } as const,
    ].map((event) => encoder.push(event));
    expect(sent.map((frame) => frame !== "")).toEqual([false, false, true, true]);
    encoder.push({ type: "block_end", block: 1 });
    encoder.push({ type: "block_end", block: 0 });
    encoder.push({ type: "finish", choice: 1, reason: { unified: "length", raw: null } });
    encoder.push({ type: "finish", choice: 0, reason: { unified: "stop", raw: null } });
    expect(JSON.parse(encoder.end().slice(6))).toMatchObject({
      candidates: [
        { index: 0, finishReason: "STOP" },
        { index: 1, finishReason: "MAX_TOKENS" },
      ],
    });
  });

  test("writes nothing for what it does not know or what the gateway writes", () => {
    const encoder = geminiClient.encodeStream(answering());
    expect(encoder.push({ type: "error", error: { status: 500, code: "x", message: "x" } })).toBe("");
    expect(encoder.push({ type: "delta", block: 9, text: "x" })).toBe("");
  });
});
