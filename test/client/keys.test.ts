import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Page } from "playwright-core";
import { json } from "../support/fake-vendor.ts";
import { chatAnswer } from "../support/samples.ts";
import { type ConsoleTest, SLOW_MS, startConsole, TIMEOUT_MS } from "./fixture.ts";

setDefaultTimeout(TIMEOUT_MS);

const REFUSAL =
  "Incorrect API key provided. You can find your API key at https://platform.openai.com/account/api-keys.";

let sluice: ConsoleTest;
beforeAll(async () => {
  sluice = await startConsole({
    providers: ({ origin }) => [
      {
        name: "openai-main",
        kind: "openai",
        baseUrl: `${origin}/v1`,
        strategy: "priority",
        keys: [
          { name: "team-a", secret: "sk-up-aaaa" },
          { name: "team-b", secret: "sk-up-bbbb", priority: 1 },
        ],
      },
      {
        name: "crowd",
        kind: "openai-compatible",
        baseUrl: `${origin}/v1`,
        keys: Array.from({ length: 450 }, (_, index) => ({
          name: `crowd-${String(index).padStart(3, "0")}`,
          secret: `sk-crowd-${index}`,
        })),
      },
    ],
  });
}, SLOW_MS);
afterAll(() => sluice.close(), SLOW_MS);
beforeEach(() => sluice.restart(json(chatAnswer())));
afterEach(() => expect(sluice.complaints.splice(0)).toEqual([]));

const row = (page: Page, name: string) => page.getByRole("row", { name: new RegExp(name) });
const panel = (page: Page) => page.getByRole("complementary");
const ask = () =>
  sluice.send("/v1/chat/completions", { model: "gpt-4.1", messages: [{ role: "user", content: "Hi" }] });

describe("the table of keys", () => {
  test("shows by itself that the upstream refused a key, and why in the upstream's own words", async () => {
    const page = await sluice.open("/keys?q=team");
    await row(page, "team-a").getByText("Unchecked").waitFor();
    sluice.vendor.forKey("sk-up-aaaa", json({ error: { message: REFUSAL, code: "invalid_api_key" } }, 401));
    await ask();
    await row(page, "team-a").getByText("Invalid").waitFor();
    await row(page, "team-b").getByText("Active").waitFor();

    await page.getByRole("button", { name: /team-a/ }).click();
    await panel(page).getByText(REFUSAL).first().waitFor();
    await panel(page).getByText("Key refused · HTTP 401").waitFor();
    await panel(page).getByRole("button", { name: "Reset" }).click();
    await page.getByText("1 key reset").waitFor();
    await row(page, "team-a").getByText("Invalid").waitFor({ state: "detached" });
  });

  test("draws what is in view and loads the rest while somebody scrolls", async () => {
    const page = await sluice.open("/keys?q=crowd");
    await row(page, "crowd-000").waitFor();
    expect(await page.getByRole("row").count()).toBeLessThan(60);
    const table = page.getByRole("region", { name: "Provider keys" });
    // How far one scroll leads depends on how many pages have come by then.
    while ((await row(page, "crowd-449").count()) === 0) {
      await table.evaluate(
        (element) =>
          new Promise((drawn) => {
            element.scrollTo(0, element.scrollHeight);
            requestAnimationFrame(drawn);
          }),
      );
      expect(await page.getByRole("row").count()).toBeLessThan(60);
    }
  });

  test("keeps filters, order and the open row in the URL", async () => {
    const page = await sluice.open("/keys");
    await page.getByLabel("Search keys").fill("team");
    await row(page, "crowd").first().waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Name" }).click();
    await page.getByRole("button", { name: /team-b/ }).click();
    await panel(page).waitFor();
    const url = new URL(page.url());
    expect(Object.fromEntries(url.searchParams)).toMatchObject({ q: "team", order: "desc" });
    expect(url.searchParams.get("key")).toStartWith("pky_");

    await page.reload();
    await panel(page).getByRole("heading", { name: "team-b" }).waitFor();
    await row(page, "team-b").waitFor();
    expect(await page.getByRole("row").allTextContents()).toSatisfy(
      ([, first, second, ...rest]) => first!.includes("team-b") && second!.includes("team-a") && rest.length === 0,
    );
    await page.goBack();
    await panel(page).waitFor({ state: "detached" });
  });

  test("is walked through with J and K; Escape closes, / searches", async () => {
    const page = await sluice.open("/keys?q=team");
    await row(page, "team-a").waitFor();
    await page.keyboard.press("j");
    await panel(page).getByRole("heading", { name: "team-a" }).waitFor();
    await page.keyboard.press("j");
    await panel(page).getByRole("heading", { name: "team-b" }).waitFor();
    await page.keyboard.press("k");
    await panel(page).getByRole("heading", { name: "team-a" }).waitFor();
    await page.keyboard.press("Escape");
    await panel(page).waitFor({ state: "detached" });
    await page.keyboard.press("/");
    expect(await page.evaluate("document.activeElement?.getAttribute('aria-label')")).toBe("Search keys");
    await page.keyboard.type("j");
    expect(await page.getByLabel("Search keys").inputValue()).toBe("j");
  });

  test("says so when nothing matches, and how to see all again", async () => {
    const page = await sluice.open("/keys?q=nothing-of-that-name");
    await page.getByText("Nothing matches these filters").waitFor();
    await page.getByRole("button", { name: "Clear filters" }).last().click();
    await row(page, "crowd-000").waitFor();
  });
});

