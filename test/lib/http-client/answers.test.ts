import { describe, expect, test } from "bun:test";
import { type CallHost, HttpCall } from "../../../src/lib/http-client/call.ts";
import type { Connection } from "../../../src/lib/http-client/connection.ts";
import { HttpError } from "../../../src/lib/http-client/errors.ts";
import { seededRandom } from "../../support/random.ts";
import { Bench, code, failure, LIMIT, OK, send, text } from "./fixture.ts";

const SHORT = { peer: { key: "k", address: "127.0.0.1", port: 1, tlsName: null }, target: "/", headers: { host: "h" } };

/** A call on a connection that a test plays by hand, so that each block is one data event. */
function playedCall(method = "POST") {
  const seen = { released: false, closed: false, paused: false };
  const connection = {
    isOpen: true,
    isFlushed: true,
    uses: 1,
    use: () => {},
    writeSoon: () => call.onFlushed(),
    pause: () => {
      seen.paused = true;
    },
    resume: () => {
      seen.paused = false;
    },
    close: () => {
      seen.closed = true;
    },
  } as unknown as Connection;
  const host: CallHost = {
    maxHeadBytes: 1_000,
    connect: () => connection,
    release: () => {
      seen.released = true;
    },
  };
  const call = new HttpCall({ ...SHORT, method, body: null }, host);
  call.start({ connectTimeoutMs: 1_000 });
  return { call, released: () => seen.released, closed: () => seen.closed, paused: () => seen.paused };
}

/** The whole of an answer that comes in these blocks, read at once in one go or block by block while it comes. */
async function play(blocks: readonly string[], end: "open" | "fin", readsEarly: boolean): Promise<unknown[]> {
  const { call, released } = playedCall();
  const reading = call.answer.then(async ({ status, body }) => {
    if (!readsEarly) return [status, Buffer.from(await body.readAll(LIMIT)).toString("latin1")];
    let whole = "";
    for (let block = await body.read(); block !== null; block = await body.read()) {
      whole += Buffer.from(block).toString("latin1");
    }
    return [status, whole];
  });
  for (const block of blocks) {
    call.onData(Buffer.from(block, "latin1"));
    if (readsEarly) await Promise.resolve();
  }
  if (end === "fin") call.onClosed(new HttpError("closed", "the connection ended", false));
  return [...((await reading) as unknown[]), released()];
}

const INTERIM = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n";
const ANSWERS: [kind: string, whole: string, end: "open" | "fin"][] = [
  ["length", `${INTERIM}HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nhello, world`, "open"],
  [
    "chunked",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n7;x\r\n, world\r\n0\r\nT: 1\r\n\r\n",
    "open",
  ],
  ["until close", "HTTP/1.1 200 OK\r\nA: b\r\n\r\nhello, world", "fin"],
];

