import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { addProvider } from "../support/admin-fixtures.ts";
import { type AdminServer, type Answer, startAdminServer } from "../support/admin-server.ts";
import { FakeVendor, gate, json } from "../support/fake-vendor.ts";

let server: AdminServer;
let vendor: FakeVendor;
let providerId: string;
let names = 0;
beforeAll(async () => {
  [server, vendor] = await Promise.all([startAdminServer(), FakeVendor.start()]);
});
afterAll(async () => {
  await server.stop();
  await vendor.close();
});
beforeEach(async () => {
  vendor.reset(json({ object: "list", data: [] }));
  const input = { name: `p${names++}`, kind: "OPENAI_COMPATIBLE", baseUrl: `${vendor.origin}/v1` };
  providerId = (await addProvider(server, input)).id;
});

const refusal = (key: string) =>
  json({ error: { message: `Incorrect API key provided: ${key}`, code: "invalid_api_key" } }, 401);

async function importKeys(input: object): Promise<Answer> {
  const query = `mutation ($input: ImportProviderKeysInput!) {
    importProviderKeys(input: $input) { job { id } userErrors { message } }
  }`;
  const { data } = await server.ask(query, { input: { providerId, ...input } });
  expect(data.importProviderKeys.userErrors).toEqual([]);
  const { job } = data.importProviderKeys;
  if (job === null) return null;
  await server.control.jobs.settled(job.id, 10_000);
  const read = `query ($id: ID!) { job(id: $id) {
    state succeeded failed skipped items(first: 200) { nodes { outcome message secretPreview latencyMs subject { id } } }
  } }`;
  return (await server.ask(read, { id: job.id })).data.job;
}
const storedKeys = async () => (await server.store.providerKeys.list()).filter((key) => key.providerId === providerId);

test("a key that its vendor refuses is imported switched off, and says why; the others serve at once", async () => {
  const [good, dead, unsure] = ["sk-good-000001", "sk-dead-000002", "sk-down-000003"];
  vendor.forKey(dead, refusal(dead));
  vendor.forKey(unsure, json({ error: { message: "maintenance" } }, 503));
  const job = await importKeys({ text: [good, dead, unsure, good].join("\n"), validate: true });
  expect(job).toMatchObject({ state: "SUCCEEDED", succeeded: 2, failed: 1, skipped: 1 });
  expect(job.items.nodes).toMatchObject([
    { outcome: "SUCCEEDED", message: "created; accepted: the vendor listed its models", latencyMs: expect.any(Number) },
    { outcome: "FAILED", message: "created, switched off; 401: Incorrect API key provided: …" },
    { outcome: "SUCCEEDED", message: "created; not found out: 503: maintenance" },
    { outcome: "SKIPPED", message: "The same key stands in row 1.", latencyMs: null },
  ]);
  expect(JSON.stringify(job)).not.toContain(dead);
  const { data } = await server.ask(
    `query ($p: [ID!]) { providerKeys(filter: { providers: $p }) { nodes { secretPreview status enabled } } }`,
    { p: [providerId] },
  );
  const shown = Object.fromEntries(data.providerKeys.nodes.map((key: Answer) => [key.secretPreview, key.status]));
  expect(shown).toEqual({ "sk-…0001": "ACTIVE", "sk-…0002": "DISABLED", "sk-…0003": "COOLING" });
  expect(vendor.calls).toHaveLength(3);
});

test("why a key was switched off is told to whoever watches, for its history", async () => {
  const changes: Answer[] = [];
  const stop = server.events.on("keyHealth", (change) => void changes.push(change));
  vendor.otherwise(refusal("sk-gone-000001"));
  const job = await importKeys({ text: "sk-gone-000001", validate: true });
  stop();
  const words = { errorClass: "key_invalid", httpStatus: 401, message: "Incorrect API key provided: …" };
  expect(changes).toMatchObject([{ keyId: job.items.nodes[0].subject.id, to: "invalid", ...words }]);
});

