import { describe, expect, test } from "bun:test";
import type { HttpClient } from "../../../src/lib/http-client/client.ts";
import { Bench, code, failure, OK, send, text } from "./fixture.ts";
import type { RawServer } from "./raw-server.ts";

/** One whole call on connection number `on`, which is its call number `count`. */
async function call(client: HttpClient, server: RawServer, on: number, count: number, answer = OK): Promise<boolean> {
  const made = send(client, server.peer);
  await (await server.connection(on)).answer(answer, count);
  await text(made);
  return made.reused;
}

describe("idle connections", () => {
  test("are used again, the last used first", async () => {
    await using bench = new Bench();
    const server = await bench.server();
    const client = bench.client();
    const both = [send(client, server.peer), send(client, server.peer)];
    const [first, second] = [await server.connection(1), await server.connection(2)];
    await first.answer(OK);
    await Promise.race(both.map(text));
    await second.answer(OK);
    await Promise.all(both.map(text));
    expect(await call(client, server, 2, 2)).toBe(true);
    expect(await call(client, server, 2, 3)).toBe(true);
    expect(server.connections).toHaveLength(2);
  });

  test("are of one peer only, and of nobody who wants a fresh one", async () => {
    await using bench = new Bench();
    const server = await bench.server();
    const client = bench.client();
    await call(client, server, 1, 1);
    const other = send(client, { ...server.peer, key: "other" });
    await (await server.connection(2)).answer(OK);
    await text(other);
    const fresh = send(client, server.peer, {}, { fresh: true });
    await (await server.connection(3)).answer(OK);
    expect([await text(fresh), fresh.reused]).toEqual(["ok", false]);
  });

  test.each([
    ["connection: close", "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"],
    ["HTTP/1.0", "HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n"],
    ["chunks and a length", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"],
  ])("are none after %s", async (_what, answer) => {
    await using bench = new Bench();
    const server = await bench.server();
    const client = bench.client();
    await call(client, server, 1, 1, answer);
    await (await server.connection(1)).closed;
    expect(await call(client, server, 2, 1)).toBe(false);
  });

  test("that had gone stale say so, and a fresh one takes the call", async () => {
    for (const act of ["end", "reset"] as const) {
      await using bench = new Bench();
      const server = await bench.server();
      const client = bench.client();
      await call(client, server, 1, 1);
      const stale = send(client, server.peer);
      (await server.connection(1))[act]();
      const error = await failure(stale.answer);
      expect([error.code, error.reused]).toEqual(["closed", true]);
      expect(await call(client, server, 2, 1)).toBe(false);
    }
  });

  test("are dropped when the peer closes them or says something unasked", async () => {
    for (const act of ["end", "write"] as const) {
      await using bench = new Bench();
      const server = await bench.server();
      const client = bench.client();
      await call(client, server, 1, 1);
      const first = await server.connection(1);
      first[act](OK);
      await first.closed;
      // The server has seen our end of it, so we have.
      expect(await call(client, server, 2, 1)).toBe(false);
    }
  });

  test("are closed when nobody has needed them for a while", async () => {
    await using bench = new Bench();
    const server = await bench.server();
    const client = bench.client({ idleMs: 10 });
    await call(client, server, 1, 1);
    await (await server.connection(1)).closed;
    expect(await call(client, server, 2, 1)).toBe(false);
    await (await server.connection(2)).closed;
  });

  test("are no more than allowed", async () => {
    await using bench = new Bench();
    const server = await bench.server();
    const client = bench.client({ maxIdlePerPeer: 1 });
    const both = [send(client, server.peer), send(client, server.peer)];
    for (const count of [1, 2]) await (await server.connection(count)).answer(OK);
    await Promise.all(both.map(text));
    await Promise.race(server.connections.map((each) => each.closed));
    const open = server.connections.findIndex((each) => !each.socket.readableEnded);
    expect(await call(client, server, open + 1, 2)).toBe(true);
  });
});

describe("a client that is closed", () => {
  test("ends its idle connections, its calls, and those still connecting", async () => {
    await using bench = new Bench();
    const server = await bench.server();
    const client = bench.client();
    await call(client, server, 1, 1);
    const [waiting, reading] = [send(client, server.peer), send(client, server.peer)];
    await (await server.connection(2)).answer("HTTP/1.1 200 OK\r\n\r\nhello");
    const { body } = await reading.answer;
    const connecting = send(client, server.peer);
    client.close();
    expect(await code(waiting.answer)).toBe("aborted");
    expect(await code((async () => body.readAll(100))())).toBe("aborted");
    expect(await code(connecting.answer)).toBe("aborted");
    expect(await code(send(client, server.peer).answer)).toBe("aborted");
    for (const connection of server.connections) await connection.closed;
  });

  test("lets the process end", async () => {
    const child = Bun.spawn([process.execPath, `${import.meta.dir}/closing-child.ts`], {
      stdout: "pipe",
      stderr: "inherit",
    });
    expect(await new Response(child.stdout).text()).toBe("ok aborted");
    expect(await child.exited).toBe(0);
  });
});
