import { describe, expect, test } from "bun:test";
import { GatewayError } from "../../src/errors.ts";
import {
  isRecord,
  oneOf,
  optionalBoolean,
  optionalInteger,
  optionalList,
  optionalNumber,
  optionalRecord,
  optionalString,
  readList,
  readRecord,
  readString,
} from "../../src/protocols/fields.ts";

const PATH = "messages[2].content[0].image_url";

function refusalOf(read: () => unknown): GatewayError {
  try {
    read();
  } catch (error) {
    if (error instanceof GatewayError) return error;
  }
  throw new Error("was not refused");
}

type Reader = (value: unknown, path: string) => unknown;
const notSaid = [undefined, null];
const readers: [name: string, read: Reader, good: unknown[], bad: unknown[], expected: string][] = [
  ["readRecord", readRecord, [{}, { a: 1 }], [null, undefined, [], "x", 5], "an object"],
  ["readList", readList, [[], [1]], [null, undefined, {}, "x"], "an array"],
  ["readString", readString, ["", "x"], [null, undefined, 5, {}], "a string"],
  ["optionalRecord", optionalRecord, [{}, { a: 1 }], [[], "x", 0, false], "an object"],
  ["optionalList", optionalList, [[], [1]], [{}, "", 0], "an array"],
  ["optionalString", optionalString, ["", "x"], [5, {}, false], "a string"],
  ["optionalBoolean", optionalBoolean, [true, false], ["true", 0, {}], "true or false"],
  ["optionalNumber", optionalNumber, [0, -1.5, 1e308], ["1", Number.NaN, Number.POSITIVE_INFINITY, []], "a number"],
  ["optionalInteger", optionalInteger, [0, 5, 2 ** 53], [1.5, -1, "1"], ""],
];

describe("readers", () => {
  test.each(readers)("%s gives back what fits", (_name, read, good) => {
    for (const value of good) expect(read(value, PATH)).toBe(value);
  });

  test.each(readers)("%s names the path of what does not", (_name, read, _good, bad, expected) => {
    for (const value of bad) {
      const error = refusalOf(() => read(value, PATH));
      expect(error).toMatchObject({ status: 400, errorClass: "invalid_request", param: PATH });
      expect(error.message).toContain(`\`${PATH}\` must be ${expected}`);
    }
  });

  test.each(readers.filter(([name]) => name.startsWith("optional")))("%s takes null for not said", (name, read) => {
    for (const value of notSaid) expect(read(value, PATH)).toEqual(name === "optionalList" ? [] : null);
  });

  test("whole numbers have a least one", () => {
    expect(optionalInteger(1, PATH, 1)).toBe(1);
    expect(refusalOf(() => optionalInteger(0, PATH, 1)).message).toContain("a whole number of at least 1");
    expect(refusalOf(() => optionalInteger("x", PATH)).message).toContain("a number");
  });

  test("one of a list is shown the list", () => {
    expect(oneOf("low", ["low", "high"], PATH)).toBe("low");
    for (const value of ["LOW", "", null, 5, ["low"]]) {
      expect(refusalOf(() => oneOf(value, ["low", "high"], PATH)).message).toContain('one of "low", "high"');
    }
  });

  test("lists and null are no records", () => {
    expect([{}, [], null, undefined, "x"].map(isRecord)).toEqual([true, false, false, false, false]);
  });
});
