import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { Page } from "playwright-core";
import { gate } from "../support/fake-vendor.ts";
import { type ConsoleTest, SLOW_MS, startConsole, TIMEOUT_MS } from "./fixture.ts";

setDefaultTimeout(TIMEOUT_MS);

let sluice: ConsoleTest;
beforeAll(async () => {
  sluice = await startConsole();
}, SLOW_MS);
afterAll(() => sluice.close(), SLOW_MS);
afterEach(() => expect(sluice.complaints.splice(0)).toEqual([]));

const row = (page: Page, name: string) => page.getByRole("row", { name: new RegExp(name) });
const panel = (page: Page) => page.getByRole("complementary");
const call = async (secret: string) => {
  const response = await fetch(`${sluice.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "gpt-4.1", messages: [{ role: "user", content: "Hi" }] }),
  });
  return response.status;
};

test("a client key is shown once, with what to paste, and works", async () => {
  const page = await sluice.open("/clients");
  await page.getByRole("button", { name: "Add client key" }).click();
  await page.getByLabel("Name").fill("notebook");
  await page.getByLabel("Allowed models").fill("gpt-4.1, claude-*");
  await page.getByRole("button", { name: "Create key" }).click();

  const dialog = page.getByRole("dialog", { name: "notebook is ready" });
  const secret = (await dialog.locator("code").textContent())!;
  await page.keyboard.press("Escape");
  await dialog.waitFor(); // Not by accident.
  for (const [tool, words] of [
    ["OpenAI SDK", `baseURL: "${sluice.url}/v1"`],
    ["Anthropic SDK", "@anthropic-ai/sdk"],
    ["Gemini SDK", `httpOptions: { baseUrl: "${sluice.url}" }`],
    ["Claude Code", `ANTHROPIC_AUTH_TOKEN="${secret}"`],
    ["Codex", 'wire_api = "responses"'],
  ] as const) {
    await dialog.getByRole("button", { name: tool }).click();
    expect(await dialog.getByRole("region", { name: tool }).textContent()).toContain(words);
  }
  await dialog.getByRole("button", { name: "I have copied it" }).click();
  await row(page, "notebook").waitFor();
  expect(await page.content()).not.toContain(secret);
  expect(page.url()).not.toContain(secret);
  expect(await call(secret)).toBe(200);
});

test("a client key can be strict about what is left out", async () => {
  const page = await sluice.open("/clients?new=client");
  await page.getByLabel("Name").fill("exact");
  await page.getByLabel("Refuse what cannot be carried").check();
  await page.getByRole("button", { name: "Create key" }).click();
  await page.getByRole("button", { name: "I have copied it" }).click();
  await row(page, "exact").getByRole("button").click();
  await panel(page).getByText("Refuse what cannot be carried").waitFor();
  const entries = [...sluice.app.gateway.snapshots.current.clientKeysByHash.values()];
  expect(entries.filter(({ strictParameters }) => strictParameters).map(({ name }) => name)).toEqual(["exact"]);
});

test("a client key that was made while the list was on its way is in the list", async () => {
  const page = await sluice.open("/");
  const made = gate();
  let isFirst = true;
  await page.route("**/graphql", async (route) => {
    const isHeld = isFirst && route.request().postDataJSON().operationName === "Clients";
    if (!isHeld) return route.continue();
    isFirst = false;
    const response = await route.fetch();
    await made.opened;
    await route.fulfill({ response });
  });
  await page.goto(`${sluice.url}/clients?new=client`);
  await page.getByLabel("Name").fill("quick");
  await page.getByRole("button", { name: "Create key" }).click();
  await page.getByRole("button", { name: "I have copied it" }).click();
  made.open();
  await row(page, "quick").waitFor();
  expect(isFirst).toBe(false);
});

test("a client key that is switched off or replaced is refused at once", async () => {
  const page = await sluice.open("/clients?new=client");
  await page.getByLabel("Name").fill("partner");
  await page.getByRole("button", { name: "Create key" }).click();
  const first = (await page.getByRole("dialog").locator("code").textContent())!;
  await page.getByRole("button", { name: "I have copied it" }).click();

  await page.getByRole("button", { name: /partner/ }).click();
  await panel(page).getByRole("button", { name: "Disable" }).click();
  await row(page, "partner").getByText("Disabled").waitFor();
  expect(await call(first)).toBe(401);
  await page.getByRole("button", { name: "Undo" }).click();
  await row(page, "partner").getByText("Active").waitFor();
  expect(await call(first)).toBe(200);

  await panel(page).getByRole("button", { name: "New secret" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "New secret" }).click();
  const second = (await page.getByRole("dialog", { name: "partner is ready" }).locator("code").textContent())!;
  expect(second).not.toBe(first);
  expect([await call(first), await call(second)]).toEqual([401, 200]);
});

test("copying works on plain http, where the browser hides its clipboard", async () => {
  const page = await sluice.open("/clients");
  await page.evaluate("Object.defineProperty(window, 'isSecureContext', { value: false })");
  await page.evaluate(
    "document.addEventListener('copy', () => { window.copied = getSelection().toString() || document.activeElement.value })",
  );
  await page.getByRole("button", { name: /^test/ }).click();
  await panel(page).getByRole("region", { name: "curl" }).waitFor();
  await panel(page).getByRole("button", { name: "Copy" }).click();
  await panel(page).getByRole("button", { name: "Copied" }).waitFor();
  expect(await page.evaluate("window.copied")).toStartWith(`curl ${sluice.url}/v1/chat/completions`);
});

test("an expiry and a content policy are set, kept and shown", async () => {
  const page = await sluice.open("/clients");
  await page.getByRole("button", { name: /^test/ }).click();
  await panel(page).getByRole("button", { name: "Edit" }).click();
  await page.getByLabel("Expires").fill("2020-01-01T00:00");
  await page.getByLabel("Keep of requests").selectOption("NONE");
  await page.getByRole("button", { name: "Save" }).click();
  await row(page, "^Expired test").waitFor();
  await panel(page).getByText("Nothing", { exact: true }).waitFor();
});
