import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { type ConsoleTest, SLOW_MS, startConsole, TIMEOUT_MS } from "./fixture.ts";

setDefaultTimeout(TIMEOUT_MS);

let sluice: ConsoleTest;
beforeAll(async () => {
  sluice = await startConsole({ providers: () => [], models: [], env: { ADMIN_TOKEN: "" } });
}, SLOW_MS);
afterAll(() => sluice.close(), SLOW_MS);

test("the one-time link leads from nothing to the first answered request", async () => {
  const page = await sluice.open(`/setup#${sluice.app.news.setupLinkToken}`, { signedIn: false });

  // The token is worth the whole installation: it does not stay in the address bar.
  await page.getByLabel("E-mail").fill("ada@example.org");
  await page.getByLabel("Password").fill("correct horse battery");
  await page.getByRole("button", { name: "Create the account" }).click();
  expect(page.url()).toBe(`${sluice.url}/setup`);

  // The vendor is recognised by its key; then another one is chosen, which lives on loopback.
  await page.getByLabel("API key").fill("sk-ant-api03-0000");
  expect(await page.getByLabel("Vendor").inputValue()).toBe("anthropic");
  await page.getByLabel("Vendor").selectOption("compatible");
  await page.getByLabel("Name").fill("house");
  await page.getByRole("button", { name: "Add key" }).click();
  await page.getByRole("alert").first().waitFor(); // An address is needed.
  await page.getByLabel("Base URL").fill(`${sluice.vendor.origin}/v1`);
  await page.getByRole("button", { name: "Add key" }).click();

  await page.getByRole("heading", { name: "Make your first request" }).waitFor();
  await page.getByRole("button", { name: "Create key" }).click();
  const secret = await page.locator("code").textContent();
  expect(secret).toStartWith("sk-slc_");
  await page.getByLabel("Model to try").fill("gpt-4.1");
  const snippet = await page.getByRole("region", { name: "curl" }).textContent();
  expect(snippet).toContain(`curl ${sluice.url}/v1/chat/completions`);
  expect(snippet).toContain(`Bearer ${secret}`);
  await page.getByText("Waiting for your first request…").waitFor();

  const response = await fetch(`${sluice.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "house/gpt-4.1", messages: [{ role: "user", content: "Hello" }] }),
  });
  expect(response.status).toBe(200);
  await page.getByText(/answered in .* You are set up/).waitFor();

  await page.getByRole("button", { name: "Go to the overview" }).click();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  expect(sluice.complaints).toEqual([]);
});

test("the link does not work twice", async () => {
  const page = await sluice.open(`/setup#${sluice.app.news.setupLinkToken}`, { signedIn: false });
  await page.getByLabel("E-mail").fill("bob@example.org");
  await page.getByLabel("Password").fill("correct horse battery");
  await page.getByRole("button", { name: "Create the account" }).click();
  await page.getByText("This link has been used already").waitFor();
});
