import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { type ConsoleTest, SLOW_MS, startConsole, TIMEOUT_MS } from "./fixture.ts";

setDefaultTimeout(TIMEOUT_MS);

let sluice: ConsoleTest;
beforeAll(async () => {
  sluice = await startConsole({ env: { BASE_PATH: "/tools/sluice" } });
}, SLOW_MS);
afterAll(() => sluice.close(), SLOW_MS);

test("below a path of somebody else's site everything stays below it", async () => {
  const page = await sluice.open("/tools/sluice/keys");
  await page.getByRole("row", { name: /team-a/ }).waitFor();
  await page.getByRole("link", { name: "Models" }).click();
  await page.getByRole("heading", { name: "Models" }).waitFor();
  expect(page.url()).toBe(`${sluice.url}/tools/sluice/models`);
  await page.reload();
  await page.getByRole("row", { name: /gpt-4.1/ }).waitFor();
  await page.goto(`${sluice.url}/tools/sluice/clients?client=`);
  await page.getByRole("button", { name: /^test/ }).click();
  const snippet = page.getByRole("complementary").getByRole("region", { name: "curl" });
  expect(await snippet.textContent()).toContain(`${sluice.url}/tools/sluice/v1/chat/completions`);
  expect(sluice.complaints).toEqual([]);
});
