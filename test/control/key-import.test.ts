import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readImport } from "../../src/control/keys/import/read.ts";
import { addProvider, expectNothingWritten } from "../support/admin-fixtures.ts";
import { type AdminServer, type Answer, startAdminServer } from "../support/admin-server.ts";

let server: AdminServer;
let providerId: string;
beforeAll(async () => {
  server = await startAdminServer();
  providerId = (await addProvider(server)).id;
});
afterAll(() => server.stop());

const IMPORT = `mutation ($input: ImportProviderKeysInput!) {
  importProviderKeys(input: $input) {
    preview {
      format total created updated existing repeated refused
      rows { index action message secretPreview providerKey { id } }
    }
    job {
      id kind state total done succeeded failed skipped undoableUntil
      items(first: 200) { totalCount nodes { index outcome message secretPreview subject { ... on ProviderKey { name tags } } } }
    }
    userErrors { code message field }
  }
}`;
async function importKeys(input: object): Promise<Answer> {
  const { data } = await server.ask(IMPORT, { input: { providerId, ...input } });
  return data.importProviderKeys;
}
const keysOf = async (id = providerId) =>
  (await server.store.providerKeys.list()).filter((key) => key.providerId === id);

describe("readImport understands", () => {
  const secretsIn = (text: string) => readImport(text)?.rows.map(({ secret }) => secret);

  test("lines, commas and whatever people paste between keys", () => {
    expect(secretsIn("sk-aaaaaaaa\r\nsk-bbbbbbbb, sk-cccccccc;sk-dddddddd\n\n'sk-eeeeeeee'")).toEqual([
      "sk-aaaaaaaa",
      "sk-bbbbbbbb",
      "sk-cccccccc",
      "sk-dddddddd",
      "sk-eeeeeeee",
    ]);
  });

  test("a table with a header, with quoted cells", () => {
    const text = '\uFEFFName;API_Key;Tags;Weight;Note\n"a;b";sk-aaaaaaaa;x|y;3;"said ""hi"""\n;sk-bbbbbbbb;;;\n';
    expect(readImport(text)).toMatchObject({
      format: "CSV",
      rows: [
        { secret: "sk-aaaaaaaa", fields: { name: "a;b", tags: ["x", "y"], weight: 3, memo: 'said "hi"' } },
        { secret: "sk-bbbbbbbb", fields: {} },
      ],
    });
  });

  test("JSON of strings and of objects", () => {
    expect(secretsIn('["sk-aaaaaaaa", {"key": "sk-bbbbbbbb", "name": "b"}]')).toEqual(["sk-aaaaaaaa", "sk-bbbbbbbb"]);
    expect(readImport("[not json")).toBeNull();
  });

  test(".env with lists, quotes and comments", () => {
    const text = '# keys\nexport OPENAI_API_KEY="sk-aaaaaaaa"\nOTHERS=sk-bbbbbbbb,sk-cccccccc\n';
    expect(readImport(text)).toMatchObject({
      format: "ENV",
      rows: [
        { secret: "sk-aaaaaaaa", fields: { name: "OPENAI_API_KEY" } },
        { secret: "sk-bbbbbbbb", fields: { name: "OTHERS #1" } },
        { secret: "sk-cccccccc", fields: { name: "OTHERS #2" } },
      ],
    });
  });

  test("gpt-load's export: the group's name becomes a tag, its upstream the address", () => {
    const group = { name: "east", upstreams: [{ url: "https://api.openai.com", weight: 1 }] };
    const keys = [
      { key_value: "sk-aaaaaaaa", status: "active" },
      { key_value: "sk-bbbbbbbb", status: "invalid" },
    ];
    expect(readImport(JSON.stringify({ group, keys, exported_at: "x", version: "2.0" }))?.rows).toEqual([
      { secret: "sk-aaaaaaaa", fields: { tags: ["east"] }, address: "https://api.openai.com" },
      { secret: "sk-bbbbbbbb", fields: { tags: ["east"] }, address: "https://api.openai.com" },
    ]);
  });

  test("new-api's channels: several keys in one field, its own order of priorities left out", () => {
    const channel = {
      id: 1,
      type: 1,
      name: "team",
      key: "sk-aaaaaaaa\nsk-bbbbbbbb",
      status: 2,
      weight: 0,
      priority: 9,
      tag: "t",
    };
    const fields = { tags: ["t"], enabled: false };
    expect(readImport(JSON.stringify({ success: true, data: { items: [channel], total: 1 } }))?.rows).toEqual([
      { secret: "sk-aaaaaaaa", fields: { ...fields, name: "team #1" }, address: "https://api.openai.com" },
      { secret: "sk-bbbbbbbb", fields: { ...fields, name: "team #2" }, address: "https://api.openai.com" },
    ]);
  });
});

