import { describe, expect, test } from "bun:test";
import { AUTHORITY, GOOD, KEY } from "./certificates.ts";
import { Bench, code, failure, OK, pattern, send, settled, text } from "./fixture.ts";
import { RawServer } from "./raw-server.ts";

const NAME = "api.sluice.test";
const KINDS = ["TCP", "TLS"] as const;

async function serve(bench: Bench, kind: (typeof KINDS)[number]): Promise<RawServer> {
  return kind === "TCP" ? bench.server() : bench.keep(await RawServer.startTls(NAME, { key: KEY, cert: GOOD }));
}

/** A stream that counts what was pulled from it. */
function counted(blocks: number, block: Uint8Array) {
  const state = { pulled: 0, cancelled: false };
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (state.pulled === blocks) return controller.close();
        state.pulled++;
        controller.enqueue(block.slice());
      },
      cancel() {
        state.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { state, stream };
}

describe("a request", () => {
  test("goes out as it was given", async () => {
    await using bench = new Bench();
    const server = await bench.server();
    const body = Buffer.from("hello");
    const call = send(bench.client(), server.peer, { headers: { host: "api.test", "x-a": "1" }, body });
    const connection = await server.connection(1);
    expect(await connection.until((come) => come.endsWith("hello"))).toBe(
      "POST /v1/x?y=z HTTP/1.1\r\nhost: api.test\r\nx-a: 1\r\ncontent-length: 5\r\n\r\nhello",
    );
    connection.write(OK);
    expect(await text(call)).toBe("ok");
  });

  test("to an IPv6 address", async () => {
    await using bench = new Bench();
    const server = await bench.server("::1");
    const call = send(bench.client(), server.peer);
    await (await server.connection(1)).answer(OK);
    expect(await text(call)).toBe("ok");
  });

  test.each([
    ["a port that is none", { port: 70_000 }],
    ["a port where nobody listens", { port: 1 }],
  ])("to %s is no connection", async (_what, wrong) => {
    await using bench = new Bench();
    const call = send(bench.client(), { key: "k", address: "127.0.0.1", tlsName: null, ...wrong });
    const error = await failure(call.answer);
    expect([error.code, error.reused]).toEqual(["connect_refused", false]);
  });

  test("to a name, which nobody has checked, is no connection", async () => {
    await using bench = new Bench();
    const server = await bench.server();
    const call = send(bench.client(), { ...server.peer, address: "localhost" });
    expect(await code(call.answer)).toBe("connect_refused");
  });

  test("that would inject a header is refused without a connection", async () => {
    await using bench = new Bench();
    const server = await bench.server();
    const client = bench.client();
    const bad = send(client, server.peer, { headers: { host: "h", "x-a": "1\r\nx-b: 2" } });
    expect(await code(bad.answer)).toBe("protocol");
    const good = send(client, server.peer);
    await (await server.connection(1)).answer(OK);
    await good.answer;
    expect(server.connections).toHaveLength(1);
  });

  test.each(KINDS)("with a large body waits for a peer that does not read, over %s", async (kind) => {
    await using bench = new Bench();
    const server = await serve(bench, kind);
    const body = pattern(12 << 20);
    const call = send(bench.client({ ca: AUTHORITY }), server.peer, { body });
    const connection = await server.connection(1);
    connection.socket.pause();
    await settled(() => connection.socket.bytesRead);
    connection.socket.resume();
    const come = await connection.until((all) => all.length > body.length);
    connection.write(OK);
    expect(await text(call)).toBe("ok");
    const begin = come.indexOf("\r\n\r\n") + 4;
    expect(Buffer.from(come.slice(begin), "latin1").equals(Buffer.from(body))).toBe(true);
  });

  test.each(KINDS)("with a stream goes in chunks, no faster than they are taken, over %s", async (kind) => {
    await using bench = new Bench();
    const server = await serve(bench, kind);
    const block = pattern(65_536);
    const { state, stream } = counted(400, block);
    const client = bench.client({ ca: AUTHORITY });
    const call = send(client, server.peer, { body: stream });
    const connection = await server.connection(1);
    await connection.heads(1);
    connection.socket.pause();
    await settled(() => state.pulled);
    // What the kernel and the server's own buffer take, and not the 25 MB that there are.
    expect(state.pulled).toBeLessThan(250);
    connection.socket.resume();
    const come = await connection.until((all) => all.endsWith("\r\n0\r\n\r\n"));
    expect(state.pulled).toBe(400);
    expect(come).toContain("transfer-encoding: chunked\r\n\r\n10000\r\n");
    expect(come.length).toBe(come.indexOf("\r\n\r\n") + 4 + 400 * (65_536 + 9) + 5);
    connection.write(OK);
    expect(await text(call)).toBe("ok");
    const next = send(client, server.peer);
    await connection.answer(OK, 2);
    expect([await text(next), next.reused]).toEqual(["ok", true]);
  });

  test("with a stream that says its length goes without chunks", async () => {
    await using bench = new Bench();
    const server = await bench.server();
    const { stream } = counted(3, Buffer.from("abc"));
    const call = send(bench.client(), server.peer, { headers: { host: "h", "content-length": "9" }, body: stream });
    const connection = await server.connection(1);
    expect(await connection.until((come) => come.endsWith("\r\n\r\nabcabcabc"))).not.toContain("chunked");
    connection.write(OK);
    expect(await text(call)).toBe("ok");
  });

  test.each([
    ["fails", () => new ReadableStream<Uint8Array>({ pull: () => Promise.reject(new Error("gone")) }), "9"],
    ["is longer than it said", () => counted(4, Buffer.from("abc")).stream, "9"],
    ["is shorter than it said", () => counted(2, Buffer.from("abc")).stream, "9"],
    ["is being read by somebody else", lockedStream, "9"],
  ])("with a stream that %s is no fault of the peer", async (_what, open, length) => {
    await using bench = new Bench();
    const server = await bench.server();
    const call = send(bench.client(), server.peer, { headers: { host: "h", "content-length": length }, body: open() });
    expect(await code(call.answer)).toBe("request_body");
    await (await server.connection(1)).closed;
  });

  test("leaves a stream alone that it has not begun to read", async () => {
    await using bench = new Bench();
    const { state, stream } = counted(1, Buffer.from("abc"));
    const call = send(bench.client(), { key: "k", address: "127.0.0.1", port: 1, tlsName: null }, { body: stream });
    expect(await code(call.answer)).toBe("connect_refused");
    expect([stream.locked, state.pulled]).toEqual([false, 0]);
  });
});

