import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { Page } from "playwright-core";
import { type ConsoleTest, SLOW_MS, startConsole, TIMEOUT_MS } from "./fixture.ts";

setDefaultTimeout(TIMEOUT_MS);

let sluice: ConsoleTest;
beforeAll(async () => {
  sluice = await startConsole({
    providers: ({ origin }) => [
      {
        name: "openai-main",
        kind: "openai",
        baseUrl: `${origin}/v1`,
        memo: "of the house",
        quirks: ["max_tokens_only"],
        ignoredQuirks: ["no_json_schema"],
        keys: [{ name: "team-a", secret: "sk-up-aaaa", tags: ["eu"], userAgent: "acme/1" }],
      },
    ],
  });
}, SLOW_MS);
afterAll(() => sluice.close(), SLOW_MS);
afterEach(() => expect(sluice.complaints.splice(0)).toEqual([]));

const dialog = (page: Page) => page.getByRole("dialog");

/** The inputs of the mutations that this page sends from now on. */
function watchInputs(page: Page): Record<string, unknown>[] {
  const inputs: Record<string, unknown>[] = [];
  page.on("request", (request) => {
    const sent = request.method() === "POST" ? request.postDataJSON() : null;
    if (sent?.variables?.input) inputs.push(sent.variables.input);
  });
  return inputs;
}

async function edit(path: string, change: (form: ReturnType<typeof dialog>) => Promise<void>) {
  const page = await sluice.open(path);
  await page.getByRole("complementary").getByRole("button", { name: "Edit", exact: true }).click();
  await dialog(page).getByRole("textbox").first().waitFor();
  const inputs = watchInputs(page);
  await change(dialog(page));
  await dialog(page).getByRole("button", { name: "Save" }).click();
  await dialog(page).waitFor({ state: "detached" });
  await page.close();
  return inputs;
}

test("a model keeps every part of its price, its name for people and its targets", async () => {
  type Answer = { model: { id: string; version: number; price: object; displayName: string; targets: object[] } };
  const read = async () =>
    (
      await sluice.ask<Answer>(`{ model(name: "gpt-4.1") { id version displayName
        price { input output cacheRead cacheWrite reasoning perRequest source }
        targets { upstreamModel priority weight traits { thinking } } } }`)
    ).model;
  const { id } = await read();
  await sluice.ask("mutation ($input: UpdateModelInput!) { updateModel(input: $input) { userErrors { code } } }", {
    input: {
      id,
      displayName: "House favourite",
      price: { input: "1", output: "4", cacheRead: "0.1", reasoning: "6", perRequest: "0.01" },
    },
  });
  const before = await read();
  const described = await edit(`/models?model=${id}`, async (form) => {
    await form.getByLabel("Description").fill("for all");
  });
  expect(described).toEqual([{ id, expectedVersion: before.version, description: "for all" }]);
  expect(await read()).toEqual({ ...before, version: before.version + 1 });

  const priced = await edit(`/models?model=${id}`, async (form) => {
    expect(await form.getByRole("spinbutton", { name: "Reasoning" }).inputValue()).toBe("6");
    await form.getByLabel("Output", { exact: true }).fill("5");
  });
  expect(priced.map((each) => Object.keys(each).sort())).toEqual([["expectedVersion", "id", "price"]]);
  expect((await read()).price).toEqual({ ...before.price, output: "5" });

  await edit(`/models?model=${id}`, async (form) => {
    await form.getByLabel("Per request").fill("");
    await form.getByLabel("Shown as").fill("");
  });
  expect(await read()).toMatchObject({ displayName: "gpt-4.1", price: { reasoning: "6", perRequest: null } });
});

