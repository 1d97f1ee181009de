import { afterEach, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { Seal } from "../../src/lib/seal.ts";
import { ConfigDatabase } from "../../src/store/config-database.ts";
import { openFiles } from "../../src/store/files.ts";
import type { FileStore } from "../../src/store/types.ts";
import type { FileDetails, StoredFile } from "../../src/stored-file.ts";
import {
  CONTENT_KEY,
  cleanUp,
  clientKeyValues,
  onCleanup,
  openTestStore,
  temporaryDirectory,
  VAULT,
} from "./fixtures.ts";

afterEach(cleanUp);

const LIMITS = { maxFileBytes: 1_000_000, filesMaxBytes: 3_000_000 };
const DETAILS: FileDetails = {
  filename: "notes.txt",
  mediaType: "text/plain",
  purpose: "user_data",
  clientKeyId: null,
  userId: null,
  expiresAtMs: null,
};
const bytesOf = (length: number) => crypto.getRandomValues(new Uint8Array(Math.min(length, 65_536))).slice(0, length);
function noise(length: number): Uint8Array {
  const noise = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) noise.set(bytesOf(Math.min(65_536, length - at)), at);
  return noise;
}

async function put(files: FileStore, content: Uint8Array, details: Partial<FileDetails> = {}): Promise<StoredFile> {
  const upload = await files.begin(LIMITS);
  for (let at = 0; at < content.length; at += 30_000) await upload.write(content.subarray(at, at + 30_000));
  return upload.finish({ ...DETAILS, ...details });
}

async function read(files: FileStore, file: StoredFile, range?: { start: number; end: number }): Promise<Uint8Array> {
  return new Uint8Array(await new Response(files.content(file, range)).arrayBuffer());
}

const inFolder = (dataDir: string) => readdirSync(join(dataDir, "files")).sort();

describe("a file", () => {
  test.each([0, 1, 65_535, 65_536, 65_537, 262_144, 400_000])(
    "of %d bytes is what it was, also after a restart",
    async (length) => {
      const dataDir = temporaryDirectory();
      const content = noise(length);
      const store = await openTestStore(dataDir);
      const file = await put(store.files, content);
      expect(file).toMatchObject({
        ...DETAILS,
        bytes: length,
        sha256: new Bun.CryptoHasher("sha256").update(content).digest("hex"),
      });
      await store.close();
      const { files } = await openTestStore(dataDir);
      expect(await files.get(file.id)).toEqual(file);
      expect(Buffer.from(await read(files, file)).equals(content)).toBe(true);
      expect(inFolder(dataDir)).toEqual([file.id]);
      expect(statSync(join(dataDir, "files", file.id)).mode & 0o777).toBe(0o600);
      expect(statSync(join(dataDir, "files")).mode & 0o777).toBe(0o700);
    },
  );

  test("can be read in any part", async () => {
    const { files } = await openTestStore();
    const content = noise(400_000);
    const file = await put(files, content);
    for (const [start, end] of [
      [0, 1],
      [65_535, 65_537],
      [65_536, 131_072],
      [100, 399_999],
      [399_999, 400_000],
    ] as const) {
      expect(Buffer.from(await read(files, file, { start, end })).equals(content.subarray(start, end))).toBe(true);
    }
  });

  test("lies sealed: not readable, nor changeable, nor to be cut or taken for another unnoticed", async () => {
    const dataDir = temporaryDirectory();
    const { files } = await openTestStore(dataDir);
    const canary = Buffer.from("the-canary-sings-in-the-mine".repeat(10_000));
    const [file, other] = [await put(files, canary), await put(files, canary)];
    const path = join(dataDir, "files", file.id);
    const whole = readFileSync(path);
    expect(whole.includes("canary")).toBe(false);
    const breakIt = async (damage: () => void) => {
      damage();
      await expect(read(files, file)).rejects.toThrow("cannot be read");
      writeFileSync(path, whole);
    };
    await breakIt(() => writeFileSync(path, whole.with(70_000, whole[70_000]! ^ 1)));
    await breakIt(() => truncateSync(path, 65_569)); // whole pieces
    await breakIt(() => truncateSync(path, whole.length - 1));
    await breakIt(() => writeFileSync(path, readFileSync(join(dataDir, "files", other.id))));
    await breakIt(() => writeFileSync(path, ""));
    expect(Buffer.from(await read(files, file)).equals(canary)).toBe(true);
  });
});

