import { describe, expect, test } from "bun:test";
import { JsonScanError, parseLatin1, scanJsonObject } from "../../src/lib/json-scan.ts";
import { seededRandom } from "../support/random.ts";
import { cpuMs } from "../support/timing.ts";

const latin1 = (text: string) => Buffer.from(text).toString("latin1");
/** Each field's text as it stands in the source. */
function fieldsOf(text: string): Record<string, string> {
  const source = latin1(text);
  const { fields } = scanJsonObject(source, 128);
  return Object.fromEntries(
    Array.from(fields, ([name, field]) => [
      name,
      Buffer.from(source.slice(field.valueStart, field.valueEnd), "latin1").toString(),
    ]),
  );
}
function reasonOf(text: string, maxDepth = 128): string {
  try {
    scanJsonObject(latin1(text), maxDepth);
  } catch (error) {
    if (error instanceof JsonScanError) return error.reason;
    throw error;
  }
  return "none";
}

describe("the scan of an object", () => {
  const found: [text: string, fields: Record<string, string>][] = [
    ["{}", {}],
    [" \t\r\n{ } \n", {}],
    ['{"a":1}', { a: "1" }],
    [
      '{"a":-0,"b":1.0,"c":1e400,"d":-1.5E-7,"e":9007199254740993}',
      { a: "-0", b: "1.0", c: "1e400", d: "-1.5E-7", e: "9007199254740993" },
    ],
    ['{"a":true,"b":false,"c":null}', { a: "true", b: "false", c: "null" }],
    ['{"a" : "x" , "b":[ 1 , {"a":2} ] }', { a: '"x"', b: '[ 1 , {"a":2} ]' }],
    ['{"a":"}","b":"\\"","c":"\\\\","d":"\\\\\\""}', { a: '"}"', b: '"\\""', c: '"\\\\"', d: '"\\\\\\""' }],
    ['{"":0,"a b":1,"é":2,"\\u00e8":3}', { "": "0", "a b": "1", é: "2", è: "3" }],
    ['{"a":"Grüße 🦊"}', { a: '"Grüße 🦊"' }],
    ['{"a":[],"b":{},"c":[[]],"d":[{}]}', { a: "[]", b: "{}", c: "[[]]", d: "[{}]" }],
    ['\ufeff{"a":1}', { a: "1" }],
    ['{"__proto__":1,"constructor":2}', { ["__proto__"]: "1", constructor: "2" } as never],
  ];
  test.each(found)("finds the fields of %s", (text, fields) => {
    expect(Object.entries(fieldsOf(text))).toEqual(Object.entries(fields));
  });

  test("tells where the object closes, and where a key begins", () => {
    const { closeBrace, fields } = scanJsonObject('{ "a": [1] } ', 8);
    expect(closeBrace).toBe(11);
    expect(fields.get("a")).toEqual({ keyStart: 2, valueStart: 7, valueEnd: 10 });
  });

  const refused: [text: string, reason: string][] = [
    ["", "syntax"],
    ["  ", "syntax"],
    ["[]", "not_object"],
    ["null", "not_object"],
    ['"{}"', "not_object"],
    ["{", "syntax"],
    ['{"a"', "syntax"],
    ['{"a":', "syntax"],
    ['{"a":1', "syntax"],
    ['{"a":"', "syntax"],
    ['{"a":"\\"}', "syntax"],
    ['{"a":1,}', "syntax"],
    ['{,"a":1}', "syntax"],
    ["{a:1}", "syntax"],
    ['{"a" 1}', "syntax"],
    ['{"a":1 "b":2}', "syntax"],
    ['{"a":1}}', "syntax"],
    ['{"a":1} x', "syntax"],
    ['{"a":[1,]}', "syntax"],
    ['{"a":[1}', "syntax"],
    ['{"a":{"b":1]}', "syntax"],
    ['{"a":01}', "syntax"],
    ['{"a":1.}', "syntax"],
    ['{"a":.5}', "syntax"],
    ['{"a":+1}', "syntax"],
    ['{"a":1e}', "syntax"],
    ['{"a":truex}', "syntax"],
    ['{"a":True}', "syntax"],
    ['{"a":NaN}', "syntax"],
    ['{"a":1/**/}', "syntax"],
    ['{"\\x":1}', "syntax"],
    ['{"a":1,"a":2}', "duplicate"],
    ['{"model":1,"mod\\u0065l":2}', "duplicate"],
    ['{"é":1,"\\u00e9":2}', "duplicate"],
  ];
  test.each(refused)("refuses %s: %s", (text, reason) => {
    expect(reasonOf(text)).toBe(reason);
  });

  test("allows a doubled field further inside, which routes nothing", () => {
    expect(reasonOf('{"a":{"b":1,"b":2}}')).toBe("none");
  });

  test("counts the nesting of objects and lists alike, the outer object included", () => {
    expect(reasonOf('{"a":[{"b":[1]}]}', 4)).toBe("none");
    expect(reasonOf('{"a":[{"b":[1]}]}', 3)).toBe("depth");
    expect(reasonOf(`{"a":${"[".repeat(1_000_000)}`)).toBe("depth");
  });

  test("takes linear time, whatever the bytes", () => {
    const spentMs = cpuMs(() => {
      reasonOf(`{"a":"${"\\".repeat(1_000_000)}"}`);
      reasonOf(`{"a":"${'\\"'.repeat(500_000)}"}`);
      reasonOf(`{"a":${"1".repeat(1_000_000)}}`);
      reasonOf(`{"a":[${'"x",'.repeat(200_000)}1]}`);
      reasonOf(`{${Array.from({ length: 50_000 }, (_, index) => `"k${index}":1`).join(",")}}`);
    });
    expect(spentMs).toBeLessThan(1000);
  });
});

