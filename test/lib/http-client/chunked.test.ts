import { describe, expect, test } from "bun:test";
import { ChunkedDecoder } from "../../../src/lib/http-client/chunked.ts";
import { MalformedError } from "../../../src/lib/http-client/errors.ts";

/** What comes of these blocks, and how much of the last one was part of the message. */
function decode(...blocks: readonly string[]): { text: string; isDone: boolean; end: number; views: number } {
  const decoder = new ChunkedDecoder();
  const result = { text: "", isDone: false, end: 0, views: 0 };
  for (const block of blocks) {
    const { data, end } = decoder.decode(Buffer.from(block, "latin1"), 0);
    if (data !== null) {
      result.text += Buffer.from(data).toString("latin1");
      result.views++;
    }
    result.end = end;
  }
  return { ...result, isDone: decoder.isDone };
}

describe("the chunked coding", () => {
  test("gives the chunks of a block as one view", () => {
    expect(decode("5\r\nhello\r\n1\r\n,\r\nA;x=y\r\n 123456789\r\n0\r\n\r\n")).toEqual({
      text: "hello, 123456789",
      isDone: true,
      end: 40,
      views: 1,
    });
  });

  test("gives views into the block itself, from where the body starts", () => {
    const block = Buffer.from("HEAD3\r\nabc\r\n");
    const { data } = new ChunkedDecoder().decode(block, 4);
    expect(data!.buffer).toBe(block.buffer);
    expect(Buffer.from(data!).toString()).toBe("abc");
  });

  test("says where the message ends", () => {
    const { isDone, end } = decode("1\r\na\r\n0\r\n\r\nHTTP/1.1 200 OK");
    expect([isDone, end]).toEqual([true, 11]);
  });

  test("skips extensions, blanks after the size, and trailers", () => {
    expect(decode('00005 ;a="b"\r\nhello\r\n0  \r\nTrailer: 1\r\nAnother: 2\r\n\r\n')).toMatchObject({
      text: "hello",
      isDone: true,
    });
  });

  test("takes sizes of either case up to a terabyte", () => {
    expect(decode("aB\r\n").isDone).toBe(false);
    expect(decode("10000000000\r\nx").text).toBe("x");
    expect(() => decode("10000000001\r\n")).toThrow(MalformedError);
    expect(() => decode("00000000000000001\r\n")).toThrow(MalformedError);
  });

  test("is the same wherever it is cut", () => {
    const whole = "5;ext\r\nhello\r\n10\r\n0123456789abcdef\r\n1\r\n!\r\n0\r\nT: 1\r\n\r\n";
    for (let first = 0; first <= whole.length; first++) {
      for (let second = first; second <= whole.length; second++) {
        const { text, isDone } = decode(whole.slice(0, first), whole.slice(first, second), whole.slice(second));
        expect([text, isDone]).toEqual(["hello0123456789abcdef!", true]);
      }
    }
  });

  test.each([
    ["no size", "\r\nhello\r\n"],
    ["a size that is no number", "xyz\r\n"],
    ["a negative size", "-1\r\n"],
    ["a prefixed size", "0x5\r\nhello\r\n"],
    ["a blank before the size", " 5\r\nhello\r\n"],
    ["a size line that ends in LF", "5\nhello\r\n"],
    ["a CR alone after the size", "5\rhello\r\n"],
    ["an extension that ends in LF", "5;a\nhello\r\n"],
    ["a bare CR in an extension", "5;a\rb\r\nhello\r\n"],
    ["an endless extension", `5;${"x".repeat(5_000)}`],
    ["no line end after the data", "5\r\nhelloX\r\n"],
    ["LF alone after the data", "5\r\nhello\n"],
    ["more data than announced", "3\r\nhello\r\n"],
    ["a trailer that ends in LF", "0\r\nA: 1\n\r\n"],
    ["LF alone at the end", "0\r\n\n"],
    ["a CR alone at the end", "0\r\n\rX"],
    ["a CR alone after a trailer", "0\r\nA: 1\rX"],
    ["endless trailers", `0\r\n${"A: 1\r\n".repeat(5_000)}`],
  ])("is refused with %s", (_what, text) => {
    expect(() => decode(text)).toThrow(MalformedError);
  });
});
