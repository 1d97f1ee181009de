import { afterAll, beforeAll, describe, expect, spyOn, test } from "bun:test";
import { addKey, addModel, addProvider, expectNothingWritten } from "../support/admin-fixtures.ts";
import { type AdminServer, type Answer, startAdminServer } from "../support/admin-server.ts";
import { makeRecord } from "../support/request-record.ts";

let server: AdminServer;
let providerId: string;
beforeAll(async () => {
  server = await startAdminServer();
  providerId = (await addProvider(server, { name: "main" })).id;
});
afterAll(() => server.stop());

const ERRORS = "userErrors { __typename code message field }";
const FIELDS = `id name description enabled aliases capabilities contextWindow version
  price { input output cacheRead cacheWrite source }
  health { state usableKeys totalKeys }
  targets { providerId upstreamModel priority weight enabled provider { name } price { input source } }`;
const create = async (input: object) =>
  (
    await server.ask(
      `mutation ($input: CreateModelInput!) { createModel(input: $input) { model { ${FIELDS} } ${ERRORS} } }`,
      { input },
    )
  ).data.createModel;
const update = async (input: object) =>
  (
    await server.ask(
      `mutation ($input: UpdateModelInput!) { updateModel(input: $input) { model { ${FIELDS} } ${ERRORS} } }`,
      { input },
    )
  ).data.updateModel;

describe("a price", () => {
  const priceOf = async (id: string) =>
    (
      await server.ask(
        `query ($id: ID!) { model(id: $id) { price {
          input output reasoning perRequest source effectiveFrom ref list { version releasedOn } tiers { aboveTokens input output } } } }`,
        { id },
      )
    ).data.model.price;
  const target = (upstreamModel: string, provider = providerId) => ({
    targets: [{ providerId: provider, upstreamModel }],
  });

  test("of the list says which list, since when, and what long prompts cost", async () => {
    const { id: google } = await addProvider(server, { name: "google", kind: "GEMINI" });
    const { model } = await create({ name: "tiered", ...target("gemini-2.5-pro", google) });
    expect(await priceOf(model.id)).toEqual({
      input: "1.25",
      output: "10",
      reasoning: "10",
      perRequest: null,
      source: "BUILTIN",
      effectiveFrom: null,
      ref: "google/gemini-2.5-pro",
      list: { version: "0.1.8", releasedOn: "2026-09-23" },
      tiers: [{ aboveTokens: 200_000, input: "2.5", output: "15" }],
    });
  });

  test("of a person stands since it was named, not since it was last saved", async () => {
    const price = { input: "1", output: "2", reasoning: "3", perRequest: "0.004" };
    const { model } = await create({ name: "named", price, ...target("gpt-4.1") });
    const first = await priceOf(model.id);
    expect(first).toMatchObject({ ...price, source: "MANUAL", list: null, tiers: [] });
    server.advance(60_000);
    await update({ id: model.id, price, description: "saved again" });
    expect((await priceOf(model.id)).effectiveFrom).toBe(first.effectiveFrom);
    await update({ id: model.id, price: { ...price, perRequest: "0.005" } });
    const later = await priceOf(model.id);
    expect(Date.parse(later.effectiveFrom) - Date.parse(first.effectiveFrom)).toBeGreaterThanOrEqual(60_000);
  });

  test("can be shown with a name that people read", async () => {
    const { model } = await create({ name: "shown", displayName: "  Shown to people ", ...target("gpt-4.1") });
    const read = async () => (await server.ask(`{ model(id: "${model.id}") { displayName } }`)).data.model.displayName;
    expect(await read()).toBe("Shown to people");
    await update({ id: model.id, displayName: null });
    expect(await read()).toBe("shown");
  });
});

