import { describe, expect, test } from "bun:test";
import { concat, decodeLatin1, latin1, splice, utf8 } from "../../src/lib/bytes.ts";

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const edit = (start: number, end: number, with_: string) => ({ start, end, bytes: utf8(with_) });

describe("latin1", () => {
  test("has one character per byte, and leads back to the text", () => {
    const bytes = utf8("Grüße 🦊");
    expect(latin1(bytes)).toHaveLength(bytes.length);
    expect(decodeLatin1(latin1(bytes))).toBe("Grüße 🦊");
    expect(latin1(bytes, 0, 2)).toBe("Gr");
    expect(latin1(bytes, bytes.length)).toBe("");
  });

  test("reads a part of a larger buffer as its own", () => {
    expect(latin1(new Uint8Array(utf8("abcdef").buffer, 2, 3))).toBe("cde");
  });
});

describe("splice", () => {
  const source = utf8("0123456789");
  const cases: [what: string, edits: Parameters<typeof splice>[1], result: string][] = [
    ["a longer text", [edit(2, 4, "abcdef")], "01abcdef456789"],
    ["nothing", [edit(2, 4, "")], "01456789"],
    ["an insertion", [edit(5, 5, "x")], "01234x56789"],
    ["both ends", [edit(0, 1, "a"), edit(9, 10, "b")], "a12345678b"],
    ["neighbours", [edit(2, 4, "x"), edit(4, 6, "y")], "01xy6789"],
    ["everything", [edit(0, 10, "z")], "z"],
  ];
  test.each(cases)("puts in %s", (_, edits, result) => {
    expect(text(splice(source, edits))).toBe(result);
    expect(text(source)).toBe("0123456789");
  });

  test("without edits is free", () => {
    expect(splice(source, [])).toBe(source);
  });
});

test("concat joins, and gives a single part as it is", () => {
  const part = utf8("a");
  expect(concat([part])).toBe(part);
  expect(text(concat([part, utf8(""), utf8("bc")]))).toBe("abc");
  expect(concat([])).toHaveLength(0);
});
