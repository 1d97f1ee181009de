import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { addKey, addModel, addProvider, expectNothingWritten } from "../support/admin-fixtures.ts";
import { type AdminServer, type Answer, startAdminServer } from "../support/admin-server.ts";
import { FakeVendor, json, never, type Reply } from "../support/fake-vendor.ts";

let server: AdminServer;
let vendor: FakeVendor;
beforeAll(async () => {
  vendor = await FakeVendor.start();
  server = await startAdminServer();
});
afterAll(async () => {
  await server.stop();
  await vendor.close();
});
beforeEach(() => vendor.reset(never));

let made = 0;
/** A provider of that kind with a key, whose upstream answers `list`. */
async function addListing(list: Reply, input: object = {}, key: object = {}): Promise<string> {
  vendor.otherwise(list);
  const { id } = await addProvider(server, { name: `p${++made}`, baseUrl: `${vendor.origin}/v1`, ...input });
  await addKey(server, id, key);
  return id;
}

const ENTRY = `key kind upstreamModel model { name } changes { field before after } price { input source }
  offered { name displayName contextWindow maxOutputTokens capabilities }`;
const ERRORS = "userErrors { __typename code message field ... on UpstreamError { httpStatus } }";
const preview = async (providerId: string): Promise<Answer> =>
  (
    await server.ask(
      `mutation ($input: PreviewModelSyncInput!) { previewModelSync(input: $input) {
        provider { id offer { seenAt models { name } } } seenAt entries { ${ENTRY} } ${ERRORS} } }`,
      { input: { providerId } },
    )
  ).data.previewModelSync;
const sync = async (input: object): Promise<Answer> =>
  (
    await server.ask(
      `mutation ($input: SyncModelsInput!) { syncModels(input: $input) {
        models { id name displayName enabled contextWindow maxOutputTokens capabilities price { source }
          targets { providerId upstreamModel priority } }
        entries { key } ${ERRORS} } }`,
      { input },
    )
  ).data.syncModels;
const names = ({ entries }: Answer) => entries.map(({ key }: Answer) => key);
const list = (...models: (string | object)[]): Reply =>
  json({
    object: "list",
    data: models.map((model) => (typeof model === "string" ? { id: model, object: "model" } : model)),
  });