describe("an early answer", () => {
  test("ends the sending of a body, and the connection is not used again", async () => {
    await using bench = new Bench();
    const server = await bench.server();
    const client = bench.client();
    const call = send(client, server.peer, { body: new Uint8Array(64 << 20) });
    const connection = await server.connection(1);
    await connection.heads(1);
    connection.socket.pause();
    connection.write("HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno");
    expect((await call.answer).status).toBe(413);
    expect(await text(call)).toBe("no");
    const next = send(client, server.peer);
    await (await server.connection(2)).answer(OK);
    expect([await text(next), next.reused]).toEqual(["ok", false]);
  });

  test("that is not whole yet stops the sending all the same", async () => {
    await using bench = new Bench();
    const server = await bench.server();
    const call = send(bench.client(), server.peer, { body: new Uint8Array(64 << 20) });
    const connection = await server.connection(1);
    await connection.heads(1);
    connection.socket.pause();
    connection.write("HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nn");
    await call.answer;
    connection.socket.resume();
    await settled(() => connection.socket.bytesRead);
    expect(connection.socket.bytesRead).toBeLessThan(64 << 20);
    connection.write("o");
    expect(await text(call)).toBe("no");
  });

  test("ends the sending of a stream, and counts also when the peer hangs up then", async () => {
    await using bench = new Bench();
    const server = await bench.server();
    const { promise, resolve } = Promise.withResolvers<void>();
    const endless = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(Buffer.from("abc")),
      cancel: () => resolve(),
    });
    const call = send(bench.client(), server.peer, { body: endless });
    const connection = await server.connection(1);
    await connection.until((come) => come.endsWith("abc\r\n"));
    connection.write("HTTP/1.1 401 No\r\n\r\nno");
    connection.end();
    expect((await call.answer).status).toBe(401);
    await promise;
    expect(await text(call)).toBe("no");
  });
});

describe("an answer that nobody reads", () => {
  test.each(KINDS)("holds the peer up, and is whole all the same, over %s", async (kind) => {
    await using bench = new Bench();
    const server = await serve(bench, kind);
    const body = pattern(24 << 20);
    const call = send(bench.client({ ca: AUTHORITY }), server.peer);
    const connection = await server.connection(1);
    await connection.answer(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n`);
    const answer = await call.answer;
    connection.write(body);
    await settled(() => connection.socket.bytesWritten - connection.socket.writableLength);
    const first = answer.body.read() as Uint8Array;
    expect(first.length).toBeGreaterThan(262_143);
    // One more block may come in the turn in which the reading is stopped.
    expect(first.length).toBeLessThan(1_048_577 + 524_288);
    const blocks = [first];
    for (let block = await answer.body.read(); block !== null; block = await answer.body.read()) blocks.push(block);
    expect(Buffer.concat(blocks).equals(Buffer.from(body))).toBe(true);
  });

  test("is gathered whole by a reader who comes late", async () => {
    await using bench = new Bench();
    const server = await bench.server();
    const body = pattern(8 << 20);
    const call = send(bench.client(), server.peer);
    const connection = await server.connection(1);
    await connection.answer(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n`);
    const answer = await call.answer;
    connection.write(body);
    await settled(() => connection.socket.bytesWritten - connection.socket.writableLength);
    expect(Buffer.from(await answer.body.readAll(body.length)).equals(Buffer.from(body))).toBe(true);
  });
});

function lockedStream(): ReadableStream<Uint8Array> {
  const { stream } = counted(1, Buffer.from("abc"));
  stream.getReader();
  return stream;
}