describe("a key", () => {
  test("is added with others, one per line; what is refused stays to be mended", async () => {
    const page = await sluice.open("/keys?q=batch");
    await page.getByRole("button", { name: "Add keys" }).click();
    await page.getByLabel("Provider", { exact: true }).selectOption({ label: "openai-main" });
    await page.getByLabel("Secrets").fill("sk-new-1\nsk-up-bbbb\nsk-new-2");
    await page.getByLabel("Name").fill("batch");
    await page.getByRole("button", { name: "Add 3 keys" }).click();
    await page.getByText("2 keys added").waitFor();
    expect(await page.getByLabel("Secrets").inputValue()).toBe("sk-up-bbbb");
    await page.getByText("This exists already.").waitFor();
    await page.keyboard.press("Escape");
    await row(page, "batch 1").waitFor();
    await row(page, "batch 3").waitFor();
  });

  test("is switched off at once, and on again by undoing it", async () => {
    const page = await sluice.open("/keys?q=team");
    await page.getByRole("button", { name: /team-b/ }).click();
    await panel(page).getByRole("button", { name: "Disable" }).click();
    await row(page, "team-b").getByText("Disabled").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await row(page, "team-b").getByText("Disabled").waitFor({ state: "detached" });
  });

  test("is changed; a change by somebody else meanwhile is not overwritten unseen", async () => {
    const page = await sluice.open("/keys?q=team-a");
    await page.getByRole("button", { name: /team-a/ }).click();
    await panel(page).getByRole("button", { name: "Edit" }).click();
    const id = new URL(page.url()).searchParams.get("key");
    await sluice.ask(
      "mutation ($input: UpdateProviderKeyInput!) { updateProviderKey(input: $input) { userErrors { message } } }",
      { input: { id, memo: "theirs" } },
    );
    await page.getByLabel("Note").fill("ours");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Somebody changed this meanwhile").waitFor();
    await page.getByRole("button", { name: "Save" }).click();
    await panel(page).getByText("ours", { exact: true }).waitFor();
  });

  test("is deleted only after a question that says what follows, and can be brought back", async () => {
    const page = await sluice.open("/keys?q=crowd-44");
    await page.getByRole("button", { name: /crowd-441/ }).click();
    await panel(page).getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await page.getByText("The message that follows can undo it.").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await row(page, "crowd-441").waitFor({ state: "detached" });
    await row(page, "crowd-442").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("1 brought back").waitFor();
    await row(page, "crowd-441").waitFor();
  });

  test("shows its limits with what is used of them, and its balance", async () => {
    const { providerKeys } = await sluice.ask<{ providerKeys: { nodes: { id: string }[] } }>(
      '{ providerKeys(filter: { search: "crowd-030" }) { nodes { id } } }',
    );
    const [key] = providerKeys.nodes;
    await sluice.ask(
      `mutation ($id: ID!) {
        updateProviderKey(input: { id: $id, limits: { rpm: 60, concurrency: 4 } }) { userErrors { code } }
        setKeyBalance(input: { id: $id, remaining: "12.5", total: "20" }) { userErrors { code } }
      }`,
      { id: key!.id },
    );
    const page = await sluice.open(`/keys?key=${key!.id}`);
    await panel(page).getByText("0 of 60").waitFor();
    await panel(page).getByText("0 of 4", { exact: true }).waitFor();
    await panel(page)
      .getByText(/12\.5.* of 20.* USD · set by hand/)
      .waitFor();
    expect(await panel(page).getByText("Tokens / min").count()).toBe(0);
  });

  test("is chosen with others for one action on all of them", async () => {
    const page = await sluice.open("/keys?q=crowd-00");
    await row(page, "crowd-002").getByRole("checkbox").click();
    await row(page, "crowd-005")
      .getByRole("checkbox")
      .click({ modifiers: ["Shift"] });
    await page.getByText("4 selected").waitFor();
    await page.getByRole("toolbar").getByRole("button", { name: "Disable" }).click();
    await row(page, "crowd-004").getByText("Disabled").waitFor();
    await row(page, "crowd-006").getByText("Unchecked").waitFor();
  });
});