describe("importProviderKeys", () => {
  test("a dry run says what would happen to each row and writes nothing", async () => {
    const text = "sk-dry-run-0001, sk-dry-run-0002\nsk-dry-run-0001 short";
    const { preview, job } = await expectNothingWritten(server, () => importKeys({ text, dryRun: true }));
    expect(job).toBeNull();
    expect(preview).toMatchObject({ format: "TEXT", total: 4, created: 2, repeated: 1, refused: 1 });
    expect(preview.rows[0]).toEqual({
      index: 3,
      action: "REFUSE",
      message: "This is too short to be a key.",
      secretPreview: "…",
      providerKey: null,
    });
    expect(await server.store.jobs.list()).toEqual([]);
  });

  test("makes the keys, with their fields and the import's tags, and tells each row's outcome", async () => {
    const text =
      "name,key,tags,priority\nfirst,sk-import-0001,blue,2\nfirst,sk-import-0002,,\n,sk-import-0001,,\n,http://x.example,,";
    const { job, userErrors } = await importKeys({ text, tags: ["batch"] });
    expect(userErrors).toEqual([]);
    expect(job).toMatchObject({
      kind: "IMPORT_PROVIDER_KEYS",
      state: "SUCCEEDED",
      total: 4,
      succeeded: 2,
      failed: 1,
      skipped: 1,
    });
    expect(job.items.nodes).toEqual([
      {
        index: 0,
        outcome: "SUCCEEDED",
        message: "created",
        secretPreview: "sk-…0001",
        subject: { name: "first", tags: ["batch", "blue"] },
      },
      {
        index: 1,
        outcome: "SUCCEEDED",
        message: "created",
        secretPreview: "sk-…0002",
        subject: { name: "first 2", tags: ["batch"] },
      },
      {
        index: 2,
        outcome: "SKIPPED",
        message: "The same key stands in row 1.",
        secretPreview: "sk-…0001",
        subject: null,
      },
      {
        index: 3,
        outcome: "FAILED",
        message: "This is an address, not a key.",
        secretPreview: "htt…mple",
        subject: null,
      },
    ]);
    const made = (await keysOf()).find(({ name }) => name === "first");
    expect(made).toMatchObject({ priority: 2, importJobId: job.id });
    expect(server.snapshots.current.providersById.get(providerId)!.keys.map(({ name }) => name)).toContain("first 2");
  });

  test("leaves a key that is there as it is, or updates it when asked to", async () => {
    const text = JSON.stringify([{ key: "sk-twice-00001", weight: 7, memo: "new memo" }]);
    await importKeys({ text: "sk-twice-00001" });
    const skipped = await importKeys({ text });
    expect(skipped.job).toMatchObject({ skipped: 1, succeeded: 0 });
    const updated = await importKeys({ text, onDuplicate: "UPDATE", tags: ["seen"] });
    expect(updated.job.items.nodes).toMatchObject([{ outcome: "SUCCEEDED", message: "updated" }]);
    const [key] = (await keysOf()).filter(({ memo }) => memo === "new memo");
    expect(key).toMatchObject({ weight: 7, tags: ["seen"], version: 2 });
  });

  test("refuses what plainly belongs elsewhere, in words that do not repeat it", async () => {
    const secret = "sk-ant-api03-verysecretverysecret";
    const channel = { type: 14, key: "plain-key-0001-of-a-channel", name: "claude" };
    const proxied = { key: "sk-proxied-000001", proxy: "http://169.254.169.254:80" };
    const text = JSON.stringify([
      secret,
      channel,
      proxied,
      { key: "mail@example.com" },
      { key: "sk-weight-00001", weight: -1 },
    ]);
    const { job } = await importKeys({ text });
    expect(job.items.nodes.map(({ message }: Answer) => message)).toEqual([
      "This is a key of Anthropic.",
      "It was used at another address than this provider's.",
      expect.stringMatching(/^Proxy URL: /),
      "This is an account, not a key.",
      "A weight is 1 or more.",
    ]);
    expect(JSON.stringify(job)).not.toContain("verysecret");
  });

  test("is done once for one idempotency key", async () => {
    const input = { text: "sk-once-0000001", idempotencyKey: "deploy-1" };
    const first = await importKeys(input);
    const second = await importKeys(input);
    expect(second.job.id).toBe(first.job.id);
    expect(second.job.succeeded).toBe(1);
  });

  test("is taken back exactly: what it made goes, what was there stays", async () => {
    await importKeys({ text: "sk-undo-stays-01" });
    const before = (await keysOf()).map(({ id }) => id);
    const { job } = await importKeys({ text: "sk-undo-stays-01 sk-undo-goes-001 sk-undo-goes-002" });
    expect(job.undoableUntil).not.toBeNull();
    const undo =
      "mutation ($id: ID!) { undoJob(input: { id: $id }) { job { undoneAt undoableUntil } userErrors { code message } } }";
    const { data } = await server.ask(undo, { id: job.id });
    expect(data.undoJob).toMatchObject({ job: { undoneAt: expect.any(String), undoableUntil: null }, userErrors: [] });
    expect((await keysOf()).map(({ id }) => id)).toEqual(before);
    const again = await server.ask(undo, { id: job.id });
    expect(again.data.undoJob.userErrors).toMatchObject([{ code: "CONFLICT" }]);
  });

  test("refuses a text that it cannot read, and a provider that is not there", async () => {
    await expectNothingWritten(server, async () => {
      expect((await importKeys({ text: "{broken" })).userErrors).toMatchObject([{ field: ["text"] }]);
      expect((await importKeys({ text: " \n " })).userErrors).toMatchObject([{ field: ["text"] }]);
      expect((await importKeys({ text: "sk-aaaaaaaa", providerId: "prv_x" })).userErrors).toMatchObject([
        { code: "NOT_FOUND" },
      ]);
    });
  });

  test("five thousand keys in about a second", async () => {
    const { id } = await addProvider(server, { name: "large" });
    const text = Array.from({ length: 5000 }, (_, index) => `sk-large-import-${index}-${crypto.randomUUID()}`).join(
      "\n",
    );
    const startedMs = performance.now();
    const { job } = await importKeys({ providerId: id, text });
    await server.control.jobs.settled(job.id, 20_000);
    const ms = performance.now() - startedMs;
    expect(await keysOf(id)).toHaveLength(5000);
    // One second on an idle machine; others may share this one.
    expect(ms).toBeLessThan(10_000);
    if (process.env.MEASURE) console.log(`5,000 keys imported in ${Math.round(ms)} ms`);
  }, 60_000);
});