describe("what a provider offers", () => {
  test("is asked with the key's own credential and user agent, and remembered", async () => {
    const id = await addListing(
      list("gpt-4.1", "text-embedding-3-small", "bad name"),
      {},
      { secret: "sk-mine-0123456789", userAgent: "own/1" },
    );
    const { entries, provider, userErrors } = await preview(id);
    expect(userErrors).toEqual([]);
    expect(vendor.calls).toHaveLength(1);
    const [call] = vendor.calls;
    expect([call!.method, call!.path, call!.key, call!.headers["user-agent"]]).toEqual([
      "GET",
      "/v1/models",
      "sk-mine-0123456789",
      "own/1",
    ]);
    expect(provider.offer.models).toEqual([{ name: "gpt-4.1" }, { name: "text-embedding-3-small" }]);
    expect(entries).toMatchObject([
      {
        key: "added/gpt-4.1",
        kind: "ADDED",
        model: null,
        price: { source: "BUILTIN" },
        offered: { contextWindow: expect.any(Number), capabilities: expect.arrayContaining(["CHAT", "STREAMING"]) },
      },
      { key: "added/text-embedding-3-small", offered: { capabilities: ["EMBEDDING"] } },
    ]);
  });

  test("is read page by page from Anthropic", async () => {
    const id = await addListing(
      (call) =>
        json(
          call.query.includes("after_id=claude-b")
            ? { data: [{ id: "claude-c", type: "model" }], has_more: false, last_id: "claude-c" }
            : {
                data: [
                  { id: "claude-a", display_name: "Claude A", max_input_tokens: 1000, max_tokens: 200 },
                  { id: "claude-b" },
                ],
                has_more: true,
                last_id: "claude-b",
              },
        )(call),
      { kind: "ANTHROPIC", baseUrl: vendor.origin },
    );
    const { entries } = await preview(id);
    expect(vendor.calls.map(({ path }) => path)).toEqual(["/v1/models", "/v1/models"]);
    expect(entries.map(({ upstreamModel }: Answer) => upstreamModel)).toEqual(["claude-a", "claude-b", "claude-c"]);
    expect(entries[0].offered).toMatchObject({ displayName: "Claude A", contextWindow: 1000, maxOutputTokens: 200 });
  });

  test("is read from Gemini by its own names and methods", async () => {
    const model = (name: string, methods: string[]) => ({
      name: `models/${name}`,
      displayName: name.toUpperCase(),
      inputTokenLimit: 1048576,
      outputTokenLimit: 8192,
      supportedGenerationMethods: methods,
    });
    const id = await addListing(
      json({
        models: [model("gemini-x", ["generateContent"]), model("vec", ["embedContent"]), model("pic", ["predict"])],
      }),
      { kind: "GEMINI", baseUrl: vendor.origin },
    );
    const { entries } = await preview(id);
    expect(vendor.calls[0]!.path).toBe("/v1beta/models");
    expect(entries.map(({ upstreamModel, offered }: Answer) => [upstreamModel, offered.capabilities[0]])).toEqual([
      ["gemini-x", "CHAT"],
      ["vec", "EMBEDDING"],
      ["pic", "IMAGE"],
    ]);
    expect(entries[0].offered).toMatchObject({
      displayName: "GEMINI-X",
      contextWindow: 1048576,
      maxOutputTokens: 8192,
    });
  });

  test("of Azure are its deployments that stand", async () => {
    const id = await addListing(
      list({ id: "prod", model: "gpt-4.1", status: "succeeded" }, { id: "half", status: "running" }),
      { kind: "AZURE_OPENAI", baseUrl: vendor.origin },
    );
    expect(names(await preview(id))).toEqual(["added/prod"]);
    expect(vendor.calls[0]!.path).toBe("/openai/deployments");
  });

  test("is asked through the key's own proxy, which hears the address", async () => {
    const id = await addListing(
      list("m"),
      { baseUrl: "http://127.0.0.1:9/v1" },
      { proxyUrl: `http://me:pass@127.0.0.1:${vendor.port}` },
    );
    expect(names(await preview(id))).toEqual(["added/m"]);
    expect(vendor.calls.map(({ target }) => target)).toEqual(["http://127.0.0.1:9/v1/models"]);
  });

  test("is asked with the next key when one is refused", async () => {
    const id = await addListing(list("m"), {}, { secret: "sk-refused-0123456789" });
    await addKey(server, id, { secret: "sk-good-0123456789" });
    vendor.forKey("sk-refused-0123456789", json({ error: { message: "sk-refused-0123456789 is no key" } }, 401));
    expect(names(await preview(id))).toEqual(["added/m"]);
    expect(new Set(vendor.calls.map(({ key }) => key))).toEqual(
      new Set(["sk-refused-0123456789", "sk-good-0123456789"]),
    );
  });

  const failures: [string, Reply, object][] = [
    ["refuses", json({ error: { message: "secret words" } }, 500), { code: "UPSTREAM_REJECTED", httpStatus: 500 }],
    ["hangs up", (call) => call.rst(), { code: "UPSTREAM_UNREACHABLE", httpStatus: null }],
    ["sends nonsense", json("<html>"), { code: "UPSTREAM_REJECTED", httpStatus: 200 }],
    ["redirects", json({}, 302, { location: "http://127.0.0.1:1/" }), { code: "UPSTREAM_REJECTED", httpStatus: 302 }],
    [
      "never ends",
      json({ data: [{ id: "x".repeat(9 * 1_048_576) }] }),
      { code: "UPSTREAM_UNREACHABLE", httpStatus: null },
    ],
  ];
  test.each(failures)("stays unknown when the upstream %s", async (_what, reply, error) => {
    const id = await addListing(reply);
    const answer = await expectNothingWritten(server, () => preview(id));
    expect(answer.userErrors).toMatchObject([{ ...error, field: ["providerId"] }]);
    expect(JSON.stringify(answer)).not.toContain("secret words");
    expect(await server.store.offers.get(id)).toBeNull();
  });

  test("is not asked of whom it cannot be", async () => {
    const coze = await addListing(never, { kind: "COZE", baseUrl: vendor.origin, botId: "7" });
    const { id: keyless } = await addProvider(server, { name: `p${++made}` });
    expect((await preview(coze)).userErrors).toMatchObject([{ code: "INVALID" }]);
    expect((await preview(keyless)).userErrors).toMatchObject([{ code: "INVALID" }]);
    expect((await preview("prv_0")).userErrors).toMatchObject([{ code: "NOT_FOUND" }]);
    expect(vendor.calls).toEqual([]);
  });

  test("is forgotten when the provider moves", async () => {
    const id = await addListing(list("m"));
    await preview(id);
    expect(await server.store.offers.get(id)).not.toBeNull();
    const { data } = await server.ask(
      `mutation ($input: UpdateProviderInput!) { updateProvider(input: $input) { userErrors { message } } }`,
      { input: { id, baseUrl: `${vendor.origin}/elsewhere` } },
    );
    expect(data.updateProvider.userErrors).toEqual([]);
    expect(await server.store.offers.get(id)).toBeNull();
  });
});