describe("creating a model", () => {
  test("with aliases and a chain of targets, in order of priority", async () => {
    const { model, userErrors } = await create({
      name: "meta-llama/Llama-3",
      aliases: ["llama", "llama"],
      capabilities: ["TOOLS", "CHAT"],
      contextWindow: 128000,
      targets: [
        { providerId, upstreamModel: "fallback", priority: 1 },
        { providerId, upstreamModel: "first", weight: 3 },
      ],
    });
    expect(userErrors).toEqual([]);
    expect(model).toMatchObject({
      aliases: ["llama"],
      capabilities: ["CHAT", "TOOLS"],
      contextWindow: 128000,
      enabled: true,
    });
    expect(model.targets).toMatchObject([
      { upstreamModel: "first", priority: 0, weight: 3, provider: { name: "main" } },
      { upstreamModel: "fallback", priority: 1, weight: 1 },
    ]);
    expect(server.snapshots.current.models.get("llama")?.id).toBe(model.id);
  });

  test("takes what a person knows better of the upstream's model", async () => {
    const traits = `traits { thinking sampling toolsNeedResponses maxOutputTokens efforts structuredOutput }
      effectiveTraits { thinking sampling toolsNeedResponses maxOutputTokens efforts structuredOutput }`;
    const read = async (id: string) =>
      (await server.ask(`query ($id: ID!) { model(id: $id) { targets { ${traits} } } }`, { id })).data.model.targets;
    const given = { thinking: "BUDGET", efforts: ["LOW", "HIGH"], maxOutputTokens: 9000, sampling: null };
    const { model, userErrors } = await create({
      name: "with-traits",
      targets: [
        { providerId, upstreamModel: "gpt-4.1", traits: given },
        { providerId, upstreamModel: "gpt-4.1", priority: 1, traits: { thinking: null } },
      ],
    });
    expect(userErrors).toEqual([]);
    const [first, second] = await read(model.id);
    expect(first.traits).toEqual({ ...given, toolsNeedResponses: null, structuredOutput: null });
    expect(second.traits).toBeNull();
    expect(first.effectiveTraits).toEqual({
      ...second.effectiveTraits,
      thinking: "BUDGET",
      efforts: ["LOW", "HIGH"],
      maxOutputTokens: 9000,
    });
    const [served] = server.snapshots.current.models.get("with-traits")!.targets;
    expect(served!.traits).toMatchObject({ thinking: "budget", maxOutputTokens: 9000, efforts: ["low", "high"] });
  });

  test("takes the bundled price, a person's before it, and none rather than zero", async () => {
    const target = { providerId, upstreamModel: "gpt-4.1" };
    expect((await create({ name: "bundled", targets: [target] })).model.price).toMatchObject({ source: "BUILTIN" });
    const price = { input: "2.5", output: "0.0000001", cacheRead: "0.25" };
    expect((await create({ name: "by-hand", targets: [target], price })).model.price).toEqual({
      ...price,
      cacheWrite: "2.5",
      source: "MANUAL",
    });
    const unknown = { providerId, upstreamModel: "nobody-knows-this" };
    expect((await create({ name: "unpriced", targets: [unknown] })).model.price).toBeNull();
    expect((await create({ name: "manual-without-target", price })).model.price).toMatchObject({ input: "2.5" });
  });

  const refusals: [what: string, input: object, field: string[], code: string][] = [
    ["an empty name", { name: "" }, ["name"], "REQUIRED"],
    ["a wildcard", { name: "gpt-*" }, ["name"], "INVALID"],
    ["a name with a space", { name: "gpt 4" }, ["name"], "INVALID"],
    [
      "a target at an unknown provider",
      { name: "m", targets: [{ providerId: "prv_0", upstreamModel: "x" }] },
      ["targets", "0", "providerId"],
      "NOT_FOUND",
    ],
    [
      "an upstream's model that gives less than nothing",
      { name: "m", targets: [{ providerId: "prv_0", upstreamModel: "x", traits: { maxOutputTokens: 0 } }] },
      ["targets", "0", "traits", "maxOutputTokens"],
      "OUT_OF_RANGE",
    ],
    [
      "an effort that is named twice",
      { name: "m", targets: [{ providerId: "prv_0", upstreamModel: "x", traits: { efforts: ["LOW", "LOW"] } }] },
      ["targets", "0", "traits", "efforts"],
      "INVALID",
    ],
    ["a price that is no number", { name: "m", price: { input: "1", output: "-1" } }, ["price", "output"], "INVALID"],
    [
      "a weight of nothing",
      { name: "m", targets: [{ providerId: "prv_0", upstreamModel: "x", weight: 0 }] },
      ["targets", "0", "weight"],
      "OUT_OF_RANGE",
    ],
    ["a context of nothing", { name: "m", contextWindow: 0 }, ["contextWindow"], "OUT_OF_RANGE"],
    [
      "too many aliases",
      { name: "m", aliases: Array.from({ length: 51 }, (_, at) => `a${at}`) },
      ["aliases"],
      "OUT_OF_RANGE",
    ],
  ];
  test.each(refusals)("refuses %s", async (_what, input, field, code) => {
    const { model, userErrors } = await expectNothingWritten(server, () => create(input));
    expect(model).toBeNull();
    expect(userErrors).toMatchObject([{ field, code }]);
  });

  test("refuses a name that is another model's alias", async () => {
    await addModel(server, providerId, { name: "taken", aliases: ["taken-alias"] });
    const { userErrors } = await expectNothingWritten(server, () => create({ name: "taken-alias" }));
    expect(userErrors).toMatchObject([{ code: "DUPLICATE" }]);
  });
});

