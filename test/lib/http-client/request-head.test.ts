import { describe, expect, test } from "bun:test";
import { MalformedError } from "../../../src/lib/http-client/errors.ts";
import { writeRequestHead } from "../../../src/lib/http-client/request-head.ts";
import type { HttpRequest } from "../../../src/lib/http-client/types.ts";

const peer = { key: "k", address: "127.0.0.1", port: 1, tlsName: null };
const write = (request: Partial<HttpRequest>, headers: Readonly<Record<string, string>> = {}) =>
  writeRequestHead({
    peer,
    method: "POST",
    target: "/",
    body: null,
    headers: { host: "a.test", ...headers },
    ...request,
  });
const stream = () => new Blob(["x"]).stream() as ReadableStream<Uint8Array>;

describe("a request head", () => {
  test("is the line, the headers as given, and the body's length", () => {
    expect(write({ target: "/a?b=%20", body: new Uint8Array(7) }, { "x-a": "1 \t\xe4" })).toBe(
      "POST /a?b=%20 HTTP/1.1\r\nhost: a.test\r\nx-a: 1 \t\xe4\r\ncontent-length: 7\r\n\r\n",
    );
  });

  test("says how the body ends", () => {
    const lines = (request: Partial<HttpRequest>, headers?: Readonly<Record<string, string>>) =>
      write(request, headers).split("\r\n").slice(2, -2);
    expect(lines({ method: "GET" })).toEqual([]);
    expect(lines({ method: "POST" })).toEqual(["content-length: 0"]);
    expect(lines({ body: new Uint8Array(3) }, { "content-length": "99" })).toEqual(["content-length: 3"]);
    expect(lines({ body: stream() })).toEqual(["transfer-encoding: chunked"]);
    expect(lines({ body: stream() }, { "content-length": "99" })).toEqual(["content-length: 99"]);
  });

  test("is the same for frozen headers, whenever they are given, and never for those that may change", () => {
    const frozen = Object.freeze({ host: "a.test", "x-a": "1" });
    const other = Object.freeze({ host: "a.test", "x-a": "2" });
    const open = { host: "a.test", "x-a": "1" };
    for (const value of ["1", "2"]) {
      expect(write({ headers: frozen })).toContain("\r\nx-a: 1\r\n");
      expect(write({ headers: other })).toContain("\r\nx-a: 2\r\n");
      expect(write({ headers: open })).toContain(`\r\nx-a: ${value}\r\n`);
      open["x-a"] = "2";
    }
    // To another place, too.
    expect(write({ headers: frozen, target: "/b" })).toStartWith("POST /b HTTP/1.1\r\nhost: a.test\r\n");
    expect(write({ headers: frozen, method: "PUT" })).toStartWith("PUT / HTTP/1.1\r\nhost: a.test\r\n");
    expect(() => write({ headers: frozen, target: "/ HTTP/1.1\r\nx: y" })).toThrow(MalformedError);
    const bad = Object.freeze({ host: "a.test", "x-a": "1\r\nx-b: 2" });
    for (let time = 0; time < 2; time++) expect(() => write({ headers: bad })).toThrow(MalformedError);
  });

  const injections: [what: string, request: Partial<HttpRequest>, headers: Readonly<Record<string, string>>][] = [
    ["a CRLF in the target", { target: "/ HTTP/1.1\r\nx: y" }, {}],
    ["a blank in the target", { target: "/a b" }, {}],
    ["a NUL in the target", { target: "/\0" }, {}],
    ["a letter beyond ASCII in the target", { target: "/\u010a" }, {}],
    ["no target", { target: "" }, {}],
    ["a CRLF in the method", { method: "GET / HTTP/1.1\r\n\r\nGET" }, {}],
    ["no method", { method: "" }, {}],
    ["a CR in a value", {}, { a: "1\rb" }],
    ["a LF in a value", {}, { a: "1\nb: 2" }],
    ["a NUL in a value", {}, { a: "1\0" }],
    ["a control character in a value", {}, { a: "\x1b[2J" }],
    ["a character whose lower byte is LF", {}, { a: "1\u010ab: 2" }],
    ["a CRLF in a name", {}, { "a\r\nb": "1" }],
    ["a colon in a name", {}, { "a:b": "1" }],
    ["a blank in a name", {}, { "a ": "1" }],
    ["no name", {}, { "": "1" }],
    ["a name in capitals, which could repeat ours", {}, { "Content-Length": "1" }],
    ["a transfer-encoding", {}, { "transfer-encoding": "chunked" }],
    ["a length that is no number, of a stream", { body: stream() }, { "content-length": "1, 2" }],
    ["no host", { headers: {} }, {}],
  ];
  test.each(injections)("is refused with %s", (_what, request, headers) => {
    expect(() => write(request, headers)).toThrow(MalformedError);
  });
});