test.each([
  ['{"a":[1,-2.5e3,{"b":"x\\"y","c":null}],"d":true,"e":"\\\\","f":{}}'],
  // Strings whose end is not near their beginning.
  [
    '{"a":"twelve chars\\\\\\"\\\\ and more","b":["fourteen chars\\\\\\\\",{ "c d e f g h i j k l" : "\\"" }],"e":"fifteen chars..\\""}',
  ],
])("agrees with JSON.parse on every mutilation of %s", (source) => {
  const random = seededRandom(11);
  const spare = '{}[]",:\\ 019.-eEtnu';
  for (let round = 0; round < 4000; round++) {
    let text = source;
    for (let edit = 0; edit < 1 + Math.floor(random() * 2); edit++) {
      const at = Math.floor(random() * text.length);
      const cut = random() < 0.5 ? 1 : 0;
      text =
        text.slice(0, at) + (random() < 0.7 ? spare[Math.floor(random() * spare.length)]! : "") + text.slice(at + cut);
    }
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      parsed = undefined;
    }
    const reason = reasonOf(text);
    const isObject = typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
    // Escapes and control characters inside strings are not the scan's business.
    if (isObject) expect([text, reason]).toEqual([text, reason === "duplicate" ? "duplicate" : "none"]);
    else if (parsed !== undefined) expect([text, reason]).toEqual([text, "not_object"]);
    else if (reason === "none") expect(text).toMatch(/\\/);
    if (!isObject || reason !== "none") continue;
    const fields = fieldsOf(text);
    expect(Object.keys(fields)).toEqual(Object.keys(parsed as object));
    for (const [name, raw] of Object.entries(fields)) {
      expect(JSON.parse(raw)).toEqual((parsed as Record<string, unknown>)[name]);
    }
  }
});

test("a value is parsed from its latin1 text, escapes and bytes alike", () => {
  expect(parseLatin1(latin1('"Grüße \\u00e9 \\ud83e\\udd8a 🦊"'))).toBe("Grüße é 🦊 🦊");
  expect(parseLatin1("[1.5,null]")).toEqual([1.5, null]);
  expect(() => parseLatin1('"\\x"')).toThrow(SyntaxError);
});