describe("changing a model", () => {
  test("replaces whole lists, keeps the rest, clears with null", async () => {
    const { id } = await addModel(server, providerId, { name: "changing", description: "old", aliases: ["c1", "c2"] });
    const renamed = await update({ id, aliases: ["c3"] });
    expect(renamed.model).toMatchObject({
      aliases: ["c3"],
      description: "old",
      targets: [{ upstreamModel: "gpt-4.1" }],
    });
    expect((await update({ id, description: null, targets: [] })).model).toMatchObject({
      description: null,
      targets: [],
    });
    expect((await update({ id, price: { input: "1", output: "2" } })).model.price.source).toBe("MANUAL");
    expect((await update({ id, price: null })).model.price).toBeNull();
  });

  test("refuses a stale version and an unknown id", async () => {
    const { id } = await addModel(server, providerId, { name: "contended" });
    await update({ id, description: "theirs" });
    const stale = await expectNothingWritten(server, () => update({ id, expectedVersion: 1, description: "mine" }));
    expect(stale.userErrors).toMatchObject([{ code: "STALE_VERSION" }]);
    const missing = await expectNothingWritten(server, () => update({ id: "mdl_0", description: "x" }));
    expect(missing.userErrors).toMatchObject([{ code: "NOT_FOUND" }]);
  });

  test("deletes", async () => {
    const { id } = await addModel(server, providerId, { name: "leaving" });
    const reply = await server.ask("mutation ($ids: [ID!]!) { deleteModels(input: { ids: $ids }) { deletedIds } }", {
      ids: [id, "mdl_0"],
    });
    expect(reply.data.deleteModels.deletedIds).toEqual([id]);
    expect(server.snapshots.current.models.has("leaving")).toBe(false);
  });
});

describe("a model's health", () => {
  test("is what its targets' keys can do now", async () => {
    const one = await addProvider(server, { name: "health-1" });
    const two = await addProvider(server, { name: "health-2" });
    await addModel(server, one.id, {
      name: "healthy",
      targets: [
        { providerId: one.id, upstreamModel: "a" },
        { providerId: two.id, upstreamModel: "a", priority: 1 },
      ],
    });
    const health = async () =>
      (await server.ask('{ model(name: "healthy") { health { state usableKeys totalKeys } } }')).data.model.health;
    expect(await health()).toEqual({ state: "DOWN", usableKeys: 0, totalKeys: 0 });
    await addKey(server, one.id);
    expect(await health()).toEqual({ state: "DEGRADED", usableKeys: 1, totalKeys: 1 });
    const second = await addKey(server, two.id);
    expect(await health()).toEqual({ state: "HEALTHY", usableKeys: 2, totalKeys: 2 });
    await server.ask(
      `mutation { updateProviderKey(input: { id: "${second.id}", enabled: false }) { userErrors { code } } }`,
    );
    expect(await health()).toMatchObject({ state: "DEGRADED", usableKeys: 1 });
    await server.ask(`mutation { updateProvider(input: { id: "${one.id}", enabled: false }) { userErrors { code } } }`);
    expect(await health()).toMatchObject({ state: "DOWN", usableKeys: 0 });
    await addModel(server, one.id, { name: "empty", targets: [] });
    expect((await server.ask('{ model(name: "empty") { health { state } } }')).data.model.health.state).toBe("UNKNOWN");
  });
});