describe("an upload", () => {
  test("is nothing until it is finished, and nothing when it is aborted", async () => {
    const dataDir = temporaryDirectory();
    const { files } = await openTestStore(dataDir);
    const upload = await files.begin(LIMITS);
    await upload.write(noise(100_000));
    expect(inFolder(dataDir)).toEqual([`${upload.id}.part`]);
    expect(await files.get(upload.id)).toBeNull();
    expect(await files.sweep()).toBe(0);
    await upload.abort();
    expect(inFolder(dataDir)).toEqual([]);
    await expect(upload.write(noise(1))).rejects.toThrow("The upload is over.");
    await expect(upload.finish(DETAILS)).rejects.toThrow("The upload is over.");
  });

  test("ends when the file is too large, or all of them together, and leaves no half file", async () => {
    const dataDir = temporaryDirectory();
    const { files } = await openTestStore(dataDir);
    await expect(put(files, noise(1_000_001))).rejects.toMatchObject({ fault: "too_large" });
    const first = await put(files, noise(1_000_000));
    await put(files, noise(1_000_000));
    const third = await files.begin(LIMITS);
    await third.write(noise(600_000)); // others count before they are finished
    await expect(put(files, noise(400_001))).rejects.toMatchObject({ fault: "quota" });
    await third.abort();
    const fourth = await put(files, noise(400_001));
    await files.delete([first.id]);
    await put(files, noise(1_000_000));
    expect(inFolder(dataDir)).toHaveLength(3);
    expect(inFolder(dataDir)).toContain(fourth.id);
  });

  test("onto a full disk ends with that word and leaves no half file", async () => {
    const dataDir = temporaryDirectory();
    const folder = join(dataDir, "files");
    const database = ConfigDatabase.open(join(dataDir, "sluice.db"), VAULT);
    onCleanup(() => database.close());
    let room = 200_000;
    const files = openFiles({
      database,
      folder,
      seal: new Seal(CONTENT_KEY),
      async openFile(path, flags, mode) {
        const handle = await open(path, flags, mode);
        const write = handle.write.bind(handle) as (bytes: Uint8Array, at: number) => Promise<{ bytesWritten: number }>;
        const full = Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
        const limited = (bytes: Uint8Array, at: number) => {
          room -= bytes.length;
          return room < 0 ? Promise.reject(full) : write(bytes, at);
        };
        return Object.assign(handle, { write: limited });
      },
    });
    await expect(put(files, noise(400_000))).rejects.toMatchObject({ fault: "disk_full" });
    expect(readdirSync(folder)).toEqual([]);
    expect(await files.totals({})).toEqual({ count: 0, bytes: 0 });
    room = 1_000_000;
    expect((await put(files, noise(400_000))).bytes).toBe(400_000);
  });
});

test("what a crash left is swept away, what is known is not", async () => {
  const dataDir = temporaryDirectory();
  const store = await openTestStore(dataDir);
  expect(await store.files.sweep()).toBe(0); // there is no folder yet
  const file = await put(store.files, noise(10));
  await store.close();
  for (const name of ["fil_0199-lost", "fil_0199-half.part", `${file.id}.part`]) {
    writeFileSync(join(dataDir, "files", name), "x");
  }
  const { files } = await openTestStore(dataDir);
  expect(await files.sweep()).toBe(3);
  expect(inFolder(dataDir)).toEqual([file.id]);
  expect(await read(files, file)).toHaveLength(10);
});

