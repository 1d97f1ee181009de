import { describe, expect, test } from "bun:test";
import { JsonTail } from "../../src/lib/json-tail.ts";

const usage = new JsonTail("usage");
const read = (text: string) => usage.read(Buffer.from(text));
const COUNTS = { prompt_tokens: 12, completion_tokens: 34 };

describe("the end of a JSON object", () => {
  test.each([
    ['{"id":"a","usage":{"n":1}}', { n: 1 }],
    ['{\n  "id": "a",\n  "usage" : {\n    "n": 1\n  },\n  "service_tier": "default"\n}\n', { n: 1 }],
    ['{"usage":null}', null],
    ['{"usage":{"n":1},"usage":{"n":2}}', { n: 2 }],
    ['{"usage":{"n":1},"us\\u0061ge":{"n":2}}', { n: 2 }],
    ['{"choices":[{"usage":{"n":1}}],"usage":{"n":2},"note":"Grüße"}', { n: 2 }],
    ['{"content":"say \\"usage\\": {} and ,\\"usage\\":{}","usage":{"n":2}}', { n: 2 }],
    ['{"usage":{"n":2},"text":"\\"usage\\": 7"}', { n: 2 }],
  ])("tells the field's value: %s", (text, value) => {
    expect(read(text)).toEqual(value);
  });

  test.each([
    ["there is no such field", '{"id":"a"}'],
    ["it is another object's", '{"usage":{"n":1},"last":{"usage":{"n":2}}}'],
    ["it is another object's, in a list", '{"usage":{"n":1},"list":[1,{"usage":{"n":2}}]}'],
    ["it is a value", '{"usage":{"n":1},"word":"usage"}'],
    ["it is in a list of words", '{"usage":{"n":1},"words":["a","usage"]}'],
    ["it is the end of another name", '{"usage":{"n":1},"my \\"usage":{"n":2}}'],
    ["it is the end of another name, behind a backslash of its own", '{"usage":{"n":1},"my \\\\\\"usage":{"n":2}}'],
    ["the text is a list", '[{"usage":{"n":1}}]'],
    ["something follows", '{"usage":{"n":1}} and more'],
    ["it ends too early", '{"usage":{"n":1}'],
    ["a brace is too many", '{"usage":{"n":1}}}'],
    ["it stands too far from the end", `{"usage":{"n":1},"text":"${"x".repeat(5000)}"}`],
    ["there is nothing", ""],
  ])("tells nothing when %s", (_why, text) => {
    expect(read(text)).toBeUndefined();
  });

  test("is never taken for something that parsing the whole text would not give", () => {
    const random = lcg(7);
    let told = 0;
    for (let round = 0; round < 20_000; round++) {
      const text = objectText(random, 0);
      const found = read(text);
      if (found === undefined) continue;
      told++;
      const whole = JSON.parse(text) as Record<string, unknown>;
      expect<unknown>({ text, found }).toEqual({ text, found: whole.usage });
    }
    expect(told).toBeGreaterThan(2000);
  });
});

const NAMES = [
  '"usage"',
  '"usage"',
  '"usage"',
  '"us\\u0061ge"',
  '"a \\"usage"',
  '"usage\\""',
  '"\\\\"',
  '"id"',
  '"Grüße"',
];
const WORDS = [
  '"usage"',
  '"\\"usage\\":{\\"n\\":1}}"',
  '"}"',
  '"{"',
  '"\\\\"',
  '"\\\\\\"usage"',
  '","',
  "1",
  "null",
  JSON.stringify(COUNTS),
];
const SPACES = ["", "", "", " ", "\n  "];

/** A valid object full of what could be mistaken. */
function objectText(random: () => number, depth: number): string {
  const one = (of: readonly string[]) => of[Math.floor(random() * of.length)]!;
  const value = (): string => {
    const kind = random();
    if (depth < 3 && kind < 0.25) return objectText(random, depth + 1);
    if (depth < 3 && kind < 0.4) return `[${Array.from({ length: Math.floor(random() * 3) }, value).join(",")}]`;
    return one(WORDS);
  };
  const field = () => `${one(SPACES)}${one(NAMES)}${one(SPACES)}:${one(SPACES)}${value()}${one(SPACES)}`;
  return `{${Array.from({ length: Math.floor(random() * 5) }, field).join(",")}}`;
}

function lcg(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
