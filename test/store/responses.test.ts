import { Database } from "bun:sqlite";
import { afterEach, expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { prepareDataDirectory } from "../../src/store/data-directory.ts";
import { schemaVersion } from "../../src/store/open-schema.ts";
import { PendingResponses } from "../../src/store/pending-responses.ts";
import { Reader } from "../../src/store/reader.ts";
import { openResponses } from "../../src/store/responses.ts";
import { spawnWorker } from "../../src/store/spawn-worker.ts";
import { Writer } from "../../src/store/writer.ts";
import type { StoredResponse } from "../../src/stored-response.ts";
import { eventually } from "../support/stream-reader.ts";
import { CONTENT_KEY, cleanUp, NOON, onCleanup, openTestStore, temporaryDirectory } from "./fixtures.ts";

afterEach(cleanUp);

const KEEP = { owners: ["cky_1"], beforeMs: Number.MIN_SAFE_INTEGER, maxBytes: Number.MAX_SAFE_INTEGER };

function responseOf(id: string, changes: Partial<StoredResponse> = {}): StoredResponse {
  return {
    id,
    owner: "cky_1",
    root: id,
    previousId: null,
    createdAtMs: NOON,
    input: `[{"content":"to ${id}"}]`,
    response: `{"id":"${id}"}`,
    ...changes,
  };
}

/** a ← b ← c … */
function conversation(ids: readonly string[], changes: Partial<StoredResponse> = {}): StoredResponse[] {
  return ids.map((id, index) => responseOf(id, { root: ids[0]!, previousId: ids[index - 1] ?? null, ...changes }));
}

const idsOf = (chain: readonly StoredResponse[]) => chain.map(({ id }) => id);
const noise = (bytes: number) =>
  JSON.stringify(Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString("hex"));

test("what was saved can be read before it is on disk, and as it was after a restart", async () => {
  const dataDir = temporaryDirectory();
  const saved = conversation(["a", "b", "c"], { input: '[{"content":"Grüße 🦊"}]' });
  const store = await openTestStore(dataDir);
  for (const response of saved) store.responses.save(response);
  expect(await store.responses.chain("c")).toEqual(saved.toReversed());
  await store.close();
  const again = await openTestStore(dataDir);
  expect(await again.responses.chain("c")).toEqual(saved.toReversed());
  expect(await again.responses.chain("b")).toEqual(saved.slice(0, 2).toReversed());
  expect(await again.responses.chain("no")).toEqual([]);
});

test("a chain is read across memory and disk", async () => {
  const dataDir = temporaryDirectory();
  const [a, b, c, d] = conversation(["a", "b", "c", "d"]);
  const first = await openTestStore(dataDir);
  for (const response of [a!, b!]) first.responses.save(response);
  await first.close();
  const store = await openTestStore(dataDir);
  for (const response of [c!, d!]) store.responses.save(response);
  expect(idsOf(await store.responses.chain("d"))).toEqual(["d", "c", "b", "a"]);
});

test("what was removed is gone at once, from the disk too, and from the bytes of the file", async () => {
  const dataDir = temporaryDirectory();
  const store = await openTestStore(dataDir);
  for (const response of conversation(["a", "b", "c"])) store.responses.save(response);
  store.responses.save(responseOf("secret-id", { owner: "cky_secret" }));
  await store.flush();
  store.responses.remove("b");
  store.responses.remove("secret-id");
  expect(await store.responses.chain("b")).toEqual([]);
  const chain = await store.responses.chain("c");
  expect([idsOf(chain), chain[0]!.previousId]).toEqual([["c"], "b"]);
  await store.close();
  const again = await openTestStore(dataDir);
  expect(idsOf(await again.responses.chain("c"))).toEqual(["c"]);
  await again.close();
  expect(readFileSync(join(dataDir, "responses.db")).includes("cky_secret")).toBe(false);
  expect(statSync(join(dataDir, "responses.db")).mode & 0o777).toBe(0o600);
});

test("a conversation is let go as a whole, when nothing was added to it for long enough", async () => {
  const store = await openTestStore();
  const [old, ...rest] = conversation(["a", "b"]);
  store.responses.save({ ...old!, createdAtMs: NOON - 1000 });
  for (const response of rest) store.responses.save(response);
  store.responses.save(responseOf("x", { createdAtMs: NOON - 1 }));
  await store.flush();
  await store.responses.expire({ ...KEEP, beforeMs: NOON });
  expect(await store.responses.chain("x")).toEqual([]);
  expect(idsOf(await store.responses.chain("b"))).toEqual(["b", "a"]);
  await store.responses.expire({ ...KEEP, beforeMs: NOON + 1 });
  expect(await store.responses.chain("a")).toEqual([]);
});

test("all together take no more than their limit: the oldest conversations go first, the file shrinks", async () => {
  const dataDir = temporaryDirectory();
  const store = await openTestStore(dataDir);
  for (let index = 0; index < 40; index++) {
    store.responses.save(responseOf(`r${index}`, { createdAtMs: NOON + index, input: noise(50_000) }));
  }
  await store.flush();
  await store.responses.expire({ ...KEEP, maxBytes: 1_000_000 });
  const kept: string[] = [];
  for (let index = 0; index < 40; index++) kept.push(...idsOf(await store.responses.chain(`r${index}`)));
  expect(kept.length).toBeWithin(10, 21);
  expect(kept.at(-1)).toBe("r39");
  await store.close();
  expect(statSync(join(dataDir, "responses.db")).size).toBeLessThan(1_500_000);
});

test("thousands of conversations expire", async () => {
  const store = await openTestStore();
  for (let index = 0; index < 3000; index++) store.responses.save(responseOf(`r${index}`));
  await store.flush();
  await store.responses.expire({ ...KEEP, beforeMs: NOON + 1 });
  expect(await store.responses.chain("r2999")).toEqual([]);
});

test("a writer that crashes loses none", async () => {
  const dataDir = temporaryDirectory();
  const workers: Worker[] = [];
  const directory = prepareDataDirectory(dataDir);
  const writer = await Writer.open(directory, CONTENT_KEY, () => {
    workers.push(spawnWorker("writer-worker"));
    return workers.at(-1)!;
  });
  onCleanup(() => writer.close(1000));
  const saved = conversation(Array.from({ length: 200 }, (_, index) => `r${index}`));
  for (const response of saved) writer.saveResponse(response);
  const flushed = writer.flush();
  workers.at(-1)!.onerror?.(new ErrorEvent("error", { message: "out of memory" }));
  await flushed;
  await writer.close(1000);
  const reader = new Reader(directory, CONTENT_KEY);
  onCleanup(() => reader.abandon());
  expect((await reader.ask("responseChain", "r199")).length).toBe(200);
});

test("a removal while its save is under way wins", async () => {
  const directory = prepareDataDirectory(temporaryDirectory());
  const writer = await Writer.open(directory, CONTENT_KEY);
  const reader = new Reader(directory, CONTENT_KEY);
  onCleanup(() => reader.abandon());
  onCleanup(() => writer.close(1000));
  const responses = openResponses(writer, reader);
  responses.save(responseOf("a"));
  const flushed = writer.flush(); // it has crossed
  responses.remove("a");
  expect(await responses.chain("a")).toEqual([]);
  await flushed;
  await writer.flush();
  expect(await responses.chain("a")).toEqual([]);
  expect(await reader.ask("responseChain", "a")).toEqual([]);
});

test("a disk that takes nothing costs a bounded memory: what does not fit is dropped and counted", () => {
  const pending = new PendingResponses({ waitingBytes: 10_000, recentBytes: 100_000 });
  for (let index = 0; index < 20; index++) pending.save(responseOf(`r${index}`, { input: "x".repeat(500) }));
  expect(pending.dropped).toBeWithin(10, 15);
  expect(pending.find("r0")?.id).toBe("r0");
  expect(pending.find("r19")).toBeUndefined();
});

test("of the written, those stay in memory that were used last", () => {
  const pending = new PendingResponses({ waitingBytes: 1_000_000, recentBytes: 20_000 });
  for (let index = 0; index < 30; index++) {
    pending.save(responseOf(`r${index}`, { input: "x".repeat(500) }));
    pending.take();
    pending.written();
    expect(pending.find("r0")?.id).toBe("r0");
  }
  expect(pending.find("r29")?.id).toBe("r29");
  expect(pending.find("r2")).toBeUndefined();
  pending.remember(responseOf("huge", { input: "x".repeat(5000) }));
  expect(pending.find("huge")).toBeUndefined();
});

test("nothing that was said can be read in any file of the data directory, also before it is folded into the database", async () => {
  const dataDir = temporaryDirectory();
  const canary = "the-canary-sings-in-the-mine";
  const store = await openTestStore(dataDir);
  store.responses.save(responseOf("a", { input: canary, response: canary }));
  await store.flush();
  const files = () => readdirSync(dataDir).filter((name) => /\.db/.test(name));
  expect(files()).toContain("responses.db-wal");
  const holds = (text: string) => files().filter((name) => readFileSync(join(dataDir, name)).includes(text));
  expect(holds(canary)).toEqual([]);
  expect(holds("cky_1")).toEqual(["responses.db-wal"]); // the row is there
  const database = new Database(join(dataDir, "responses.db"));
  const { content } = database.query("SELECT content FROM response").get() as { content: Uint8Array };
  database.close();
  expect(() => Bun.zstdDecompressSync(content)).toThrow();
});

test("a row that is given to another client does not open", async () => {
  const dataDir = temporaryDirectory();
  const store = await openTestStore(dataDir);
  store.responses.save(responseOf("a"));
  await store.close();
  const database = new Database(join(dataDir, "responses.db"));
  database.run("UPDATE response SET owner = 'cky_2'");
  database.close();
  const again = await openTestStore(dataDir);
  await expect(again.responses.chain("a")).rejects.toThrow("the query failed");
});

test("what an older program left in clear can be read, and is sealed soon", async () => {
  const dataDir = temporaryDirectory();
  const store = await openTestStore(dataDir);
  const old = Array.from({ length: 120 }, (_, index) => responseOf(`r${index}`, { input: noise(3000) }));
  for (const response of old) store.responses.save(response);
  await store.close();
  const path = join(dataDir, "responses.db");
  const database = new Database(path);
  const clear: Uint8Array[] = [];
  for (const { id, input, response } of old) {
    const content = Bun.zstdCompressSync(JSON.stringify({ input, response }));
    database.query("UPDATE response SET content = ?, bytes = ? WHERE id = ?").run(content, content.length, id);
    clear.push(content.subarray(50, 90));
  }
  database.run("DROP INDEX response_owner");
  database.run("PRAGMA user_version = 1");
  database.close();
  const readable = () => {
    const files = readdirSync(dataDir).filter((name) => name.startsWith("responses.db"));
    const bytes = Buffer.concat(files.map((name) => readFileSync(join(dataDir, name))));
    return clear.filter((piece) => bytes.includes(piece)).length;
  };
  expect(readable()).toBe(120);

  const again = await openTestStore(dataDir);
  expect(await again.responses.chain("r119")).toEqual([old.at(-1)!]);
  const looking = new Database(path, { readonly: true });
  await eventually(() => schemaVersion(looking) === 3);
  looking.close();
  expect(await again.responses.chain("r0")).toEqual([old[0]!]);
  await again.close();
  expect(readable()).toBe(0);
});

test("the responses of a client that is no more go, and nobody else's", async () => {
  const store = await openTestStore();
  for (const response of conversation(["a", "b"])) store.responses.save(response);
  store.responses.save(responseOf("x", { owner: "cky_2" }));
  await store.flush();
  await store.responses.expire({ ...KEEP, owners: ["cky_2", "cky_3"] });
  expect(await store.responses.chain("b")).toEqual([]);
  expect(idsOf(await store.responses.chain("x"))).toEqual(["x"]);
});