describe("what was ticked", () => {
  test("is applied in one go: new, changed and gone", async () => {
    const id = await addListing(list("one", { id: "two", context_length: 5000 }, "shared"));
    await addModel(server, id, { name: "two-here", targets: [{ providerId: id, upstreamModel: "two" }] });
    await addModel(server, id, { name: "gone", targets: [{ providerId: id, upstreamModel: "lost" }] });
    const other = await addProvider(server, { name: `p${++made}` });
    await addModel(server, other.id, {
      name: "shared",
      targets: [{ providerId: other.id, upstreamModel: "else", priority: 3 }],
    });
    const shown = await preview(id);
    const keys: string[] = names(shown);
    expect(keys.map((key) => key.replace(/mdl_[^/]+/, "mdl"))).toEqual([
      "added/one",
      "added/shared",
      "removed/mdl/lost",
      "changed/mdl/contextWindow+capabilities",
    ]);
    expect(shown.entries[1].model).toEqual({ name: "shared" });
    expect(shown.entries[3].changes[0]).toEqual({ field: "CONTEXT_WINDOW", before: null, after: "5000" });

    const dry = await expectNothingWritten(server, () => sync({ providerId: id, apply: keys, dryRun: true }));
    expect([dry.models, names(dry)]).toEqual([[], keys]);

    const before = await server.store.history.version();
    const { models, userErrors } = await sync({ providerId: id, apply: keys });
    expect(userErrors).toEqual([]);
    expect(await server.store.history.version()).toBe(before + 1);
    const byName = Object.fromEntries(models.map((model: Answer) => [model.name, model]));
    expect(byName).toMatchObject({
      one: { enabled: true, displayName: "one", targets: [{ providerId: id, upstreamModel: "one", priority: 0 }] },
      "two-here": { contextWindow: 5000, capabilities: ["CHAT", "STREAMING"] },
      gone: { enabled: false, targets: [] },
      shared: { targets: [{ providerId: other.id }, { providerId: id, upstreamModel: "shared", priority: 4 }] },
    });
    expect(server.snapshots.current.models.get("one")?.targets).toHaveLength(1);
    expect(names(await preview(id))).toEqual([]);
  });

  test("may be the list's price instead of a person's", async () => {
    const id = await addListing(list("gpt-4.1"));
    const price = { input: "99", output: "99" };
    const rest = { contextWindow: 1047576, capabilities: ["CHAT", "STREAMING", "JSON_SCHEMA"] };
    await addModel(server, id, {
      name: "dear",
      price,
      targets: [{ providerId: id, upstreamModel: "gpt-4.1" }],
      ...rest,
    });
    const { entries } = await preview(id);
    const change = entries[0].changes.find(({ field }: Answer) => field === "PRICE");
    expect(change.before).toBe("99 in, 99 out");
    const { models } = await sync({ providerId: id, apply: [entries[0].key] });
    expect(models[0].price).toEqual({ source: "BUILTIN" });
  });

  test("that is no difference (any more) is refused, and the rest with it", async () => {
    const id = await addListing(list("fresh", "other"));
    await preview(id);
    const refused = await expectNothingWritten(server, () =>
      sync({ providerId: id, apply: ["added/fresh", "added/never"] }),
    );
    expect(refused.userErrors).toMatchObject([{ code: "NOT_FOUND", field: ["apply", "1"] }]);
    const many = await expectNothingWritten(server, () =>
      sync({ providerId: id, apply: Array.from({ length: 501 }, (_, at) => `added/${at}`) }),
    );
    expect(many.userErrors).toMatchObject([{ code: "OUT_OF_RANGE", field: ["apply"] }]);
  });

  test("is compared with a new list when the last one is old", async () => {
    const id = await addListing(list("m-old"));
    await preview(id);
    vendor.reset(list("m-new"));
    server.advance(16 * 60_000);
    expect((await sync({ providerId: id, apply: ["added/m-old"] })).userErrors).toMatchObject([{ code: "NOT_FOUND" }]);
    expect((await sync({ providerId: id, apply: ["added/m-new"] })).models).toMatchObject([{ name: "m-new" }]);
    expect(vendor.calls).toHaveLength(1);
  });
});