test("all keys that match are meant, also those that nobody has scrolled to", async () => {
  const { providerKeys } = await sluice.ask<{ providerKeys: { totalCount: number } }>(
    '{ providerKeys(filter: { search: "crowd-" }) { totalCount } }',
  );
  const page = await sluice.open("/keys?q=crowd-");
  await page.getByLabel("Select all loaded rows").click();
  await page.getByRole("button", { name: /^Select all \d+ matching$/ }).click();
  await page.getByRole("toolbar").getByRole("button", { name: "Disable" }).click();
  await page.getByText(/^4\d\d keys disabled/).waitFor();
  await page.getByRole("button", { name: `Disabled ${providerKeys.totalCount}` }).waitFor();
});

test("nothing can be chosen while the rows are on their way", async () => {
  const page = await sluice.open("/models");
  await row(page, "gpt-4.1").waitFor();
  let answer = () => {};
  const held = new Promise<void>((resolve) => {
    answer = resolve;
  });
  await page.route("**/graphql", async (route) => {
    await held;
    await route.continue();
  });
  await page.getByRole("link", { name: "Provider keys" }).click();
  const chooseAll = page.getByLabel("Select all loaded rows");
  await chooseAll.waitFor();
  expect(await chooseAll.isDisabled()).toBe(true);
  // What stands for a row is as wide as one.
  const cells = page.locator("tbody tr").first().locator("td");
  expect(await cells.count()).toBe(await page.locator("thead th").count());
  answer();
  await row(page, "crowd-010").waitFor();
  expect(await chooseAll.isEnabled()).toBe(true);
});

describe("a provider", () => {
  test("is added from a vendor's preset, changed and deleted", async () => {
    const page = await sluice.open("/providers");
    await page.getByRole("button", { name: "Add provider" }).click();
    await page.getByLabel("Vendor").selectOption("compatible");
    await page.getByLabel("Name").fill("house");
    await page.getByLabel("Base URL").fill(`${sluice.vendor.origin}/v1`);
    await page.getByRole("dialog").getByRole("button", { name: "Add a provider" }).click();
    await panel(page).getByRole("heading", { name: "house" }).waitFor();
    await row(page, "house").getByText("No keys").waitFor();

    await panel(page).getByRole("button", { name: "Edit" }).click();
    await page.getByLabel("Choice of key").selectOption("STICKY");
    await page.getByRole("button", { name: "Save" }).click();
    await panel(page).getByText("Sticky").waitFor();

    await panel(page).getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await row(page, "house").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("1 brought back").waitFor();
    await row(page, "house").waitFor();
  });

  test("that a model needs is not deleted, and the model is named", async () => {
    const page = await sluice.open("/providers");
    await page.getByRole("button", { name: /openai-main/ }).click();
    await panel(page).getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByText("These models still have a target there: gpt-4.1.").waitFor();
  });
});
