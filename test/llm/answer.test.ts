import { describe, expect, test } from "bun:test";
import { foldEvents, type LlmAnswer, unfoldAnswer } from "../../src/llm/answer.ts";
import type { BlockStart, LlmEvent } from "../../src/llm/event.ts";
import type { OutputPart } from "../../src/llm/request.ts";
import { NO_USAGE } from "../../src/llm/usage.ts";

const stop = { unified: "stop", raw: "stop" } as const;
const start: LlmEvent = { type: "start", id: "r1", model: "m" };
const open = (block: number, choice = 0): BlockStart => ({ type: "block_start", block, choice, kind: "text" });
const delta = (block: number, text: string): LlmEvent => ({ type: "delta", block, text });
const end = (block: number): LlmEvent => ({ type: "block_end", block });
const finish = (choice = 0): LlmEvent => ({ type: "finish", choice, reason: stop });

const anthropic = { vendor: "anthropic", value: "SIG+/==" } as const;
const parts: readonly OutputPart[] = [
  { type: "reasoning", text: "plan\n ", signature: anthropic, redacted: false },
  { type: "reasoning", text: "", signature: { vendor: "anthropic", value: "RED==" }, redacted: true },
  { type: "reasoning", text: "unsigned", signature: null, redacted: false },
  { type: "text", text: " Hello\n" },
  {
    type: "text",
    text: "cited",
    signature: { vendor: "gemini", value: "G" },
    citations: [{ url: "https://a", title: "t", citedText: null, start: 0, end: 5 }],
  },
  { type: "text", text: "", signature: { vendor: "gemini", value: "G2" } },
  { type: "refusal", text: "No." },
  { type: "tool_call", id: "c1", name: "f", arguments: '{"a":1}', signature: { vendor: "gemini", value: "S" } },
  { type: "tool_call", id: "c2", name: "g", arguments: "{}", signature: null },
  { type: "image", mediaType: "image/png", source: { kind: "data", base64: "iVBO" }, name: null, detail: null },
  { type: "audio", mediaType: "audio/wav", source: { kind: "data", base64: "UklG" }, name: null, detail: null },
  {
    type: "file",
    mediaType: "application/pdf",
    source: { kind: "data", base64: "JVBE" },
    name: null,
    detail: null,
    signature: { vendor: "gemini", value: "F" },
  },
];
const answer: LlmAnswer = {
  id: "r1",
  model: "m",
  choices: [
    { parts, finish: { unified: "tool_calls", raw: "tool_use" } },
    {
      parts: [{ type: "text", text: "other" }],
      finish: { unified: "refusal", raw: "refusal", explanation: "because" },
    },
    { parts: [], finish: { unified: "stop", raw: null, stopSequence: "END" } },
  ],
  usage: { ...NO_USAGE, inputTokens: 3, outputTokens: 4 },
  rawUsage: { prompt_tokens: 3 },
};

describe("fold", () => {
  test("is the way back from unfold", () => {
    expect(foldEvents(unfoldAnswer(answer))).toEqual({ kind: "answer", answer });
  });

  test("gives the events back that unfold made", () => {
    const events = unfoldAnswer(answer);
    const folded = foldEvents(events);
    if (folded.kind !== "answer") throw new Error(folded.kind);
    expect(unfoldAnswer(folded.answer)).toEqual(events);
  });

  test("joins interleaved blocks, in order of their start", () => {
    const events = [start, open(0), open(1), delta(1, "x"), delta(0, "a"), end(1), delta(0, "b"), end(0), finish()];
    const folded = foldEvents(events);
    expect(folded).toMatchObject({ answer: { choices: [{ parts: [{ text: "ab" }, { text: "x" }] }] } });
  });

  test("keeps choices apart, whichever finished first", () => {
    const events = [open(0, 1), open(1, 0), delta(0, "one"), delta(1, "zero"), end(0), finish(1), end(1), finish(0)];
    expect(foldEvents(events)).toMatchObject({
      answer: { id: null, choices: [{ parts: [{ text: "zero" }] }, { parts: [{ text: "one" }] }] },
    });
  });

  test("takes the last usage and gives calls without arguments an empty object", () => {
    const usage = (inputTokens: number): LlmEvent => ({
      type: "usage",
      usage: { ...NO_USAGE, inputTokens },
      raw: inputTokens,
    });
    const call: LlmEvent = { type: "block_start", block: 0, choice: 0, kind: "tool_call", id: "c", name: "f" };
    expect(foldEvents([start, usage(1), call, end(0), usage(2), finish(), usage(3)])).toMatchObject({
      answer: { usage: { inputTokens: 3 }, rawUsage: 3, choices: [{ parts: [{ arguments: "{}" }] }] },
    });
  });

  test("an error is what counts, whatever came before", () => {
    const error = { status: 502, code: "x", message: "m" };
    expect(foldEvents([start, open(0), delta(0, "a"), { type: "error", error }])).toEqual({ kind: "error", error });
  });

  const truncated: [what: string, events: LlmEvent[]][] = [
    ["nothing", []],
    ["only a start", [start]],
    ["text without a finish", [start, open(0), delta(0, "a"), end(0)]],
    ["one of two choices without a finish", [start, open(0), end(0), open(1, 1), end(1), finish(0)]],
  ];
  test.each(truncated)("%s is truncated", (_what, events) => {
    expect(foldEvents(events)).toEqual({ kind: "truncated" });
  });

  test("passes over what belongs to no block", () => {
    const citation = { url: "u", title: null, citedText: null, start: null, end: null };
    const stray: LlmEvent[] = [
      delta(9, "x"),
      { type: "signature", block: 9, signature: anthropic },
      { type: "citation", block: 9, citation },
    ];
    expect(foldEvents([start, ...stray, finish()])).toMatchObject({
      kind: "answer",
      answer: { choices: [{ parts: [] }] },
    });
  });
});

describe("unfold", () => {
  test("numbers blocks through all choices and closes each", () => {
    const events = unfoldAnswer(answer);
    const starts = events.filter((event) => event.type === "block_start").map(({ block }) => block);
    const ends = events.filter((event) => event.type === "block_end").map(({ block }) => block);
    expect(starts).toEqual([...Array(parts.length + 1).keys()]);
    expect(ends).toEqual(starts);
    expect(events.some((event) => event.type === "delta" && event.text === "")).toBe(false);
  });

  const elsewhere: [source: Extract<OutputPart, { type: "image" | "audio" | "file" }>["source"], text: string][] = [
    [{ kind: "url", url: "https://a/b.png" }, "https://a/b.png"],
    [{ kind: "file_id", id: "file-1" }, "file-1"],
    [{ kind: "text", text: "body" }, "body"],
  ];
  test.each(elsewhere)("media that is not there as bytes is named: %j", (source, text) => {
    const part: OutputPart = { type: "image", mediaType: null, source, name: null, detail: null };
    const events = unfoldAnswer({ ...answer, choices: [{ parts: [part], finish: stop }] });
    expect(events.slice(1, 3)).toEqual([open(0), delta(0, text)]);
  });

  test("bytes of an unknown kind are a file", () => {
    const part: OutputPart = {
      type: "file",
      mediaType: null,
      source: { kind: "data", base64: "AA==" },
      name: null,
      detail: null,
    };
    const events = unfoldAnswer({ ...answer, usage: null, choices: [{ parts: [part], finish: stop }] });
    expect(events[1]).toMatchObject({ kind: "media", mediaType: "application/octet-stream" });
    expect(events.at(-1)?.type).toBe("finish");
  });
});
