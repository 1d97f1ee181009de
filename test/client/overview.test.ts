import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { WebSocketRoute } from "playwright-core";
import { json } from "../support/fake-vendor.ts";
import { type ConsoleTest, KEYS, PHONE, SLOW_MS, startConsole, TIMEOUT_MS } from "./fixture.ts";

setDefaultTimeout(TIMEOUT_MS);

let sluice: ConsoleTest;
beforeAll(async () => {
  sluice = await startConsole({
    providers: ({ origin }) => [
      { name: "openai-main", kind: "openai", baseUrl: `${origin}/v1`, keys: KEYS },
      { name: "empty", kind: "openai-compatible", baseUrl: `${origin}/v1`, keys: [] },
    ],
  });
}, SLOW_MS);
afterAll(() => sluice.close(), SLOW_MS);
afterEach(() => expect(sluice.complaints.splice(0)).toEqual([]));

const send = () =>
  sluice.send("/v1/chat/completions", { model: "gpt-4.1", messages: [{ role: "user", content: "Hi" }] });

describe("the overview", () => {
  test("counts what happens while one looks on", async () => {
    const page = await sluice.open("/");
    await page.getByText("Requests / s").waitFor();
    await send();
    await page
      .getByRole("definition")
      .filter({ hasText: /^0\.[1-9]/ })
      .first()
      .waitFor();
    await page.locator("canvas").waitFor();
    await page.getByRole("img", { name: /Last 24 hours by hour: \d+ requests/ }).waitFor();
  });

  test("names what needs a person, with the step that mends it", async () => {
    const page = await sluice.open("/");
    await page.getByText("empty has no key").waitFor();
    await page.getByRole("link", { name: "Add or enable" }).click();
    await page.getByRole("dialog", { name: "Add provider keys" }).waitFor();
    expect(await page.getByLabel("Provider", { exact: true }).locator("option:checked").textContent()).toBe("empty");
  });

  test("shows a key that fails within moments", async () => {
    const page = await sluice.open("/");
    await page
      .getByText("2 unchecked")
      .or(page.getByText(/active/))
      .first()
      .waitFor();
    sluice.vendor.forKey("sk-up-aaaa", json({ error: { message: "No", code: "invalid_api_key" } }, 401));
    sluice.vendor.forKey("sk-up-bbbb", json({ error: { message: "No", code: "invalid_api_key" } }, 401));
    await send();
    await page.getByText("openai-main refuses 2 keys").waitFor();
    await page.getByText("gpt-4.1 cannot be served now").waitFor();
  });
});

describe("a line that is cut", () => {
  test("is said with the time of the last update, keeps what is shown, and heals", async () => {
    const page = await sluice.open("/keys", { signedIn: true });
    let isDown = false;
    const { promise: acknowledged, resolve: acknowledge } = Promise.withResolvers<WebSocketRoute>();
    await page.routeWebSocket(/graphql/, (route) => {
      if (isDown) return route.close({ code: 1012 });
      const server = route.connectToServer();
      server.onMessage((message) => {
        route.send(message);
        if (String(message).includes("connection_ack")) acknowledge(route);
      });
    });
    await page.reload();
    await page.getByRole("row", { name: /team-a/ }).waitFor();
    const line = await acknowledged;
    isDown = true;
    await line.close({ code: 1012 });
    await page.getByText(/^Reconnecting · last update \d\d:\d\d:\d\d$/).waitFor();
    await page.getByRole("row", { name: /team-a/ }).waitFor();

    // What happens meanwhile is made up for.
    const { providerKeys } = await sluice.ask<{ providerKeys: { nodes: { id: string }[] } }>(
      '{ providerKeys(first: 1, filter: { search: "team-b" }) { nodes { id } } }',
    );
    const [key] = providerKeys.nodes;
    await sluice.ask(
      "mutation ($id: ID!) { actOnProviderKeys(input: { selection: { ids: [$id] }, action: DISABLE }) { affected } }",
      { id: key!.id },
    );
    isDown = false;
    await page
      .getByRole("row", { name: /team-b/ })
      .getByText("Disabled")
      .waitFor();
    await page.getByText(/^Reconnecting/).waitFor({ state: "detached" });
    sluice.complaints.length = 0; // The browser's own words about the cut line.
  });
});

describe("the console's language", () => {
  test("is the browser's, can be changed, and stays", async () => {
    const page = await sluice.open("/keys", { locale: "zh-CN" });
    await page.getByRole("heading", { name: "上游密钥" }).waitFor();
    expect(await page.locator("html").getAttribute("lang")).toBe("zh-CN");
    await page.getByRole("button", { name: "偏好设置" }).click();
    await page.getByRole("menuitemradio", { name: "English" }).click();
    await page.getByRole("heading", { name: "Provider keys" }).waitFor();
    expect(await page.title()).toBe("Provider keys · Sluice");
    await page.reload();
    await page.getByRole("heading", { name: "Provider keys" }).waitFor();
    expect(await page.locator("html").getAttribute("lang")).toBe("en");
  });
});

test("going from page to page shows each its own remembered answers", async () => {
  const page = await sluice.open("/models");
  // These pages ask for names to choose from, with the same variables: none.
  for (const name of ["Requests", "Models", "Provider keys", "Requests", "Models"]) {
    await page.getByRole("link", { name, exact: true }).click();
    await page.getByRole("heading", { name, exact: true }).waitFor();
    await page.getByLabel("All providers").locator("option", { hasText: "openai-main" }).waitFor({ state: "attached" });
  }
});

describe("the theme", () => {
  test("is the system's until one is chosen, and is set before the first paint", async () => {
    const page = await sluice.open("/models", { colorScheme: "dark" });
    const isTheme = (theme: string) => page.locator(`html[data-theme=${theme}]`).waitFor({ state: "attached" });
    await page.getByRole("heading", { name: "Models" }).waitFor();
    await isTheme("dark");
    await page.emulateMedia({ colorScheme: "light" });
    await isTheme("light");
    await page.getByRole("button", { name: "Preferences" }).click();
    await page.getByRole("menuitemradio", { name: "Dark" }).click();
    await isTheme("dark");
    // Without the application's script only the small one in the head has run.
    await page.route(/main-.*\.js/, (route) => route.abort());
    await page.reload();
    await isTheme("dark");
    sluice.complaints.length = 0; // The script that was held back.
  });
});

describe("the keyboard", () => {
  test("reaches every page, and a list of its keys", async () => {
    const page = await sluice.open("/");
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await page.keyboard.type("gr");
    await page.getByRole("heading", { name: "Requests" }).waitFor();
    await page.keyboard.press("Control+k");
    await page.keyboard.type("prov");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Providers" }).waitFor();
    await page.keyboard.press("?");
    const sheet = page.getByRole("dialog", { name: "Keyboard shortcuts" });
    await sheet.getByText("Next row").waitFor();
    await sheet.getByLabel("Single-key shortcuts").uncheck();
    await page.keyboard.press("Escape");
    await page.keyboard.type("gm");
    await page.getByRole("heading", { name: "Providers" }).waitFor();
  });
});

test("on a phone the navigation is a bar below, and a row opens a sheet that goes back", async () => {
  const page = await sluice.open("/", { viewport: PHONE });
  await page.getByRole("link", { name: "Keys", exact: true }).click();
  await page.getByRole("button", { name: /team-a/ }).click();
  await page.getByRole("complementary").getByRole("heading", { name: "team-a" }).waitFor();
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByRole("button", { name: /team-b/ }).waitFor();
});
