import { expect, test } from "bun:test";
import { readRange } from "../../src/lib/byte-range.ts";

test.each([
  [null, null],
  ["bytes=0-", { start: 0, end: 10 }],
  ["bytes=0-0", { start: 0, end: 1 }],
  ["bytes=3-99", { start: 3, end: 10 }],
  ["bytes=-4", { start: 6, end: 10 }],
  ["bytes=-99", { start: 0, end: 10 }],
  ["bytes=10-", "unsatisfiable"],
  ["bytes=-0", "unsatisfiable"],
  ["bytes=4-2", null],
  ["bytes=-", null],
  ["bytes=0-1,4-5", null],
  ["lines=0-1", null],
] as const)("%p of ten bytes", (header, expected) => {
  expect(readRange(header, 10)).toEqual(expected);
});