test("a refused key is not even for a moment in the pool", async () => {
  const held = gate();
  vendor.otherwise(async (call) => {
    await held.opened;
    await refusal(call.key)(call);
  });
  const importing = importKeys({ text: "sk-held-000001", validate: true });
  await vendor.call(1);
  expect(await storedKeys()).toEqual([]);
  const enabled: boolean[] = [];
  const stop = server.events.on("config", () => {
    enabled.push(...server.snapshots.current.providersById.get(providerId)!.keys.map((key) => key.enabled));
  });
  held.open();
  await importing;
  stop();
  expect(await storedKeys()).toMatchObject([{ enabled: false }]);
  expect(enabled).toEqual([]);
});

test("LEAVE_OUT writes only what the vendor takes", async () => {
  vendor.forKey("sk-dead-000001", refusal("sk-dead-000001"));
  const job = await importKeys({ text: "sk-dead-000001 sk-good-000002", validate: true, onRefused: "LEAVE_OUT" });
  expect(job.items.nodes).toMatchObject([
    { outcome: "FAILED", message: "left out; 401: Incorrect API key provided: …", subject: null },
    { outcome: "SUCCEEDED", message: "created; accepted: the vendor listed its models" },
  ]);
  expect(await storedKeys()).toMatchObject([{ secretPreview: "sk-…0002", enabled: true }]);
});

test("a key is asked about as the import will leave it: with its own user agent, and only when it is written", async () => {
  await importKeys({ text: JSON.stringify([{ key: "sk-there-00001", userAgent: "old/1" }]) });
  expect(vendor.calls).toHaveLength(0);
  await importKeys({ text: "sk-there-00001", validate: true });
  expect(vendor.calls).toHaveLength(0);
  const rows = [
    { key: "sk-there-00001", memo: "seen again" },
    { key: "sk-there-00002", userAgent: "new/2" },
  ];
  await importKeys({ text: JSON.stringify(rows), validate: true, onDuplicate: "UPDATE" });
  const asked = vendor.calls.map((call) => [call.key, call.headers["user-agent"]]).sort();
  expect(asked).toEqual([
    ["sk-there-00001", "old/1"],
    ["sk-there-00002", "new/2"],
  ]);
});

test("a key that comes back is asked about too, with what it had", async () => {
  await importKeys({ text: JSON.stringify([{ key: "sk-back-000001", userAgent: "own/1" }]) });
  await server.store.providerKeys.retire((await storedKeys()).map(({ id }) => id));
  vendor.otherwise(refusal("sk-back-000001"));
  const job = await importKeys({ text: "sk-back-000001", validate: true, onDuplicate: "RESTORE" });
  expect(vendor.calls[0]!.headers["user-agent"]).toBe("own/1");
  expect(job.items.nodes).toMatchObject([{ outcome: "FAILED", message: expect.stringMatching(/^restored, switched/) }]);
  expect(await storedKeys()).toMatchObject([{ enabled: false }]);
});

test("a dry run asks nobody", async () => {
  await importKeys({ text: "sk-dry-0000001", validate: true, dryRun: true });
  expect(vendor.calls).toEqual([]);
});

test("cancelled while vendors are asked, it writes nothing of what was not found out", async () => {
  const held = gate();
  vendor.otherwise(async (call) => {
    await held.opened;
    await json({ data: [] })(call);
  });
  const text = Array.from({ length: 30 }, (_, index) => `sk-cancel-${1000 + index}`).join(" ");
  const importing = importKeys({ text, validate: true });
  await vendor.call(1);
  const [job] = await server.store.jobs.list();
  await server.ask("mutation ($id: ID!) { cancelJob(input: { id: $id }) { job { id } } }", { id: job!.id });
  held.open();
  expect(await importing).toMatchObject({ state: "CANCELLED", succeeded: 0 });
  expect(await storedKeys()).toEqual([]);
});
