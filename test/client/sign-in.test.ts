import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Page } from "playwright-core";
import { Secret } from "../../src/lib/secret.ts";
import { totpCode, totpStep } from "../../src/lib/totp.ts";
import { ADMIN_TOKEN } from "../support/app.ts";
import { startOidcProvider } from "../support/fake-oidc-provider.ts";
import { askAs, type ConsoleTest, SLOW_MS, startConsole, TIMEOUT_MS } from "./fixture.ts";

setDefaultTimeout(TIMEOUT_MS);

let sluice: ConsoleTest;
beforeAll(async () => {
  sluice = await startConsole();
}, SLOW_MS);
afterAll(() => sluice.close(), SLOW_MS);
afterEach(() => expect(sluice.complaints.splice(0)).toEqual([]));

async function typeToken(page: Page, token: string): Promise<void> {
  await page.getByRole("button", { name: "Use an admin token" }).click();
  await page.getByLabel("Admin token").fill(token);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
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
    await page.getByRole("button", { name: "Use an admin token" }).click();
    await page.getByLabel("Admin token").press("Enter");
    await page.getByText("This is needed.").waitFor();
  });
});

test("a person signs in with the provider, comes back to his page, and is told why he may not", async () => {
  const provider = await startOidcProvider();
  const { issuer, clientId, clientSecret } = provider;
  const SET = `mutation ($input: SetSignInProviderInput!) { setSignInProvider(input: $input) { userErrors { message } } }`;
  const input = { issuer, clientId, clientSecret, label: "Example", defaultRole: "VIEWER" };
  await sluice.ask(SET, { input });
  const page = await sluice.open("/keys?status=ACTIVE", { signedIn: false });
  provider.person = { sub: "bob", email: "bob@example.org", email_verified: false };
  await page.getByRole("link", { name: "Sign in with Example" }).click();
  await page.getByText("The sign-in provider has not verified your e-mail address.").waitFor();
  expect(page.url()).toBe(`${sluice.url}/`);
  provider.person = { sub: "bob", email: "bob@example.org", email_verified: true };
  await page.goto(`${sluice.url}/keys?status=ACTIVE`);
  await page.getByRole("link", { name: "Sign in with Example" }).click();
  await page.getByRole("heading", { name: "Provider keys" }).waitFor();
  expect(page.url()).toBe(`${sluice.url}/keys?status=ACTIVE`);
  await sluice.ask("mutation { removeSignInProvider { userErrors { message } } }");
  await provider.stop();
});

test("an invited person chooses a password, and signs in with it and a code", async () => {
  const invited = await sluice.ask<{ inviteUser: { inviteToken: string } }>(
    `mutation { inviteUser(input: { email: "ada@example.org", role: ADMIN }) { inviteToken userErrors { message } } }`,
  );
  const page = await sluice.open(`/setup#${invited.inviteUser.inviteToken}`, { signedIn: false });
  await page.getByLabel("Password").fill("short");
  await page.getByRole("button", { name: "Create the account" }).click();
  await page.getByRole("alert").first().waitFor();
  await page.getByLabel("Password").fill("correct horse battery");
  await page.getByRole("button", { name: "Create the account" }).click();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  expect(page.url()).not.toContain("inv_");

  const { enrolTotp } = await askAs<{ enrolTotp: { secret: string } }>(page, "mutation { enrolTotp { secret } }");
  const secret = new Secret(enrolTotp.secret);
  const now = totpStep(Date.now());
  await askAs(page, `mutation { confirmTotp(input: { code: "${totpCode(secret, now)}" }) { recoveryCodes } }`);
  // The page is left first: what it still asks for would be refused, and it would say so.
  await page.goto("about:blank");
  await page.context().clearCookies();
  await page.goto(`${sluice.url}/models`);
  await page.getByLabel("E-mail").fill("ada@example.org");
  await page.getByLabel("Password").fill("not this password");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByText("E-mail and password do not belong together.").waitFor();
  await page.getByLabel("Password").fill("correct horse battery");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByLabel("Code").fill(totpCode(secret, now + 1));
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("heading", { name: "Models" }).waitFor();
});

test("signing out ends the session", async () => {
  const page = await sluice.open("/models");
  await page.getByRole("button", { name: "Preferences" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sluice" }).waitFor();
  await page.reload();
  await page.getByLabel("Password").waitFor();
});

test("an ended session asks over the page, and what was typed is still there", async () => {
  const page = await sluice.open("/clients?new=client");
  await page.getByLabel("Name").fill("night batch");
  // Signed out elsewhere: the same session, another tab.
  await askAs(page, "mutation { signOut { userErrors { message } } }");
  await page.getByRole("button", { name: "Create key" }).click();
  await page.getByRole("heading", { name: "Your session has ended" }).waitFor();
  await typeToken(page, ADMIN_TOKEN);
  await page.getByRole("heading", { name: "Your session has ended" }).waitFor({ state: "detached" });
  expect(await page.getByLabel("Name").inputValue()).toBe("night batch");
  await page.getByRole("button", { name: "Create key" }).click();
  await page.getByRole("heading", { name: "night batch is ready" }).waitFor();
  expect(sluice.complaints.splice(0)).toSatisfy((all) => all.every((each: string) => each.includes("401")));
});
