import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { json } from "../support/fake-vendor.ts";
import { makeRecord } from "../support/request-record.ts";
import { chatAnswer } from "../support/samples.ts";
import { type ConsoleTest, KEYS, PHONE, SLOW_MS, startConsole, TIMEOUT_MS, WIDE } from "./fixture.ts";

setDefaultTimeout(TIMEOUT_MS);

const NARROWEST = { width: 360, height: 740 };

let sluice: ConsoleTest;
beforeAll(async () => {
  sluice = await startConsole({
    providers: ({ origin }) => [
      {
        name: "openai-main",
        kind: "openai",
        baseUrl: `${origin}/v1`,
        strategy: "priority",
        keys: [...KEYS, { name: "spare", secret: "sk-up-cccc", enabled: false, priority: 2 }],
      },
      { preset: "deepseek", name: "empty", baseUrl: `${origin}/v1`, ignoredQuirks: ["no_json_schema"], keys: [] },
    ],
    models: [
      { name: "gpt-4.1", aliases: ["default"], targets: [{ provider: "openai-main", model: "gpt-4.1" }] },
      { name: "house-model", targets: [{ provider: "empty", model: "our-own-thing" }] },
    ],
    settings: { requestContent: "full" },
  });
  sluice.vendor.once(json({ error: { message: "Incorrect API key", code: "invalid_api_key" } }, 401));
  sluice.vendor.otherwise(json(chatAnswer()));
  const dropped = ["seed", "logit_bias", "frequency_penalty"];
  const requestedModel = "a-model-with-a-rather-long-name-that-does-not-fit";
  sluice.app.gateway.record(makeRecord({ receivedAtMs: Date.now(), dropped, requestedModel }));
  for (const model of ["gpt-4.1", "gpt-4.1", "house-model"]) {
    await sluice.send("/v1/chat/completions", { model, messages: [{ role: "user", content: "Hi" }] });
  }
}, SLOW_MS);
afterAll(() => sluice.close(), SLOW_MS);

/** Opens the first row of a page's table or list. */
const openRow = async (page: Page) => {
  await page.locator("tbody th button, ul > li > button").first().click();
  await page.getByRole("complementary").locator("dd").first().waitFor();
};
const openForm = (page: Page) => page.getByRole("dialog").getByRole("textbox").first().waitFor();
/** With what most people leave alone. */
const openWholeForm = async (page: Page) => {
  await openForm(page);
  await page.getByRole("dialog").locator("summary").first().click();
};
const PAGES: readonly (readonly [name: string, path: string, prepare?: (page: Page) => Promise<void>])[] = [
  ["sign-in", "/"],
  ["overview", "/"],
  ["keys", "/keys"],
  ["a key", "/keys?status=INVALID", openRow],
  ["new keys", "/keys?new=key", openForm],
  ["providers", "/providers"],
  ["a provider", "/providers", openRow],
  ["a new provider", "/providers?new=provider", openWholeForm],
  ["models", "/models"],
  ["a model", "/models", openRow],
  ["a new model", "/models?new=model", openWholeForm],
  ["client keys", "/clients"],
  ["a client key", "/clients", openRow],
  ["a new client key", "/clients?new=client", openForm],
  ["requests", "/requests"],
  ["a request", "/requests?status=SUCCESS", openRow],
  ["nothing found", "/keys?q=nothing-of-that-name"],
  ["set-up", "/setup"],
];

describe.each([
  { viewport: WIDE, locale: "en-US", colorScheme: "light" },
  { viewport: WIDE, locale: "zh-CN", colorScheme: "dark" },
  { viewport: PHONE, locale: "en-US", colorScheme: "dark" },
  { viewport: NARROWEST, locale: "zh-CN", colorScheme: "light" },
] as const)("at $viewport.width px in $locale, $colorScheme", (look) => {
  test("every page is accessible, fits its width and makes nobody complain", async () => {
    for (const signedIn of [false, true]) {
      const page = await sluice.open("/", { ...look, signedIn });
      for (const [name, path, prepare] of PAGES.filter(([each]) => (each === "sign-in") !== signedIn)) {
        await page.goto(`${sluice.url}${path}`);
        await page.locator("h1").first().waitFor();
        await prepare?.(page);
        await page.locator("[aria-busy=true]").waitFor({ state: "detached" });
        expect({ name, problems: await findProblems(page) }).toEqual({ name, problems: [] });
      }
      await page.close();
    }
    expect(sluice.complaints.splice(0)).toEqual([]);
  }, 120_000);
});

/** What axe finds serious, and what sticks out at the side. */
async function findProblems(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return JSON.parse(
    String(
      await page.evaluate(`(async () => {
        const { violations } = await axe.run(document, { resultTypes: ["violations"] });
        const found = violations
          .filter(({ impact }) => impact === "serious" || impact === "critical")
          .flatMap(({ id, nodes }) => nodes.map(({ html, any }) => id + ": " + html.slice(0, 160) + " " + (any[0]?.message ?? "")));
        if (document.documentElement.scrollWidth > innerWidth) found.push("wider than the window");
        return JSON.stringify(found);
      })()`),
    ),
  );
}
