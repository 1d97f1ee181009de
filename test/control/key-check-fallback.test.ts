import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { addKey, addModel, addProvider } from "../support/admin-fixtures.ts";
import { type AdminServer, type Answer, startAdminServer } from "../support/admin-server.ts";
import { FakeVendor, json, type Reply, type VendorCall } from "../support/fake-vendor.ts";

let server: AdminServer;
let vendor: FakeVendor;
let count = 0;
let provider: Answer;
beforeAll(async () => {
  [server, vendor] = await Promise.all([startAdminServer(), FakeVendor.start()]);
});
afterAll(async () => {
  await server.stop();
  await vendor.close();
});
beforeEach(async () => {
  vendor.reset(json({}, 500));
  provider = await makeProvider();
});

const makeProvider = (input: object = {}) =>
  addProvider(server, { name: `p${count++}`, kind: "OPENAI_COMPATIBLE", baseUrl: `${vendor.origin}/v1`, ...input });
const target = (upstreamModel: string, more: object = {}) => ({
  name: `${upstreamModel}-${count++}`,
  targets: [{ providerId: provider.id, upstreamModel }],
  ...more,
});

/** `list` answers the list of models, `ask` whatever a model is asked. */
function script(list: Reply, ask: Reply) {
  vendor.otherwise((call) => (call.method === "GET" ? list : ask)(call));
}
const noSuchPage = json({ error: { message: "Not Found" } }, 404);
const answer = json({ choices: [{ message: { role: "assistant", content: "p" }, finish_reason: "length" }] });
const refused = json({ error: { message: "Incorrect API key provided", code: "invalid_api_key" } }, 401);

/** What became of one key, of the item and of the key's state. */
async function check(
  input: object = {},
): Promise<{ outcome: string; message: string; status: string; parked: string[] }> {
  const key = await addKey(server, provider.id, input);
  const query = `mutation ($id: ID!) {
    validateProviderKeys(input: { selection: { ids: [$id] }, disableInvalid: true }) { job { id } }
  }`;
  const { id } = (await server.ask(query, { id: key.id })).data.validateProviderKeys.job;
  await server.control.jobs.settled(id, 10_000);
  const read = `query ($job: ID!, $key: ID!) {
    job(id: $job) { items { nodes { outcome message } } }
    providerKey(id: $key) { status parkedModels { model } }
  }`;
  const { data } = await server.ask(read, { job: id, key: key.id });
  const parked = data.providerKey.parkedModels.map(({ model }: Answer) => model);
  return { ...data.job.items.nodes[0], status: data.providerKey.status, parked };
}
const asked = () => vendor.calls.filter(({ method }) => method === "POST");
const model = (call: VendorCall | undefined) => call?.json.model;

test.each([
  ["404", noSuchPage],
  ["405", json({ error: { message: "Method Not Allowed" } }, 405)],
  ["501", json({ error: { message: "Not Implemented" } }, 501)],
  ["a page instead of a list", json("<html>Welcome</html>")],
  ["a key that may not read the list", json({ error: { message: "Missing scopes: api.model.read" } }, 401)],
])("a vendor without a list of models (%s) is asked for one token instead", async (_, list) => {
  await addModel(server, provider.id, target("only-model"));
  script(list, answer);
  const message = "accepted: only-model answered one token";
  expect(await check()).toEqual({ outcome: "SUCCEEDED", message, status: "ACTIVE", parked: [] });
  expect(asked().map((call) => [call.path, call.json])).toEqual([
    ["/v1/chat/completions", { model: "only-model", messages: [{ role: "user", content: "ping" }], max_tokens: 1 }],
  ]);
});

test("the answer to that decides, not the 404", async () => {
  await addModel(server, provider.id, target("only-model"));
  script(noSuchPage, refused);
  const dead = await check();
  expect(dead).toMatchObject({ outcome: "FAILED", status: "DISABLED" });
  expect(dead.message).toBe("only-model was asked: 401: Incorrect API key provided");
  script(noSuchPage, noSuchPage);
  expect(await check()).toMatchObject({ outcome: "FAILED", status: "UNCHECKED" });
  script(noSuchPage, json({ error: "wrong", choices: [] }));
  expect(await check()).toMatchObject({ outcome: "FAILED", status: expect.not.stringMatching(/ACTIVE|DISABLED/) });
});

test("a refusal of one model is no refusal of the key", async () => {
  await addModel(server, provider.id, target("closed-model"));
  const words = "Project does not have access to model closed-model";
  script(noSuchPage, json({ error: { message: words, code: "model_not_found" } }, 403));
  expect(await check()).toMatchObject({
    outcome: "FAILED",
    message: `closed-model was asked: 403: ${words}`,
    status: "UNCHECKED",
    parked: ["closed-model"],
  });
});

test("without a model to ask nothing is guessed, and nobody blamed", async () => {
  script(noSuchPage, answer);
  await addModel(server, provider.id, target("off", { enabled: false }));
  expect(await check()).toEqual({
    outcome: "FAILED",
    message: "404: Not Found; and there is no model of this provider to ask instead",
    status: "UNCHECKED",
    parked: [],
  });
  expect(asked()).toEqual([]);
});

test("the cheapest model is asked, and one that only embeds by its own endpoint", async () => {
  script(noSuchPage, answer);
  await addModel(server, provider.id, target("unpriced"));
  await addModel(server, provider.id, target("dear", { price: { input: "10", output: "30" } }));
  await addModel(server, provider.id, target("cheap", { price: { input: "0.1", output: "0.2" } }));
  await check();
  expect(asked().map(model)).toEqual(["cheap"]);

  provider = await makeProvider();
  vendor.calls.length = 0;
  await addModel(server, provider.id, target("voyage-embed-3"));
  script(noSuchPage, json({ data: [{ embedding: [0] }] }));
  expect(await check()).toMatchObject({ message: "accepted: voyage-embed-3 embedded one word", status: "ACTIVE" });
  expect(asked().map((call) => [call.path, call.json])).toEqual([
    ["/v1/embeddings", { model: "voyage-embed-3", input: "ping" }],
  ]);
});

test.each([
  ["ANTHROPIC", "", "/v1/messages", { max_tokens: 1 }, { content: [] }],
  ["GEMINI", "", "/v1beta/models/m:generateContent", { generationConfig: { maxOutputTokens: 1 } }, { candidates: [] }],
  ["OPENAI", "/v1", "/v1/chat/completions", { max_completion_tokens: 1 }, { choices: [] }],
  ["AZURE_OPENAI", "", "/openai/v1/chat/completions", { max_completion_tokens: 1 }, { choices: [] }],
])("each kind of vendor is asked in its own way: %s", async (kind, path, expected, limit, said) => {
  provider = await makeProvider({ kind, baseUrl: `${vendor.origin}${path}` });
  await addModel(server, provider.id, target("m"));
  script(noSuchPage, json(said));
  expect(await check({ userAgent: "own/1" })).toMatchObject({ message: "accepted: m answered one token" });
  const [call] = asked();
  expect([call!.path, call!.headers["user-agent"]]).toEqual([expected, "own/1"]);
  expect(call!.json).toMatchObject(limit);
});