describe("a sync of many providers", () => {
  const start = async (input: object): Promise<Answer> =>
    (
      await server.ask(
        `mutation ($input: StartModelSyncInput!) { startModelSync(input: $input) {
          job { id kind state succeeded failed items(first: 50) { nodes { index outcome message subject { ... on Provider { id } } } } }
          ${ERRORS} } }`,
        { input },
      )
    ).data.startModelSync;

  test("is a job that tells for each what differs, and applies the kinds that were named", async () => {
    const good = await addListing(list("job-a", "job-b"), {}, { secret: "sk-joba-0123456789" });
    await addModel(server, good, { name: "job-gone", targets: [{ providerId: good, upstreamModel: "lost" }] });
    const bad = await addListing(list("job-a", "job-b"), {}, { secret: "sk-jobb-0123456789" });
    vendor.forKey("sk-jobb-0123456789", json({}, 500));
    const { job, userErrors } = await start({ providerIds: [good, bad], apply: ["ADDED"] });
    expect(userErrors).toEqual([]);
    expect(job).toMatchObject({ kind: "SYNC_MODELS", state: "SUCCEEDED", succeeded: 1, failed: 1 });
    expect(job.items.nodes).toMatchObject([
      { index: 0, outcome: "SUCCEEDED", message: "2 added, 1 removed, 0 changed; 2 applied.", subject: { id: good } },
      { index: 1, outcome: "FAILED", message: expect.stringContaining("status 500"), subject: { id: bad } },
    ]);
    const rows = await server.store.models.list();
    expect(rows.filter(({ name }) => name.startsWith("job-")).map(({ name, enabled }) => [name, enabled])).toEqual([
      ["job-gone", true],
      ["job-a", true],
      ["job-b", true],
    ]);
  });

  test("is refused for a provider that is not there", async () => {
    const { job, userErrors } = await expectNothingWritten(server, () => start({ providerIds: ["prv_0"] }));
    expect(job).toBeNull();
    expect(userErrors).toMatchObject([{ code: "NOT_FOUND", field: ["providerIds", "0"] }]);
  });
});
