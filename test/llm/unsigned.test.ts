import { describe, expect, test } from "bun:test";
import type { LlmEvent } from "../../src/llm/event.ts";
import { EMPTY_REQUEST, type LlmRequest, type OutputPart } from "../../src/llm/request.ts";
import { TurnRecorder } from "../../src/llm/turn-recorder.ts";
import { KEY_BOUND, SIGNATURE_VENDORS, withoutSignatures } from "../../src/llm/unsigned.ts";

const by = (vendor: "gemini" | "anthropic") => ({ vendor, value: "x" }) as const;
const request = (parts: readonly OutputPart[]): LlmRequest => ({
  ...EMPTY_REQUEST,
  messages: [
    { role: "user", parts: [{ type: "text", text: "u" }] },
    { role: "assistant", parts },
  ],
});
const partsOf = ({ messages }: LlmRequest) => (messages[1] as { parts: readonly OutputPart[] }).parts;

describe("a conversation without signatures", () => {
  const call = { type: "tool_call", id: "c", name: "n", arguments: "{}" } as const;
  const signed = request([
    { type: "reasoning", text: "a", signature: by("gemini"), redacted: false },
    { type: "reasoning", text: "", signature: by("gemini"), redacted: true },
    { type: "reasoning", text: "b", signature: by("anthropic"), redacted: false },
    { type: "text", text: "", signature: by("gemini") },
    { type: "text", text: "t", signature: by("gemini") },
    { ...call, signature: by("gemini") },
  ]);

  test("keeps what stands beside them, and those of other vendors", () => {
    expect(partsOf(withoutSignatures(signed, KEY_BOUND))).toEqual([
      { type: "reasoning", text: "a", signature: null, redacted: false },
      { type: "reasoning", text: "b", signature: by("anthropic"), redacted: false },
      { type: "text", text: "t" },
      { ...call, signature: null },
    ]);
  });

  test("is the same object when there are none", () => {
    const bare = withoutSignatures(signed, SIGNATURE_VENDORS);
    expect(withoutSignatures(bare, SIGNATURE_VENDORS)).toBe(bare);
  });
});

describe("the recorder of a stream", () => {
  const stream = (size: number): LlmEvent[] => [
    { type: "start", id: null, model: null },
    { type: "block_start", block: 0, choice: 0, kind: "reasoning", redacted: false },
    { type: "delta", block: 0, text: "x".repeat(size) },
    { type: "signature", block: 0, signature: by("anthropic") },
    { type: "block_end", block: 0 },
    { type: "block_start", block: 1, choice: 0, kind: "text" },
    { type: "delta", block: 1, text: "said" },
    { type: "block_start", block: 2, choice: 0, kind: "tool_call", id: "c", name: "n" },
    { type: "finish", choice: 0, reason: { unified: "tool_calls", raw: null } },
  ];
  const record = (events: readonly LlmEvent[]) => {
    const recorder = new TurnRecorder();
    for (const event of events) recorder.take(event);
    return recorder.turns();
  };

  test("keeps thoughts and calls", () => {
    const [turn] = record(stream(3));
    expect(turn!.calls).toMatchObject([
      { id: "c", what: "n {}", reasoning: [{ text: "xxx", signature: by("anthropic") }] },
    ]);
  });

  test("keeps nothing of an answer without calls, and nothing that is too long", () => {
    expect(record(stream(3).filter((event) => !("block" in event) || event.block !== 2))).toEqual([]);
    expect(record(stream(2_000_001))).toEqual([]);
  });
});
