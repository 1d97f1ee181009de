import { describe, expect, test } from "bun:test";
import { MalformedError } from "../../../src/lib/http-client/errors.ts";
import { framingOf } from "../../../src/lib/http-client/framing.ts";
import { hasHeadEnd, parseResponseHead } from "../../../src/lib/http-client/response-head.ts";

const LIMIT = 65_536;
const parse = (text: string, limit = LIMIT) => parseResponseHead(Buffer.from(text, "latin1"), limit);
const framing = (headers: string, { status = 200, method = "POST", version = "1.1" } = {}) =>
  framingOf(parse(`HTTP/${version} ${status} X\r\n${headers}\r\n`), method);

describe("a response head", () => {
  test("is read with its status, its headers in any case, and where it ends", () => {
    const head = parse(
      "HTTP/1.1 429 Too Many\r\nContent-TYPE:text/plain\r\nRetry-After: \t 3 \t\r\nEmpty:\r\n\r\nbody\n\r\n",
    );
    expect([head.status, head.minorVersion, head.byteLength]).toEqual([429, 1, 78]);
    expect([head.get("content-type"), head.get("retry-after"), head.get("empty"), head.get("retry")]).toEqual([
      "text/plain",
      "3",
      "",
      null,
    ]);
  });

  test("joins repeated fields and keeps the bytes of values", () => {
    const head = parse("HTTP/1.0 200\r\nA: 1\r\nb: x\xe4\r\na: 2, 3\r\n\r\n");
    expect([head.get("a"), head.get("b"), head.minorVersion]).toEqual(["1, 2, 3", "x\xe4", 0]);
  });

  test("may have lines that end in LF alone, as fetch and curl take them", () => {
    const head = parse("HTTP/1.1 200 OK\nA: 1\nB: 2\r\n\nbody\n\r\n");
    expect([head.get("a"), head.get("b"), head.byteLength]).toEqual(["1", "2", 28]);
    expect(parse("HTTP/1.1 200 OK\n\n").byteLength).toBe(17);
  });

  test("ends where the blank line is", () => {
    expect(hasHeadEnd(Buffer.from("HTTP/1.1 200 OK\r\nA: 1\r\n"))).toBe(false);
    expect(hasHeadEnd(Buffer.from("HTTP/1.1 200 OK\r\nA: 1\r\n\r\n"))).toBe(true);
    expect(hasHeadEnd(Buffer.from("HTTP/1.1 200 OK\r\nA: 1\n\n"))).toBe(true);
    expect(hasHeadEnd(Buffer.from("a\n\n..."), 3)).toBe(false);
  });

  const bad: [what: string, text: string][] = [
    ["no HTTP", "SSH-2.0-OpenSSH_9.6\r\n\r\n"],
    ["another major version", "HTTP/2.0 200 OK\r\n\r\n"],
    ["no minor version", "HTTP/1 200 OK\r\n\r\n"],
    ["lower case", "http/1.1 200 OK\r\n\r\n"],
    ["a blank line first", "\r\nHTTP/1.1 200 OK\r\n\r\n"],
    ["two blanks before the status", "HTTP/1.1  200 OK\r\n\r\n"],
    ["a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"],
    ["a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n"],
    ["a status with a letter", "HTTP/1.1 2O0 OK\r\n\r\n"],
    ["a status below 100", "HTTP/1.1 099 OK\r\n\r\n"],
    ["a short line", "HTTP/1.1\r\nA: 1\r\n\r\n"],
    ["a bare CR in the status line", "HTTP/1.1 200 O\rK\r\n\r\n"],
    ["white space before the colon", "HTTP/1.1 200 OK\r\nA : 1\r\n\r\n"],
    ["a folded line", "HTTP/1.1 200 OK\r\nA: 1\r\n 2\r\n\r\n"],
    ["a header before the first", "HTTP/1.1 200 OK\r\n A: 1\r\n\r\n"],
    ["no name", "HTTP/1.1 200 OK\r\n: 1\r\n\r\n"],
    ["no colon", "HTTP/1.1 200 OK\r\nA\r\n\r\n"],
    ["a name with a quote", 'HTTP/1.1 200 OK\r\n"A": 1\r\n\r\n'],
    ["a name with a letter beyond ASCII", "HTTP/1.1 200 OK\r\n\xe4: 1\r\n\r\n"],
    ["a NUL", "HTTP/1.1 200 OK\r\nA: 1\0\r\n\r\n"],
    ["a bare CR in a value", "HTTP/1.1 200 OK\r\nA: 1\rB: 2\r\n\r\n"],
    ["a bare CR at a value's end", "HTTP/1.1 200 OK\r\nA: 1\r\r\n\r\n"],
    ["a bare CR among lines that end in LF", "HTTP/1.1 200 OK\nA: 1\nB: 2\r3\n\n"],
  ];
  test.each(bad)("is refused with %s", (_what, text) => {
    expect(() => parse(text)).toThrow(MalformedError);
  });

  test("is refused beyond the limit, up to which it is taken", () => {
    const head = `HTTP/1.1 200 OK\r\nA: ${"x".repeat(100)}\r\n\r\n`;
    expect(parse(head, head.length).get("a")).toHaveLength(100);
    expect(() => parse(head, head.length - 1)).toThrow("too long");
  });
});