describe("an answer", () => {
  test.each(ANSWERS)("by %s is the same wherever it is cut", async (_kind, whole, end) => {
    const expected = [200, "hello, world", end === "open"];
    const step = end === "open" ? 1 : 7;
    for (let cut = 0; cut <= whole.length; cut += step) {
      for (const readsEarly of [false, true]) {
        const blocks = [whole.slice(0, cut), whole.slice(cut)].filter((each) => each !== "");
        expect(await play(blocks, end, readsEarly)).toEqual(expected);
      }
    }
    expect(await play([...whole], end, true)).toEqual(expected);
    expect(await play([...whole], end, false)).toEqual(expected);
  });

  test("is the same however it is cut", async () => {
    const random = seededRandom(7);
    for (let round = 0; round < 300; round++) {
      const [, whole] = ANSWERS[round % 2]!;
      const blocks: string[] = [];
      for (let at = 0; at < whole.length; ) {
        const size = 1 + Math.floor(random() * 40);
        blocks.push(whole.slice(at, at + size));
        at += size;
      }
      expect(await play(blocks, "open", random() < 0.5)).toEqual([200, "hello, world", true]);
    }
  });

  test("that came whole is there at once", async () => {
    const { call } = playedCall();
    call.onData(Buffer.from(OK));
    const { body } = await call.answer;
    expect(Buffer.from(body.readAll(10) as Uint8Array).toString()).toBe("ok");
    expect(body.length).toBe(2);
  });

  test("gives what has come as one block, and then nothing more", async () => {
    const { call } = playedCall();
    call.onData(Buffer.from("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\na"));
    call.onData(Buffer.from("b"));
    call.onData(Buffer.from("c"));
    const { body } = await call.answer;
    expect(Buffer.from(body.read() as Uint8Array).toString()).toBe("abc");
    const last = body.read();
    expect(() => body.read()).toThrow("one reader");
    expect(() => body.readAll(9)).toThrow("one reader");
    call.onData(Buffer.from("d"));
    expect(Buffer.from((await last)!).toString()).toBe("d");
    expect(body.read()).toBe(null);
    expect(body.readAll(9)).toEqual(new Uint8Array(0));
  });

  test("may be polled instead: once called back there is something, to the end or the fault", async () => {
    const { call } = playedCall();
    call.onData(Buffer.from("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n"));
    const { body } = await call.answer;
    let calls = 0;
    expect(body.poll()).toBeUndefined();
    body.whenReadable(() => calls++);
    expect(() => body.poll()).toThrow("one reader");
    call.onData(Buffer.from("a"));
    call.onData(Buffer.from("b"));
    expect(calls).toBe(1); // and not again before it is asked for again
    expect(Buffer.from(body.poll()!).toString()).toBe("ab");
    expect(body.poll()).toBeUndefined();
    body.whenReadable(() => calls++);
    call.onClosed(new HttpError("closed", "the connection ended", false));
    expect(calls).toBe(2);
    expect(() => body.poll()).toThrow(HttpError);

    const whole = playedCall();
    whole.call.onData(Buffer.from(OK));
    const answer = await whole.call.answer;
    expect(Buffer.from(answer.body.poll()!).toString()).toBe("ok");
    expect(answer.body.poll()).toBeNull();
  });

  test("may be read a while and then to its end", async () => {
    const { call } = playedCall();
    call.onData(Buffer.from("HTTP/1.1 200 OK\r\ncontent-length: 200004\r\n\r\nab"));
    const { body } = await call.answer;
    body.read();
    call.onData(Buffer.from("cd"));
    const rest = body.readAll(300_000);
    for (let block = 0; block < 2; block++) call.onData(Buffer.alloc(100_000, 120));
    const bytes = await rest;
    expect([bytes.length, Buffer.from(bytes.subarray(0, 3)).toString()]).toEqual([200_002, "cdx"]);
  });

  test("that nobody reads holds the peer up, sooner when it comes in small blocks", async () => {
    for (const [size, most] of [
      [1_024, 256],
      [1, 1_024],
    ] as const) {
      const { call, paused } = playedCall();
      call.onData(Buffer.from("HTTP/1.1 200 OK\r\n\r\n"));
      let blocks = 0;
      for (; !paused(); blocks++) call.onData(Buffer.alloc(size));
      expect(blocks).toBeLessThanOrEqual(most);
      expect(blocks).toBeGreaterThan(most / 2);
      (await call.answer).body.read();
      expect(paused()).toBe(false);
    }
  });

  test("that came whole with one large block leaves the connection reading", async () => {
    const { call, paused, released } = playedCall();
    call.onData(Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: 300000\r\n\r\n${"x".repeat(300_000)}`));
    expect([released(), paused()]).toEqual([true, false]);
    expect(await text(call)).toHaveLength(300_000);
  });

  test.each([
    ["to HEAD", "HEAD", "HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n"],
    ["204", "POST", "HTTP/1.1 204 No Content\r\n\r\n"],
    ["304", "POST", "HTTP/1.1 304 Not Modified\r\ncontent-length: 12\r\n\r\n"],
    ["of length 0", "POST", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"],
  ])("without a body ends with its head: %s", async (_what, method, head) => {
    const { call, released } = playedCall(method);
    call.onData(Buffer.from(head));
    const { body } = await call.answer;
    expect([body.length, body.read(), released()]).toEqual([0, null, true]);
  });

  test.each([
    ["garbage", "\x16\x03\x01\x02\x00\r\n\r\n"],
    ["a change of protocol", "HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\n\r\n"],
    ["endless interim answers", "HTTP/1.1 100 Continue\r\n\r\n".repeat(17)],
    ["lengths that differ", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n"],
    ["a head beyond the limit", `HTTP/1.1 200 OK\r\nA: ${"x".repeat(1_000)}\r\n\r\n`],
    ["an endless head", `HTTP/1.1 200 OK\r\nA: ${"x".repeat(1_000)}`],
  ])("that is %s is refused", async (_what, whole) => {
    for (const blocks of [[whole], [...whole], [whole.slice(0, 9), whole.slice(9)]]) {
      const { call, closed } = playedCall();
      for (const block of blocks) if (!closed()) call.onData(Buffer.from(block, "latin1"));
      expect(await code(call.answer)).toBe("protocol");
      expect(closed()).toBe(true);
    }
  });

  test("that breaks the rules in its body is refused by the read", async () => {
    const { call, closed } = playedCall();
    call.onData(Buffer.from("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n"));
    const { body } = await call.answer;
    expect(Buffer.from((await body.read())!).toString()).toBe("ok");
    const next = body.read();
    call.onData(Buffer.from("oh no"));
    expect(await code(next)).toBe("protocol");
    expect(await code((async () => body.read())())).toBe("protocol");
    expect(closed()).toBe(true);
  });

  test("that breaks the rules right behind its head has an answer all the same", async () => {
    const { call } = playedCall();
    call.onData(Buffer.from("HTTP/1.1 500 Oops\r\ntransfer-encoding: chunked\r\n\r\nnot a chunk"));
    const { status, body } = await call.answer;
    expect(status).toBe(500);
    expect(() => body.readAll(10)).toThrow("a chunk without a size");
  });

  test("larger than allowed is refused as soon as that is known", async () => {
    const head = "HTTP/1.1 200 OK\r\n";
    const known = playedCall();
    known.call.onData(Buffer.from(`${head}content-length: 11\r\n\r\n`));
    expect(await code(known.call.answer.then(({ body }) => body.readAll(10)))).toBe("too_large");
    expect(known.closed()).toBe(true);

    const come = playedCall();
    come.call.onData(Buffer.from(`${head}\r\n${"x".repeat(11)}`));
    const { body } = await come.call.answer;
    expect(() => body.readAll(10)).toThrow("larger than allowed");
    expect(come.closed()).toBe(true);

    const coming = playedCall();
    coming.call.onData(Buffer.from(`${head}transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n`));
    const whole = (await coming.call.answer).body.readAll(10);
    coming.call.onData(Buffer.from("6\r\n world\r\n0\r\n\r\n"));
    expect(await code(whole)).toBe("too_large");
    expect([coming.closed(), coming.released()]).toEqual([true, false]);

    const just = playedCall();
    just.call.onData(Buffer.from(`${head}content-length: 10\r\n\r\n`));
    const ten = (await just.call.answer).body.readAll(10);
    just.call.onData(Buffer.from("0123456789"));
    expect(await ten).toHaveLength(10);
  });

  test("with something behind its end is whole, and the connection is not used again", async () => {
    for (const whole of [
      `${OK}HTTP/1.1 200 OK\r\n\r\n`,
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n.",
    ]) {
      const { call, released, closed } = playedCall();
      call.onData(Buffer.from(whole));
      expect(await text(call)).toBe("ok");
      expect([released(), closed()]).toEqual([false, true]);
    }
  });
});

describe("an answer that breaks off", () => {
  test.each([
    ["before a byte", "", "closed"],
    ["in the head", "HTTP/1.1 200 OK\r\nconte", "truncated"],
    ["after an interim answer", "HTTP/1.1 100 Continue\r\n\r\n", "truncated"],
  ])("%s fails the call", async (_where, come, expected) => {
    await using bench = new Bench();
    const server = await bench.server();
    const call = send(bench.client(), server.peer);
    const connection = await server.connection(1);
    await connection.answer(come);
    connection.end();
    const error = await failure(call.answer);
    expect([error.code as string, error.reused]).toEqual([expected, false]);
  });

  test("by a reset before a byte fails the call", async () => {
    await using bench = new Bench();
    const server = await bench.server();
    const call = send(bench.client(), server.peer);
    const connection = await server.connection(1);
    await connection.heads(1);
    connection.reset();
    expect(await code(call.answer)).toBe("closed");
  });

  test.each([
    ["by length", "content-length: 10"],
    ["by chunks", "transfer-encoding: chunked"],
  ])("in a body %s gives what came and then fails", async (_kind, header) => {
    await using bench = new Bench();
    const server = await bench.server();
    const call = send(bench.client(), server.peer);
    const connection = await server.connection(1);
    await connection.answer(`HTTP/1.1 200 OK\r\n${header}\r\n\r\n5\r\nhello`);
    const { body } = await call.answer;
    expect(Buffer.from((await body.read())!).toString()).toContain("hello");
    const next = body.read();
    connection.end();
    expect(await code(next)).toBe("truncated");
    expect(() => body.readAll(10)).toThrow("ended");
  });

  test("while it is gathered fails the gathering", async () => {
    await using bench = new Bench();
    const server = await bench.server();
    const call = send(bench.client(), server.peer);
    const connection = await server.connection(1);
    await connection.answer("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n");
    const whole = (await call.answer).body.readAll(10);
    connection.end();
    expect(await code(whole)).toBe("truncated");
  });

  test("by a reset is no proper end, even where the close would be", async () => {
    await using bench = new Bench();
    const server = await bench.server();
    const call = send(bench.client(), server.peer);
    const connection = await server.connection(1);
    await connection.answer("HTTP/1.1 200 OK\r\n\r\nhello");
    const { body } = await call.answer;
    await body.read();
    const next = body.read();
    connection.reset();
    expect(await code(next)).toBe("truncated");
  });

  test("never is one that ends with the connection", async () => {
    await using bench = new Bench();
    const server = await bench.server();
    const call = send(bench.client(), server.peer);
    const connection = await server.connection(1);
    await connection.answer("HTTP/1.0 200 OK\r\n\r\nhello");
    connection.end();
    expect(await text(call)).toBe("hello");
  });
});
