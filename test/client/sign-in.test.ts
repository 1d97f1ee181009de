import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Page } from "playwright-core";
import { ADMIN_TOKEN } from "../support/app.ts";
import { type ConsoleTest, startConsole, TIMEOUT_MS } from "./fixture.ts";

setDefaultTimeout(TIMEOUT_MS);

let sluice: ConsoleTest;
beforeAll(async () => {
  sluice = await startConsole();
});
afterAll(() => sluice.close());
afterEach(() => expect(sluice.complaints.splice(0)).toEqual([]));

async function typeToken(page: Page, token: string): Promise<void> {
  await page.getByLabel("Admin token").fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
}

describe("signing in", () => {
  test("with the admin token leads to the page that was asked for and leaves the token nowhere", async () => {
    const page = await sluice.open("/keys?status=ACTIVE", { signedIn: false });
    await typeToken(page, ADMIN_TOKEN);
    await page.getByRole("heading", { name: "Provider keys" }).waitFor();
    expect(page.url()).toBe(`${sluice.url}/keys?status=ACTIVE`);
    expect(await page.evaluate("JSON.stringify({ ...localStorage, ...sessionStorage })")).not.toContain(ADMIN_TOKEN);
    expect(await page.evaluate("document.cookie")).toBe("");
    const [cookie] = await page.context().cookies();
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict" });
  });

  test("with another token is refused without saying why", async () => {
    const page = await sluice.open("/", { signedIn: false });
    await typeToken(page, "adm_not-this-one-0000000");
    await page.getByText("This token is not valid.").waitFor();
    await page.getByRole("button", { name: "Sign in" }).waitFor();
  });

  test("without a token says that one is needed", async () => {
    const page = await sluice.open("/", { signedIn: false });
    await page.getByLabel("Admin token").press("Enter");
    await page.getByText("This is needed.").waitFor();
  });
});

test("signing out ends the session", async () => {
  const page = await sluice.open("/models");
  await page.getByRole("button", { name: "Preferences" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sluice" }).waitFor();
  await page.reload();
  await page.getByLabel("Admin token").waitFor();
});

test("an ended session asks over the page, and what was typed is still there", async () => {
  const page = await sluice.open("/clients?new=client");
  await page.getByLabel("Name").fill("night batch");
  // Signed out elsewhere: the same session, another tab.
  await page.evaluate(`fetch("/graphql", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "mutation { signOut { userErrors { message } } }" }),
  })`);
  await page.getByRole("button", { name: "Create key" }).click();
  await page.getByRole("heading", { name: "Your session has ended" }).waitFor();
  await typeToken(page, ADMIN_TOKEN);
  await page.getByRole("heading", { name: "Your session has ended" }).waitFor({ state: "detached" });
  expect(await page.getByLabel("Name").inputValue()).toBe("night batch");
  await page.getByRole("button", { name: "Create key" }).click();
  await page.getByRole("heading", { name: "night batch is ready" }).waitFor();
  expect(sluice.complaints.splice(0)).toSatisfy((all) => all.every((each: string) => each.includes("401")));
});
