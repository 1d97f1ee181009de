import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { Page } from "playwright-core";
import { ADMIN_TOKEN } from "../support/app.ts";
import { type ConsoleTest, SLOW_MS, startConsole, TIMEOUT_MS } from "./fixture.ts";

setDefaultTimeout(TIMEOUT_MS);

let sluice: ConsoleTest;
beforeAll(async () => {
  sluice = await startConsole();
}, SLOW_MS);
afterAll(() => sluice.close(), SLOW_MS);
afterEach(() => {
  sluice.complaints.length = 0; // the refusals that were wanted
});

/** From now on the server answers so to these operations, `times` times. */
async function refuse(page: Page, code: string, { times, only = /./ }: { times: number; only?: RegExp }) {
  const refused: string[] = [];
  await page.route("**/graphql", async (route) => {
    const asked = route.request().postData() ?? "";
    if (refused.length >= times || !only.test(asked)) return route.continue();
    refused.push(asked);
    const body = JSON.stringify({ errors: [{ message: "PersistedQueryNotFound", extensions: { code } }] });
    await route.fulfill({ status: 200, contentType: "application/json", body });
  });
  return refused;
}

test.each([
  ["en-US", "Sluice was updated", "Reload", "Models"],
  ["zh-CN", "Sluice 已更新", "重新加载", "模型"],
] as const)(
  "a page that is older than its server says so and offers to be loaded anew (%s)",
  async (locale, words, button, models) => {
    const page = await sluice.open("/keys", { locale });
    await page.getByText("team-a").first().waitFor();
    await refuse(page, "PERSISTED_QUERY_NOT_FOUND", { times: 50 });
    await page.getByRole("link", { name: models, exact: true }).first().click();
    await page.getByRole("status").getByText(words).waitFor();
    expect(await page.getByText("PersistedQueryNotFound").count()).toBe(0);
    // What is not known is not empty.
    expect(await page.getByRole("main").getByRole("heading").count()).toBe(1);
    await page.unroute("**/graphql");
    await page.getByRole("status").getByRole("button", { name: button }).click();
    await page.getByText("gpt-4.1").first().waitFor();
    expect(await page.getByText(words).count()).toBe(0);
  },
);

test("what needs a fresh proof asks for it over the page, and goes on with it", async () => {
  const page = await sluice.open("/keys");
  const refused = await refuse(page, "REAUTH_REQUIRED", { times: 1, only: /"input":.*"selection"|ActOnKeys|"ids"/ });
  await page.getByText("team-b").first().click();
  await page.getByRole("button", { name: "Disable", exact: true }).first().click();
  const dialog = page.getByRole("dialog", { name: "Confirm that it is you" });
  await dialog.getByLabel("Admin token").fill("adm_not-this-one-0000000");
  await dialog.getByRole("button", { name: "Continue" }).click();
  await dialog.getByText("This token is not valid.").waitFor();
  await dialog.getByLabel("Admin token").fill(ADMIN_TOKEN);
  await dialog.getByRole("button", { name: "Continue" }).click();
  await dialog.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Enable", exact: true }).first().waitFor();
  expect(refused).toHaveLength(1);
});

test("who would not prove it has done nothing", async () => {
  const page = await sluice.open("/keys");
  await refuse(page, "REAUTH_REQUIRED", { times: 1, only: /"input":.*"selection"|ActOnKeys|"ids"/ });
  await page.getByText("team-a").first().click();
  await page.getByRole("button", { name: "Disable", exact: true }).first().click();
  const dialog = page.getByRole("dialog", { name: "Confirm that it is you" });
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await page.getByText("Nothing was done").first().waitFor();
  const { providerKeys } = await sluice.ask<{ providerKeys: { nodes: { name: string; enabled: boolean }[] } }>(
    "{ providerKeys { nodes { name enabled } } }",
  );
  expect(providerKeys.nodes.find(({ name }) => name === "team-a")!.enabled).toBe(true);
});

test("an address that is no page is told as one to a visitor, and as JSON to a program", async () => {
  const page = await sluice.open("/nowhere");
  await page.getByRole("heading", { name: "There is no such page" }).waitFor();
  const answer = await fetch(`${sluice.url}/nowhere`);
  expect([answer.status, answer.headers.get("content-type")]).toEqual([404, "application/json;charset=utf-8"]);
});