describe("listing models", () => {
  test("filters by what stands in the row and by what is computed", async () => {
    const provider = await addProvider(server, { name: "filtered" });
    await addKey(server, provider.id);
    const target = { providerId: provider.id, upstreamModel: "gpt-4o" };
    await addModel(server, provider.id, { name: "f-priced", targets: [target], capabilities: ["VISION"] });
    await addModel(server, provider.id, { name: "f-free", targets: [{ ...target, upstreamModel: "unheard-of" }] });
    await addModel(server, provider.id, { name: "f-off", targets: [target], enabled: false });
    const names = async (filter: object) => {
      const { data } = await server.ask("query ($filter: ModelFilter) { models(filter: $filter) { nodes { name } } }", {
        filter: { providers: [provider.id], ...filter },
      });
      return data.models.nodes.map((node: { name: string }) => node.name);
    };
    expect(await names({})).toEqual(["f-free", "f-off", "f-priced"]);
    expect(await names({ enabled: true })).toEqual(["f-free", "f-priced"]);
    expect(await names({ capabilities: ["VISION"] })).toEqual(["f-priced"]);
    expect(await names({ priceMissing: true })).toEqual(["f-free"]);
    expect(await names({ health: ["HEALTHY"], search: "UNHEARD" })).toEqual(["f-free"]);
    expect(await names({ health: ["DOWN"] })).toEqual([]);
  });

  test("one is read by id, by name or by alias: by one of them", async () => {
    const { id } = await addModel(server, providerId, { name: "by-name", aliases: ["by-alias"] });
    const read = async (args: string) => (await server.ask(`{ model(${args}) { id } }`)).data?.model;
    expect(await read(`id: "${id}"`)).toEqual({ id });
    expect(await read('name: "by-alias"')).toEqual({ id });
    expect(await read('name: "nothing"')).toBeNull();
    const { errors } = await server.ask(`{ model(id: "${id}", name: "by-name") { id } }`);
    expect(errors?.[0]?.extensions.code).toBe("BAD_USER_INPUT");
  });

  test("usage is what its targets served, under whatever name the upstream has", async () => {
    const provider = await addProvider(server, { name: "used" });
    await addModel(server, provider.id, {
      name: "alias-name",
      targets: [{ providerId: provider.id, upstreamModel: "real-name" }],
    });
    server.store.record(
      makeRecord({ providerId: provider.id, requestedModel: "alias-name", servedModel: "real-name" }),
    );
    server.store.record(makeRecord({ providerId, requestedModel: "other", servedModel: "real-name" }));
    await server.store.flush();
    const { data } = await server.ask(
      '{ model(name: "alias-name") { usage { requests cost } sparkline { requests } } }',
    );
    expect(data.model.usage).toEqual({ requests: 1, cost: "0.0049" });
    expect(data.model.sparkline.requests.reduce((sum: number, one: number) => sum + one)).toBe(1);
  });

  test("usage of a page is two reports; a target's requests count for each model that has it, and for no other", async () => {
    const one = (await addProvider(server, { name: "one" })).id;
    const two = (await addProvider(server, { name: "two" })).id;
    const targets = {
      both: [
        { providerId: one, upstreamModel: "x" },
        { providerId: two, upstreamModel: "y" },
      ],
      mixed: [{ providerId: one, upstreamModel: "y" }],
      again: [{ providerId: one, upstreamModel: "x" }],
      idle: [{ providerId: two, upstreamModel: "z" }],
      none: [],
    };
    for (const [name, of] of Object.entries(targets)) await addModel(server, one, { name: `u-${name}`, targets: of });
    for (const [providerId, servedModel, times] of [
      [one, "x", 1],
      [two, "y", 2],
      [one, "y", 4],
      [two, "x", 8],
    ] as const) {
      for (let time = 0; time < times; time++) server.store.record(makeRecord({ providerId, servedModel }));
    }
    await server.store.flush();
    const reports = spyOn(server.control.store.usage, "report");
    const { data } = await server.ask(
      `{ models(filter: { search: "u-" }) { nodes { name usage { requests p50LatencyMs } sparkline { requests } } } }`,
    );
    expect(reports).toHaveBeenCalledTimes(2);
    reports.mockRestore();
    const used = data.models.nodes.map((node: Answer) => [
      node.name,
      node.usage.requests,
      node.sparkline.requests.reduce((sum: number, step: number) => sum + step),
      node.usage.p50LatencyMs === null,
    ]);
    expect(used.sort()).toEqual([
      ["u-again", 1, 1, false],
      ["u-both", 3, 3, false],
      ["u-idle", 0, 0, true],
      ["u-mixed", 4, 4, false],
      ["u-none", 0, 0, true],
    ]);
  });
});
