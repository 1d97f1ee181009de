import { expect, test } from "bun:test";
import { parseExactly } from "../../src/lib/exact-json.ts";

test("numbers are written again as they were read", () => {
  const text =
    '{"seed":9007199254740993,"a":[1.0,-0,1e3,12345678901234567890,0.1,7],"deep":{"x":[{"y":1E400}]},"s":"1.0"}';
  expect(JSON.stringify(parseExactly(text))).toBe(text);
});

test("ordinary numbers stay numbers", () => {
  expect(parseExactly('{"a":[1,-2.5,0],"b":null,"c":true}')).toEqual({ a: [1, -2.5, 0], b: null, c: true });
});
