import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { Page } from "playwright-core";
import { type ConsoleTest, KEYS, SLOW_MS, startConsole, TIMEOUT_MS } from "./fixture.ts";

setDefaultTimeout(TIMEOUT_MS);

let sluice: ConsoleTest;
beforeAll(async () => {
  sluice = await startConsole({
    providers: ({ origin }) => [
      { name: "openai-main", kind: "openai", baseUrl: `${origin}/v1`, keys: KEYS },
      { name: "empty", kind: "openai-compatible", baseUrl: `${origin}/v1`, keys: [] },
    ],
    settings: { requestContent: "full" },
  });
  await sluice.send("/v1/chat/completions", { model: "gpt-4.1", messages: [{ role: "user", content: "Hi" }] });
}, SLOW_MS);
afterAll(() => sluice.close(), SLOW_MS);
afterEach(() => expect(sluice.complaints.splice(0)).toEqual([]));

const panel = (page: Page) => page.getByRole("complementary");

/** Invited with this role, and come in by the link. */
async function openAs(role: "VIEWER" | "OPERATOR"): Promise<Page> {
  const { inviteUser } = await sluice.ask<{ inviteUser: { inviteToken: string } }>(
    "mutation ($input: InviteUserInput!) { inviteUser(input: $input) { inviteToken } }",
    { input: { email: `${role.toLowerCase()}@example.org`, role } },
  );
  const page = await sluice.open(`/setup#${inviteUser.inviteToken}`, { signedIn: false });
  await page.getByLabel("Password").fill("correct horse battery");
  await page.getByRole("button", { name: "Create the account" }).click();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  return page;
}

/** Opens the first row, and waits for what the panel asks for. */
async function openFirst(page: Page, path: string): Promise<void> {
  await page.goto(`${sluice.url}${path}`);
  await page.locator("tbody th button").first().click();
  await panel(page).locator("dd").first().waitFor();
  await page.locator("[aria-busy=true]").waitFor({ state: "detached" });
}

const WRITING = /^(Add|Edit|Delete|Disable|Enable|Reset|New secret|Test|Forget|More actions)\b/;

test("a viewer sees every page and panel, and nothing that he may not do", async () => {
  const page = await openAs("VIEWER");
  await page.getByText("empty has no key").waitFor();
  expect(await page.getByRole("link", { name: "Add or enable" }).count()).toBe(0);
  for (const path of ["/keys", "/providers", "/models", "/clients", "/requests"]) {
    await openFirst(page, path);
    expect([path, await page.getByRole("button", { name: WRITING }).allTextContents()]).toEqual([path, []]);
    expect([path, await page.getByRole("alert").allTextContents()]).toEqual([path, []]);
    expect([path, await page.getByRole("checkbox").count()]).toEqual([path, 0]);
  }
  await panel(page).getByText("You may see the log, but not what was said.").waitFor();
  // Not by way of the address bar or the palette either.
  await page.goto(`${sluice.url}/keys?new=key`);
  await page.getByRole("row", { name: /team-a/ }).waitFor();
  expect(await page.getByRole("dialog").count()).toBe(0);
  await page.keyboard.press("Control+k");
  await page.getByLabel("Type a page or an action").fill("add");
  await page.getByText("Nothing goes by that name.").waitFor();
  await page.goto(`${sluice.url}/setup`);
  await page.getByText("You may not see this page").waitFor();
  await page.getByText("KEYS_WRITE, CLIENTS_WRITE").waitFor();
});

test("an operator works with the pool, but does not read what was said", async () => {
  const page = await openAs("OPERATOR");
  await openFirst(page, "/keys?q=team-a");
  await panel(page).getByRole("button", { name: "Disable" }).click();
  await page.getByText("1 key disabled").waitFor();
  await openFirst(page, "/requests");
  await panel(page).getByText("You may see the log, but not what was said.").waitFor();
});

test("a token with few scopes finds its pages, and is told what the others need", async () => {
  const { createAdminToken } = await sluice.ask<{ createAdminToken: { secret: string } }>(
    `mutation { createAdminToken(input: { name: "bot", scopes: [CLIENTS_READ, USAGE_READ] }) {
      secret userErrors { message } } }`,
  );
  const page = await sluice.open("/", { signedIn: false });
  await page.getByRole("button", { name: "Use an admin token" }).click();
  await page.getByLabel("Admin token").fill(createAdminToken.secret);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByText("You may not see this page").waitFor();
  await page.getByText("It needs KEYS_READ, MODELS_READ.").waitFor();
  expect(await page.getByRole("navigation").getByRole("link").allTextContents()).toEqual(["Client keys"]);
  await page.getByRole("link", { name: "Client keys" }).click();
  await page.getByRole("row", { name: /test/ }).waitFor();
});
