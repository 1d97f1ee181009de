import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { watchKeys } from "../../src/control/keys/key-events.ts";
import { ADMIN_TOKEN, type AdminServer, startAdminServer } from "../support/admin-server.ts";
import { makeRecord } from "../support/request-record.ts";

let server: AdminServer;
beforeAll(async () => {
  server = await startAdminServer();
});
afterAll(() => server.stop());

/** A WebSocket client that shakes hands and then reads only when it is told to. */
async function openStubbornClient(messages: object[]) {
  let received = 0;
  let onBytes = () => {};
  const { hostname, port } = new URL(server.url);
  const socket = await Bun.connect({
    hostname,
    port: Number(port),
    socket: {
      data: (_socket, bytes) => {
        received += bytes.length;
        onBytes();
      },
    },
  });
  const upgrade = [
    "GET /graphql HTTP/1.1",
    `Host: ${hostname}:${port}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Protocol: graphql-transport-ws",
  ];
  const answered = new Promise<void>((resolve) => {
    onBytes = resolve;
  });
  socket.write(`${upgrade.join("\r\n")}\r\n\r\n`);
  await answered;
  for (const message of messages) socket.write(frame(JSON.stringify(message)));
  return {
    received: () => received,
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    /** Resolves when so many bytes have come in all. */
    until: (bytes: number) =>
      new Promise<void>((resolve) => {
        onBytes = () => received >= bytes && resolve();
        onBytes();
      }),
    end: () => socket.end(),
  };
}

/** The same over server-sent events. */
async function openStubbornReader(query: string) {
  let received = 0;
  let onBytes = () => {};
  const { hostname, port } = new URL(server.url);
  const data = (_socket: unknown, bytes: Uint8Array) => {
    received += bytes.length;
    onBytes();
  };
  const socket = await Bun.connect({ hostname, port: Number(port), socket: { data } });
  const body = JSON.stringify({ query });
  const head = [
    "POST /graphql HTTP/1.1",
    `Host: ${hostname}:${port}`,
    "Accept: text/event-stream",
    "Content-Type: application/json",
    `Authorization: Bearer ${ADMIN_TOKEN}`,
    `Content-Length: ${body.length}`,
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n${body}`);
  return {
    pause: () => socket.pause(),
    until: (bytes: number) =>
      new Promise<void>((resolve) => {
        onBytes = () => received >= bytes && resolve();
        onBytes();
      }),
    end: () => socket.end(),
  };
}

/** A masked text frame of less than 64 KB. */
function frame(text: string): Uint8Array {
  const payload = Buffer.from(text);
  const head =
    payload.length < 126 ? [0x81, 0x80 | payload.length] : [0x81, 0xfe, payload.length >> 8, payload.length & 255];
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), payload]);
}

describe("a reader that stops reading", () => {
  test("is waited for, instead of being buffered without end; the feed goes on from where it can", async () => {
    const { requestFeed } = server.control;
    // What its reader shares with nobody here.
    const { lane, leave } = requestFeed.watch(
      { filter: {}, after: null, maxPerSecond: 200 },
      { matches: () => true, running: () => [], now: Date.now },
    );
    const client = await openStubbornClient([
      { type: "connection_init", payload: { authorization: `Bearer ${ADMIN_TOKEN}` } },
      {
        id: "1",
        type: "subscribe",
        payload: {
          query:
            "subscription { requestFeed(maxPerSecond: 200) { __typename ... on RequestFeedBatch { settled { id userAgent } } } }",
        },
      },
    ]);
    await client.until(300); // the acknowledgement and the opening batch
    client.pause();
    // Each request weighs 50 kB: unbounded, every second of these would pile up 10 MB.
    const userAgent = "x".repeat(50_000);
    let reads = 0;
    const get = lane.frames.get.bind(lane.frames);
    lane.frames.get = (position) => {
      reads++;
      return get(position);
    };
    // Until nothing is read from the feed any more, whatever happens: the subscription waits for its reader.
    for (let [taken, turns] = [0, 0]; turns < 10; turns = reads === taken && taken > 0 ? turns + 1 : 0) {
      taken = reads;
      for (let index = 0; index < 50; index++) server.events.emit("requestSettled", makeRecord({ userAgent }));
      await Bun.sleep(100);
    }
    const before = client.received();
    client.resume();
    await client.until(before + 1_000_000);
    client.end();
    leave();
  }, 60_000);

  test("costs a bounded buffer, however much happens: fifty of them, over both transports", async () => {
    const query = "subscription { keyEvents { __typename ... on KeyEventBatch { cursor events { kind keyId } } } }";
    const stopped = [];
    for (let index = 0; index < 25; index++) {
      const socket = await openStubbornClient([
        { type: "connection_init", payload: { authorization: `Bearer ${ADMIN_TOKEN}` } },
        { id: "1", type: "subscribe", payload: { query } },
      ]);
      await socket.until(300); // the acknowledgement and the opening batch
      const events = await openStubbornReader(query);
      await events.until(300);
      for (const one of [socket, events]) {
        one.pause();
        stopped.push(one);
      }
    }
    Bun.gc(true);
    const before = process.memoryUsage().rss;
    const reader = watchKeys(server.control, {}, null);
    await reader.next();
    // 20,000 changes of 1 kB: 20 MB for each of the fifty, if all of it were kept for them.
    for (let round = 0; round < 20; round++) {
      const ids = Array.from({ length: 1000 }, (_, index) => `pky_${round}-${index}-${"x".repeat(1000)}`);
      server.events.emit("config", { noun: "providerKey", kind: "deleted", ids });
      const { value } = await reader.next();
      expect(value?.kind).toBe("batch");
    }
    Bun.gc(true);
    const grown = (process.memoryUsage().rss - before) / 1_048_576;
    await reader.return?.();
    for (const one of stopped) one.end();
    expect(grown).toBeLessThan(200);
  }, 60_000);
});