describe("the end of an answer", () => {
  const cases: [what: string, headers: string, options: Parameters<typeof framing>[1], expected: unknown[]][] = [
    ["by length", "content-length: 12\r\n", {}, ["length", 12, true]],
    ["by equal lengths", "content-length: 12\r\nContent-Length: 12, 12\r\n", {}, ["length", 12, true]],
    ["by chunks", "transfer-encoding: CHUNKED\r\n", {}, ["chunked", null, true]],
    [
      "by chunks, whatever the length says",
      "transfer-encoding: chunked\r\ncontent-length: 5\r\n",
      {},
      ["chunked", null, false],
    ],
    [
      "by chunks in HTTP/1.0",
      "transfer-encoding: chunked\r\nconnection: keep-alive\r\n",
      { version: "1.0" },
      ["chunked", null, false],
    ],
    ["by the close", "", {}, ["until_close", null, false]],
    ["without a body: 204", "content-length: 12\r\n", { status: 204 }, ["length", 0, true]],
    ["without a body: 304", "transfer-encoding: chunked\r\n", { status: 304 }, ["length", 0, true]],
    ["without a body: HEAD", "content-length: 12\r\n", { method: "HEAD" }, ["length", 0, true]],
    ["with connection: close", "content-length: 1\r\nConnection: X, Close\r\n", {}, ["length", 1, false]],
    ["in HTTP/1.0", "content-length: 1\r\n", { version: "1.0" }, ["length", 1, false]],
    [
      "in HTTP/1.0 with keep-alive",
      "content-length: 1\r\nconnection: Keep-Alive\r\n",
      { version: "1.0" },
      ["length", 1, true],
    ],
  ];
  test.each(cases)("%s", (_what, headers, options, expected) => {
    const { kind, length, keepsAlive } = framing(headers, options);
    expect([kind, length, keepsAlive]).toEqual(expected as never);
  });

  test.each([
    ["two lengths that differ", "content-length: 1\r\ncontent-length: 2\r\n"],
    ["a list that differs", "content-length: 1, 2\r\n"],
    ["a sign", "content-length: +1\r\n"],
    ["a negative length", "content-length: -1\r\n"],
    ["a fraction", "content-length: 1.5\r\n"],
    ["hexadecimal digits", "content-length: 0x10\r\n"],
    ["nothing", "content-length:\r\n"],
    ["more than can be counted", `content-length: ${"9".repeat(20)}\r\n`],
    ["another coding", "transfer-encoding: gzip\r\n"],
    ["chunked and another", "transfer-encoding: gzip, chunked\r\n"],
    ["chunked twice", "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n"],
    ["a misspelt coding", "transfer-encoding: xchunked\r\n"],
  ])("is refused with %s", (_what, headers) => {
    expect(() => framing(headers)).toThrow(MalformedError);
  });
});
