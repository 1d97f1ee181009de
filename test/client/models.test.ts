import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { Page } from "playwright-core";
import { json } from "../support/fake-vendor.ts";
import { chatAnswer } from "../support/samples.ts";
import { type ConsoleTest, KEYS, SLOW_MS, startConsole, TIMEOUT_MS } from "./fixture.ts";

setDefaultTimeout(TIMEOUT_MS);

let sluice: ConsoleTest;
beforeAll(async () => {
  sluice = await startConsole({
    providers: ({ origin }) => [
      { name: "openai-main", kind: "openai", baseUrl: `${origin}/v1`, keys: KEYS },
      { name: "spare", kind: "openai-compatible", baseUrl: `${origin}/v1`, keys: [{ name: "s", secret: "sk-spare" }] },
    ],
    models: [
      { name: "gpt-4.1", targets: [{ provider: "openai-main", model: "gpt-4.1" }] },
      { name: "house-model", targets: [{ provider: "openai-main", model: "our-own-thing" }] },
    ],
  });
}, SLOW_MS);
afterAll(() => sluice.close(), SLOW_MS);
afterEach(() => expect(sluice.complaints.splice(0)).toEqual([]));

const row = (page: Page, name: string) => page.getByRole("row", { name: new RegExp(name) });
const panel = (page: Page) => page.getByRole("complementary");

test("a price that nobody knows is said, and never shown as nothing", async () => {
  const page = await sluice.open("/models");
  await row(page, "gpt-4.1").getByText("$2.00 / $8.00").waitFor();
  await row(page, "house-model").getByText("Unpriced").waitFor();
  await page.getByRole("button", { name: "Unpriced" }).click();
  await row(page, "gpt-4.1").waitFor({ state: "detached" });
  expect(page.url()).toEndWith("/models?show=unpriced");
});

test("a model is made with aliases, a fallback and a price, and can be called by its alias", async () => {
  const page = await sluice.open("/models");
  await page.getByRole("button", { name: "Add model" }).click();
  await page.getByLabel("Name").fill("fast");
  await page.getByLabel("Aliases").fill("quick, rapid");
  await page.getByLabel("Upstream model").fill("gpt-4.1-mini");
  await page.getByRole("button", { name: "Add fallback" }).click();
  await page.getByLabel("Provider").nth(1).selectOption({ label: "spare" });
  expect(await page.getByLabel("Priority").nth(1).inputValue()).toBe("1");
  await page.getByLabel("Set my own price").check();
  await page.getByLabel("Input", { exact: true }).fill("0.5");
  await page.getByLabel("Output", { exact: true }).fill("2");
  await page.getByRole("dialog").getByRole("button", { name: "Add a model" }).click();

  await panel(page).getByRole("heading", { name: "fast" }).waitFor();
  await panel(page).getByRole("heading", { name: "Fallback" }).waitFor();
  await panel(page).getByText("Set by hand.").waitFor();
  await row(page, "fast").getByText("$0.50 / $2.00").waitFor();
  const { status, calls } = await sluice.send("/v1/chat/completions", {
    model: "rapid",
    messages: [{ role: "user", content: "Hi" }],
  });
  expect([status, calls[0]!.model]).toEqual([200, "gpt-4.1-mini"]);
});

test("what Sluice does not know of a model is said by hand, and taken back", async () => {
  const page = await sluice.open("/models?new=model");
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("thinker");
  await dialog.getByLabel("Provider").selectOption({ label: "spare" });
  await dialog.getByText("Advanced: what it takes").click();
  await dialog.getByLabel("Thinking").selectOption("By effort");
  await dialog.getByLabel("Temperature").selectOption("No");
  await dialog.getByLabel("low").check();
  await dialog.getByLabel("high", { exact: true }).check();
  await dialog.getByLabel("Most output tokens").fill("9000");
  await dialog.getByText("Advanced: what it takes (4 set)").waitFor();
  await dialog.getByRole("button", { name: "Add a model" }).click();
  await panel(page).getByText("By effort · set by hand").waitFor();
  await panel(page).getByText("low, high · set by hand").waitFor();
  await panel(page).getByText("9,000 · set by hand").waitFor();
  const traits = () => sluice.app.gateway.snapshots.current.models.get("thinker")!.targets[0]!.traits;
  expect(traits()).toMatchObject({
    thinking: "effort",
    sampling: false,
    efforts: ["low", "high"],
    maxOutputTokens: 9000,
  });

  await panel(page).getByRole("button", { name: "Edit" }).click();
  await dialog.getByText("Advanced: what it takes (4 set)").click();
  await dialog.getByLabel("Temperature").selectOption("As known");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.waitFor({ state: "detached" });
  expect(traits()).toMatchObject({ thinking: "effort", sampling: true });
});