test("a provider key keeps its limits, and one that is changed leaves the others", async () => {
  type Key = { id: string; version: number; limits: object; tags: string[]; userAgent: string };
  const read = async () => {
    const { providerKeys } = await sluice.ask<{ providerKeys: { nodes: [Key] } }>(
      "{ providerKeys { nodes { id version tags userAgent limits { rpm tpm rpd concurrency } } } }",
    );
    return providerKeys.nodes[0];
  };
  const { id } = await read();
  await sluice.ask(
    `mutation ($id: ID!) { updateProviderKey(input: { id: $id, limits: { rpm: 60, tpm: 90000, concurrency: 4 } }) {
      userErrors { code } } }`,
    { id },
  );
  const before = await read();
  const noted = await edit(`/keys?key=${id}`, async (form) => form.getByLabel("Note").fill("ours"));
  expect(noted).toEqual([{ id, expectedVersion: before.version, memo: "ours" }]);
  expect(await read()).toEqual({ ...before, version: before.version + 1 });

  await edit(`/keys?key=${id}`, async (form) => form.getByLabel("Requests / min").fill("120"));
  expect((await read()).limits).toEqual({ rpm: 120, tpm: 90000, rpd: null, concurrency: 4 });
});

test("a client key keeps its expiry to the second; its tags are words between commas", async () => {
  const expiresAt = "2031-05-06T07:08:09.000Z";
  const { createClientKey } = await sluice.ask<{ createClientKey: { clientKey: { id: string } } }>(
    `mutation ($expiresAt: DateTime) { createClientKey(input: {
      name: "night batch", expiresAt: $expiresAt, requestContent: METADATA, strictParameters: true
    }) { clientKey { id } } }`,
    { expiresAt },
  );
  const { id } = createClientKey.clientKey;
  const sent = await edit(`/clients?client=${id}`, async (form) => form.getByLabel("Note").fill("nightly"));
  expect(sent).toEqual([{ id, expectedVersion: 1, memo: "nightly" }]);
  const tagged = await edit(`/clients?client=${id}`, async (form) => form.getByLabel("Tags").fill("batch, ops"));
  expect(tagged).toEqual([{ id, expectedVersion: 2, tags: ["batch", "ops"] }]);
  const { clientKey } = await sluice.ask<{ clientKey: object }>(
    "query ($id: ID!) { clientKey(id: $id) { expiresAt requestContent strictParameters tags memo } }",
    { id },
  );
  expect(clientKey).toEqual({
    expiresAt,
    requestContent: "METADATA",
    strictParameters: true,
    tags: ["batch", "ops"],
    memo: "nightly",
  });
});

test("a provider's form sends what was changed, and nothing when nothing was", async () => {
  const { id } = sluice.app.gateway.snapshots.current.providersByName.get("openai-main")!;
  const path = `/providers?provider=${id}`;
  expect(await edit(path, async () => {})).toEqual([]);
  const sent = await edit(path, async (form) => {
    await form.getByLabel("Choice of key").selectOption("Sticky");
  });
  expect(sent).toEqual([{ id, expectedVersion: 1, strategy: "STICKY" }]);
  const after = sluice.app.gateway.snapshots.current.providersByName.get("openai-main")!;
  expect([[...after.quirks], [...after.ignoredQuirks]]).toEqual([["max_tokens_only"], ["no_json_schema"]]);
});

test("who saves over somebody else's change is told so first, and then overwrites only his own field", async () => {
  const { id } = (await sluice.ask<{ model: { id: string } }>('{ model(name: "gpt-4.1") { id } }')).model;
  const page = await sluice.open(`/models?model=${id}`);
  await page.getByRole("complementary").getByRole("button", { name: "Edit", exact: true }).click();
  await dialog(page).getByLabel("Description").fill("mine");
  await sluice.ask('mutation ($id: ID!) { updateModel(input: { id: $id, aliases: ["theirs"] }) { model { id } } }', {
    id,
  });
  await dialog(page).getByRole("button", { name: "Save" }).click();
  await dialog(page).getByText("Somebody changed this meanwhile.").waitFor();
  await dialog(page).getByRole("button", { name: "Save" }).click();
  await dialog(page).waitFor({ state: "detached" });
  const { model } = await sluice.ask<{ model: object }>("query ($id: ID!) { model(id: $id) { aliases description } }", {
    id,
  });
  expect(model).toEqual({ aliases: ["theirs"], description: "mine" });
});
