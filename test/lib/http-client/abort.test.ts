import { describe, expect, test } from "bun:test";
import { Bench, code, failure, OK, send, settled, text } from "./fixture.ts";

describe("a call that is given up", () => {
  test("before it is connected sends nothing", async () => {
    await using bench = new Bench();
    const server = await bench.server();
    const client = bench.client();
    const early = send(client, server.peer);
    early.abort();
    expect(await code(early.answer)).toBe("aborted");
    const late = send(client, server.peer);
    await Promise.resolve();
    late.abort();
    expect(await code(late.answer)).toBe("aborted");
    const third = send(client, server.peer);
    const connections = await Promise.all([server.connection(1), server.connection(2)]);
    for (const connection of connections) {
      if (connection.text === "") await Promise.race([connection.closed, connection.heads(1)]);
    }
    const used = connections.find((each) => each.text !== "")!;
    await used.answer(OK);
    expect(await text(third)).toBe("ok");
    expect(server.connections.filter((each) => each.text !== "")).toHaveLength(1);
  });

  test("need not be looked at any more", async () => {
    await using bench = new Bench();
    const server = await bench.server();
    const client = bench.client();
    send(client, server.peer).abort();
    const waiting = send(client, server.peer);
    await (await server.connection(1)).heads(1);
    waiting.abort();
    // An unhandled rejection would fail this test.
    await settled(() => server.connections.length);
  });

  test("with many others, while they connect, leaves no crowd of attempts behind", async () => {
    await using bench = new Bench();
    const server = await bench.server();
    const client = bench.client();
    const calls = Array.from({ length: 256 }, () => send(client, server.peer));
    await Promise.resolve();
    for (const call of calls) call.abort();
    const error = await failure(send(client, server.peer).answer);
    expect([error.code, error.message]).toEqual(["connect_timeout", "too many attempts to connect hang already"]);
    await settled(() => server.connections.length);
    const next = send(client, server.peer);
    await (await server.connection(257)).answer(OK);
    expect(await text(next)).toBe("ok");
  });

  test("while it waits for the answer closes the connection", async () => {
    await using bench = new Bench();
    const server = await bench.server();
    const call = send(bench.client(), server.peer);
    const connection = await server.connection(1);
    await connection.heads(1);
    call.abort();
    call.abort();
    expect(await code(call.answer)).toBe("aborted");
    await connection.closed;
  });

  test("while it sends a large body sends no more of it", async () => {
    await using bench = new Bench();
    const server = await bench.server();
    const call = send(bench.client(), server.peer, { body: new Uint8Array(64 << 20) });
    const connection = await server.connection(1);
    await connection.heads(1);
    call.abort();
    expect(await code(call.answer)).toBe("aborted");
    await connection.closed;
    expect(connection.text.length).toBeLessThan(64 << 20);
  });

  test("while it sends a stream cancels it", async () => {
    await using bench = new Bench();
    const server = await bench.server();
    const { promise, resolve } = Promise.withResolvers<void>();
    const body = new ReadableStream<Uint8Array>({
      start: (to) => to.enqueue(Buffer.from("abc")),
      cancel: () => resolve(),
    });
    const call = send(bench.client(), server.peer, { body });
    const connection = await server.connection(1);
    await connection.until((come) => come.endsWith("abc\r\n"));
    call.abort();
    await promise;
    expect(await code(call.answer)).toBe("aborted");
    await connection.closed;
  });

  test("while its body is read fails the read, and what had come is gone", async () => {
    await using bench = new Bench();
    const server = await bench.server();
    for (const count of [1, 2, 3]) {
      const call = send(bench.client(), server.peer);
      const connection = await server.connection(count);
      await connection.answer("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello");
      const { body } = await call.answer;
      if (count < 3) await body.read();
      const reading = count === 1 ? body.read() : count === 2 ? body.readAll(100) : null;
      call.abort();
      if (reading !== null) expect(await code(reading)).toBe("aborted");
      expect(await code((async () => body.read())())).toBe("aborted");
      await connection.closed;
    }
  });

  test("by a reader who is not interested closes the connection", async () => {
    await using bench = new Bench();
    const server = await bench.server();
    const call = send(bench.client(), server.peer);
    const connection = await server.connection(1);
    await connection.answer("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello");
    (await call.answer).body.cancel();
    await connection.closed;
  });

  test("after its end changes nothing", async () => {
    await using bench = new Bench();
    const server = await bench.server();
    const client = bench.client();
    const call = send(client, server.peer);
    await (await server.connection(1)).answer(OK);
    const { body } = await call.answer;
    call.abort();
    body.cancel();
    expect(await text(call)).toBe("ok");
    const next = send(client, server.peer);
    await (await server.connection(1)).answer(OK, 2);
    expect([await text(next), next.reused]).toEqual(["ok", true]);
  });
});
