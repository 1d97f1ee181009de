import { expect, test } from "bun:test";
import { withResultNames } from "../../src/llm/pairing.ts";
import { EMPTY_REQUEST, type LlmRequest, type Message } from "../../src/llm/request.ts";

const calls = (...named: [id: string, name: string][]): Message => ({
  role: "assistant",
  parts: [
    { type: "text", text: "x" },
    ...named.map(([id, name]) => ({ type: "tool_call", id, name, arguments: "{}", signature: null }) as const),
  ],
});
const results = (...given: [callId: string, name: string | null][]): Message => ({
  role: "tool",
  results: given.map(([callId, name]) => ({ callId, name, parts: [], isError: false })),
});
const user: Message = { role: "user", parts: [] };
const request = (...messages: Message[]): LlmRequest => ({ ...EMPTY_REQUEST, messages });
const namesOf = ({ messages }: LlmRequest) =>
  messages.flatMap((message) => (message.role === "tool" ? message.results.map(({ name }) => name) : []));

test("results get their names from the calls before them, whatever their order", () => {
  const before = request(user, calls(["c1", "f"], ["c2", "g"]), results(["c2", null], ["c1", null]));
  const after = withResultNames(before);
  expect(namesOf(after)).toEqual(["g", "f"]);
  expect(namesOf(before)).toEqual([null, null]);
  expect(after.messages[0]).toBe(before.messages[0]!);
});

test("names that the client gave stay, and unknown calls stay without", () => {
  expect(namesOf(withResultNames(request(calls(["c1", "f"]), results(["c1", "own"], ["c9", null]))))).toEqual([
    "own",
    null,
  ]);
});

test("an id that is used again names the newer call, and later calls name nothing", () => {
  const twice = request(calls(["c1", "f"]), results(["c1", null]), calls(["c1", "g"]), results(["c1", null]));
  expect(namesOf(withResultNames(twice))).toEqual(["f", "g"]);
  expect(namesOf(withResultNames(request(results(["c1", null]), calls(["c1", "f"]))))).toEqual([null]);
});

test("a request that needs nothing is given back itself", () => {
  const before = request(user, calls(["c1", "f"]), results(["c1", "f"]));
  expect(withResultNames(before)).toBe(before);
});