test("kill -9 in the middle of uploads: what was acknowledged is whole, of the rest nothing is left", async () => {
  const dataDir = temporaryDirectory();
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "child-uploads.ts"), dataDir], { stdout: "pipe" });
  const decoder = new TextDecoder();
  let said = "";
  for await (const bytes of child.stdout) {
    said += decoder.decode(bytes, { stream: true });
    if (said.split("\n").length > 20) child.kill("SIGKILL");
  }
  await child.exited;
  const acknowledged = said
    .split("\n")
    .slice(0, -1)
    .map((line) => line.split(" "));
  expect(acknowledged.length).toBeGreaterThan(19);
  const { files } = await openTestStore(dataDir);
  for (const [id, sha256] of acknowledged) {
    const file = await files.get(id!);
    expect(new Bun.CryptoHasher("sha256").update(await read(files, file!)).digest("hex")).toBe(sha256!);
  }
  await files.sweep();
  const { files: known } = await files.page({ limit: 10_000 });
  expect(inFolder(dataDir)).toEqual(known.map(({ id }) => id).sort());
  for (const file of known) expect(await read(files, file)).toHaveLength(250_000);
});

describe("over time", () => {
  test("files go when their time is over, when they are old, and with their client", async () => {
    const dataDir = temporaryDirectory();
    const { files, clientKeys } = await openTestStore(dataDir);
    const client = await clientKeys.create(clientKeyValues());
    if (client.kind !== "ok") throw new Error(client.kind);
    const nowMs = Date.now();
    const clientKeyId = client.row.id;
    const short = await put(files, noise(10), { expiresAtMs: nowMs + 3_600_000 });
    const long = await put(files, noise(10), { expiresAtMs: nowMs + 7_200_000 });
    const own = await put(files, noise(10), { clientKeyId });
    const plain = await put(files, noise(10));
    expect(await files.expire({ nowMs, createdBeforeMs: null, retiredBeforeMs: 0, spared: [] })).toEqual([]);
    expect(
      await files.expire({ nowMs: nowMs + 3_600_000, createdBeforeMs: null, retiredBeforeMs: 0, spared: [] }),
    ).toEqual([short.id]);
    await clientKeys.delete([clientKeyId]);
    expect(await files.expire({ nowMs, createdBeforeMs: null, retiredBeforeMs: 0, spared: [] })).toEqual([own.id]);
    expect(await files.expire({ nowMs, createdBeforeMs: nowMs + 60_000, retiredBeforeMs: 0, spared: [] })).toEqual([
      plain.id,
    ]);
    expect(inFolder(dataDir)).toEqual([long.id]);
  });

  test("a file whose time is over is not there, whether or not it has been deleted", async () => {
    const { files } = await openTestStore();
    const file = await put(files, noise(10), { expiresAtMs: Date.now() - 1 });
    expect(await files.get(file.id)).toBeNull();
    expect((await files.page({ limit: 10 })).files).toEqual([]);
    expect(await files.totals({})).toEqual({ count: 0, bytes: 0 });
  });
});

test("lists go page by page in both orders, and by whose, what for and name", async () => {
  const { files } = await openTestStore();
  const all: StoredFile[] = [];
  for (let index = 0; index < 5; index++) {
    const clientKeyId = index % 2 === 0 ? "cky_a" : null;
    all.push(
      await put(files, noise(index + 1), { filename: `Report_${index}.pdf`, clientKeyId, purpose: `p${index % 2}` }),
    );
  }
  const ids = (page: { files: readonly StoredFile[] }) =>
    page.files.map(({ id }) => all.findIndex((each) => each.id === id));
  const first = await files.page({ limit: 2 });
  expect([ids(first), first.hasMore]).toEqual([[4, 3], true]);
  const last = await files.page({ limit: 3, after: first.files[1]!.id });
  expect([ids(last), last.hasMore]).toEqual([[2, 1, 0], false]);
  expect(ids(await files.page({ limit: 2, ascending: true, after: all[1]!.id }))).toEqual([2, 3]);
  expect(ids(await files.page({ limit: 9, clientKeyId: "cky_a" }))).toEqual([4, 2, 0]);
  expect(ids(await files.page({ limit: 9, clientKeyId: null }))).toEqual([3, 1]);
  expect(ids(await files.page({ limit: 9, purpose: "p1" }))).toEqual([3, 1]);
  expect(ids(await files.page({ limit: 9, search: "REPORT_3" }))).toEqual([3]);
  expect(ids(await files.page({ limit: 9, search: "%" }))).toEqual([]);
  expect(await files.totals({ clientKeyId: "cky_a" })).toEqual({ count: 3, bytes: 9 });
});