test("a name that is taken is refused where it stands", async () => {
  const page = await sluice.open("/models?new=model");
  await page.getByLabel("Name").fill("gpt-4.1");
  await page.getByRole("dialog").getByRole("button", { name: "Add a model" }).click();
  await page.getByText("This exists already.").waitFor();
  expect(await page.getByLabel("Name").getAttribute("aria-invalid")).toBe("true");
});

test("the list follows what others change", async () => {
  const page = await sluice.open("/models");
  await row(page, "house-model").waitFor();
  const { model } = await sluice.ask<{ model: { id: string } }>('{ model(name: "house-model") { id } }');
  const { id } = model;
  await sluice.ask("mutation ($id: ID!) { updateModel(input: { id: $id, enabled: false }) { model { id } } }", {
    id,
  });
  await row(page, "house-model").getByText("Disabled").waitFor();
  await sluice.ask("mutation ($id: ID!) { deleteModels(input: { ids: [$id] }) { deletedIds } }", { id });
  await row(page, "house-model").waitFor({ state: "detached" });
});

test("what is known of a model stands in its panel: its name for people, its whole price, where it comes from", async () => {
  const { model } = await sluice.ask<{ model: { id: string } }>('{ model(name: "gpt-4.1") { id } }');
  const page = await sluice.open(`/models?model=${model.id}`);
  await panel(page)
    .getByText(/From the bundled price list: openai\/gpt-4\.1\. .*Edition of/)
    .waitFor();
  const input = { id: model.id, displayName: "Workhorse", price: { input: "1", output: "4", perRequest: "0.05" } };
  await sluice.ask("mutation ($input: UpdateModelInput!) { updateModel(input: $input) { model { id } } }", { input });
  await page.reload();
  await panel(page).getByText("Per request").waitFor();
  await panel(page)
    .getByText(/Set by hand\. Since /)
    .waitFor();
  await row(page, "gpt-4.1").getByText("Workhorse").waitFor();
});

test("who would serve a model is told key by key, and a test goes through the real pipeline", async () => {
  const { model } = await sluice.ask<{ model: { id: string } }>('{ model(name: "fast") { id } }');
  const page = await sluice.open(`/models?model=${model.id}`);
  await panel(page).getByRole("button", { name: "Who would serve it now?" }).click();
  await panel(page).getByText("Would serve", { exact: true }).waitFor();
  await panel(page).getByRole("link", { name: "team-a" }).waitFor();

  sluice.vendor.once(json({ error: { message: "No such thing here", code: "model_not_found" } }, 404));
  await panel(page).getByRole("button", { name: "Test", exact: true }).click();
  await panel(page).getByText("Failed 404").waitFor();
  await panel(page).getByText("No such thing here").first().waitFor();
  sluice.vendor.once(json(chatAnswer()));
  await panel(page).getByRole("button", { name: "Test", exact: true }).click();
  await panel(page)
    .getByText(/^Answered in /)
    .waitFor();
  await panel(page).getByRole("link", { name: "Show the request" }).click();
  await panel(page).getByText("One upstream call").waitFor();
  await page.getByLabel("Any origin").selectOption("Test");
  await page.getByRole("row", { name: /fast/ }).getByText("Test", { exact: true }).first().waitFor();
  await page.getByLabel("Any origin").selectOption("Replay");
  await page.getByText("No request matches").waitFor();
  expect(page.url()).toContain("origin=REPLAY");
});
