import { describe, expect, test } from "bun:test";
import { JsonObject } from "../../src/lib/json-object.ts";
import { JsonScanError } from "../../src/lib/json-scan.ts";

const read = (text: string, maxDepth = 128) => JsonObject.read(Buffer.from(text), maxDepth);
/** The same object short (parsed) and long (scanned): both must say the same. */
const both = (fields: string) => [read(`{${fields}}`), read(`{${fields},"filler":"${"x".repeat(10_000)}"}`)];

describe("a JSON object, short or long,", () => {
  const values: [source: string, value: unknown][] = [
    ['"text"', "text"],
    ['"Grüße 🦊"', "Grüße 🦊"],
    ['"\\u6a21\\u578b-\\u00e9"', "模型-é"],
    ['"half \\u578b 模"', "half 型 模"],
    ['"\\ud83e\\udd8a"', "🦊"],
    ["1.5", 1.5],
    ["null", null],
    ["[1,[2]]", [1, [2]]],
    ['{"id":"Grüße"}', { id: "Grüße" }],
    ['{"id":"\\u00e9"}', { id: "é" }],
  ];
  test.each(values)("gives the value of %s", (source, value) => {
    for (const object of both(`"a":${source}`)) {
      expect(object.get("a")).toEqual(value);
      expect(object.getOnce("a")).toEqual(value);
      expect(object.has("a")).toBe(true);
    }
  });

  test("knows what is not there, whatever JavaScript's objects have", () => {
    for (const object of both('"a":1')) {
      for (const name of ["b", "toString", "__proto__", "constructor"]) {
        expect(object.has(name)).toBe(false);
        expect(object.get(name)).toBeUndefined();
        expect(object.getOnce(name)).toBeUndefined();
      }
    }
  });

  test.each([
    '"model":"a","model":"b"',
    '"model":"a","mod\\u0065l":"b"',
    '"\\u006dodel":"a","model":"b"',
    '"\\u006d\\u006f\\u0064\\u0065\\u006c":"a","m\\u006fdel":"b"',
  ])("refuses to say which of two fields counts: %s", (fields) => {
    for (const make of [`{${fields}}`, `{${fields},"f":"${"x".repeat(10_000)}"}`]) {
      expect(() => read(make).getOnce("model")).toThrow(JsonScanError);
    }
  });

  test("is not confused by the same word elsewhere", () => {
    for (const object of both('"a":"model","b":{"model":1,"model":2},"model":"m","c":"\\u0041"')) {
      expect(object.getOnce("model")).toBe("m");
    }
  });

  test("is searched as a whole", () => {
    for (const object of both('"a":"mödel","b":{"c":[1]}')) {
      expect(object.includes('"c":[1]')).toBe(true);
      expect(object.includes('"d"')).toBe(false);
    }
  });

  test("may nest to the limit and no further", () => {
    const nested = (levels: number, filler: string) =>
      `{"a":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)},"f":"${filler}"}`;
    for (const filler of ["", "x".repeat(10_000)]) {
      expect(() => read(nested(10, filler), 10)).not.toThrow();
      expect(() => read(nested(11, filler), 10)).toThrow("deeper than 10");
    }
    expect(() => read(`{"a":"${"[".repeat(500)}"}`, 10)).not.toThrow();
  });

  test("is refused with a reason that says where", () => {
    const reason = (text: string) => {
      try {
        read(text);
        return null;
      } catch (error) {
        return error instanceof JsonScanError ? [error.reason, error.message] : error;
      }
    };
    expect(reason("")).toEqual(["syntax", "the body is empty"]);
    expect(reason("[1]")).toEqual(["not_object", "the body is not a JSON object"]);
    expect(reason("7")).toEqual(["not_object", "the body is not a JSON object"]);
    expect(reason('{"a":1,}')).toEqual([
      "syntax",
      "the body is not valid JSON: expected a field name in double quotes at byte 7",
    ]);
    expect(String(reason('{"a":"\n"}'))).toContain("control character");
  });

  test("keeps a byte order mark where it stands", () => {
    for (const object of [read('\ufeff{"a":1}'), read(`\ufeff{"a":1,"f":"${"x".repeat(10_000)}"}`)]) {
      expect(object.get("a")).toBe(1);
      expect(object.scan.fields.get("a")!.keyStart).toBe(4);
    }
  });
});
