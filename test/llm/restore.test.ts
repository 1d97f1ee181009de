import { describe, expect, test } from "bun:test";
import {
  EMPTY_REQUEST,
  type LlmRequest,
  type OutputPart,
  type ReasoningPart,
  type ToolCallPart,
} from "../../src/llm/request.ts";
import { type RememberedTurn, rememberTurn, restoreTurns } from "../../src/llm/restore.ts";
import type { Signature } from "../../src/llm/signature.ts";

const signed = (text: string, value: string): ReasoningPart => ({
  type: "reasoning",
  text,
  signature: { vendor: "anthropic", value },
  redacted: false,
});
const unsigned = (text: string): ReasoningPart => ({ type: "reasoning", text, signature: null, redacted: false });
const call = (
  id: string,
  signature: Signature | null = null,
  args = '{"city":"R","n":[1,{"b":1,"a":2}]}',
): ToolCallPart => ({
  type: "tool_call",
  id,
  name: "get_weather",
  arguments: args,
  signature,
});
const text = (words: string): OutputPart => ({ type: "text", text: words });
const gemini: Signature = { vendor: "gemini", value: "S1" };

const request = (...parts: OutputPart[]): LlmRequest => ({
  ...EMPTY_REQUEST,
  messages: [
    { role: "user", parts: [{ type: "text", text: "w" }] },
    { role: "assistant", parts },
    { role: "tool", results: [] },
  ],
});

/** The parts that go up when the answer was `answered` and the client sends `sent`. */
function restored(answered: readonly OutputPart[], ...sent: OutputPart[]): readonly OutputPart[] {
  const message = restoreTurns(request(...sent), lookup(rememberTurn(answered))).messages[1];
  return message?.role === "assistant" ? message.parts : [];
}

function lookup(turn: RememberedTurn | null): (id: string) => RememberedTurn | null {
  return (id) => (turn?.calls.some((each) => each.id === id) ? turn : null);
}

describe("a turn", () => {
  const table: [what: string, answered: OutputPart[], sent: OutputPart[], expected: OutputPart[]][] = [
    [
      "of a client that keeps nothing gets thoughts and signatures back",
      [signed("plan", "A"), signed("", "B"), call("c1", gemini), call("c2")],
      [call("c1"), call("c2")],
      [signed("plan", "A"), signed("", "B"), call("c1", gemini), call("c2")],
    ],
    [
      "opens with its thoughts, also when words stand before the call",
      [signed("plan", "A"), text("Looking."), call("c1")],
      [text("Looking."), call("c1")],
      [signed("plan", "A"), text("Looking."), call("c1")],
    ],
    [
      "has each thought before its own call",
      [signed("a", "A"), call("c1"), signed("b", "B"), call("c2")],
      [call("c1"), call("c2")],
      [signed("a", "A"), call("c1"), signed("b", "B"), call("c2")],
    ],
    [
      "keeps thoughts of calls that the client left out",
      [signed("a", "A"), call("c1"), signed("b", "B"), call("c2", gemini)],
      [call("c2")],
      [signed("a", "A"), signed("b", "B"), call("c2", gemini)],
    ],
    [
      "whose thoughts came without a signature gets them back too",
      [unsigned("hm"), call("c1")],
      [call("c1")],
      [unsigned("hm"), call("c1")],
    ],
    [
      "whose thoughts the client echoed without their signature gets the signed ones",
      [signed("plan", "A"), call("c1")],
      [unsigned("plan"), call("c1")],
      [signed("plan", "A"), call("c1")],
    ],
    [
      "whose signed thoughts the client sent itself stays",
      [signed("plan", "A"), call("c1", gemini)],
      [signed("mine", "X"), call("c1")],
      [signed("mine", "X"), call("c1", gemini)],
    ],
    [
      "whose calls the client signed itself stays",
      [call("c1", gemini)],
      [call("c1", { vendor: "gemini", value: "own" })],
      [call("c1", { vendor: "gemini", value: "own" })],
    ],
    [
      "without remembered thoughts keeps those that the client sent",
      [call("c1", gemini)],
      [unsigned("mine"), call("c1")],
      [unsigned("mine"), call("c1", gemini)],
    ],
    [
      "with calls of another answer leaves those alone",
      [signed("a", "A"), call("c1")],
      [call("c0"), call("c1")],
      [signed("a", "A"), call("c0"), call("c1")],
    ],
    [
      "is found again when the client wrote the arguments anew",
      [signed("a", "A"), call("c1")],
      [call("c1", null, '{ "n": [1, {"a": 2, "b": 1}], "city": "R" }')],
      [signed("a", "A"), call("c1", null, '{ "n": [1, {"a": 2, "b": 1}], "city": "R" }')],
    ],
    [
      "is found again by arguments that are no JSON",
      [signed("a", "A"), call("c1", null, "{broken")],
      [call("c1", null, "{broken")],
      [signed("a", "A"), call("c1", null, "{broken")],
    ],
    [
      "of another call with the same id is not taken for it",
      [signed("a", "A"), call("functions.get_weather:0", gemini)],
      [call("functions.get_weather:0", null, '{"city":"O"}')],
      [call("functions.get_weather:0", null, '{"city":"O"}')],
    ],
    [
      "of the same id with another name is not taken for it",
      [signed("a", "A"), call("c1")],
      [{ ...call("c1"), name: "get_time" }],
      [{ ...call("c1"), name: "get_time" }],
    ],
  ];
  test.each(table)("%s", (_what, answered, sent, expected) => {
    expect(restored(answered, ...sent)).toEqual(expected);
  });

  test("is put back once for each answer that it belongs to", () => {
    const turn = lookup(rememberTurn([signed("a", "A"), call("c1")]));
    const { messages } = restoreTurns(
      { ...EMPTY_REQUEST, messages: [...request(call("c1")).messages, ...request(call("c9")).messages] },
      turn,
    );
    expect(messages[1]).toEqual({ role: "assistant", parts: [signed("a", "A"), call("c1")] });
    expect(messages[4]).toEqual({ role: "assistant", parts: [call("c9")] });
  });
});

describe("a request", () => {
  test("of which nothing is remembered is given back itself", () => {
    const before = request(text("x"), call("c1"));
    expect(restoreTurns(before, () => null)).toBe(before);
    expect(restoreTurns(before, () => ({ calls: [] }))).toBe(before);
  });
});

describe("remembering", () => {
  const forgettable: [what: string, parts: OutputPart[]][] = [
    ["nothing", []],
    ["thoughts without a call", [signed("a", "A"), text("x")]],
    ["calls that nobody signed", [text("x"), call("c1"), call("c2")]],
    ["thoughts after the last call", [call("c1"), signed("a", "A")]],
  ];
  test.each(forgettable)("%s is not worth it", (_what, parts) => {
    expect(rememberTurn(parts)).toBeNull();
  });

  test("keeps all calls of a turn in which one is worth it", () => {
    expect(rememberTurn([call("c1", gemini), call("c2")])?.calls.map(({ id, signature }) => [id, signature])).toEqual([
      ["c1", gemini],
      ["c2", null],
    ]);
  });
});
