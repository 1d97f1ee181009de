import { afterAll, afterEach, beforeAll, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import type { Page } from "playwright-core";
import { gate, inTurn, json } from "../support/fake-vendor.ts";
import { makeRecord } from "../support/request-record.ts";
import { chatAnswer } from "../support/samples.ts";
import { type ConsoleTest, SLOW_MS, startConsole, TIMEOUT_MS } from "./fixture.ts";

setDefaultTimeout(TIMEOUT_MS);

const MARKUP = '<img src=x onerror="window.harmed = true">';

let sluice: ConsoleTest;
beforeAll(async () => {
  sluice = await startConsole({ settings: { requestContent: "full" } });
}, SLOW_MS);
afterAll(() => sluice.close(), SLOW_MS);
beforeEach(() => sluice.restart(json(chatAnswer())));
afterEach(() => expect(sluice.complaints.splice(0)).toEqual([]));

const row = (page: Page, name: string) => page.getByRole("row", { name: new RegExp(name) });
const panel = (page: Page) => page.getByRole("complementary");
const body = (content = "Hi") => ({ model: "gpt-4.1", messages: [{ role: "user", content }] });

test("a request appears while it runs, before all others, and settles in its place", async () => {
  await sluice.send("/v1/chat/completions", body());
  const page = await sluice.open("/requests");
  await row(page, "Success gpt-4.1").waitFor();
  const held = gate();
  sluice.vendor.once(async (call) => {
    await held.opened;
    await json(chatAnswer())(call);
  });
  const sent = sluice.send("/v1/chat/completions", body());
  await row(page, "Waiting gpt-4.1").waitFor();
  expect(await page.getByRole("row").nth(1).textContent()).toContain("Waiting");
  held.open();
  expect((await sent).status).toBe(200);
  await row(page, "Waiting").waitFor({ state: "detached" });
  expect(await row(page, "Success gpt-4.1").count()).toBe(2);
});

test("what could not be carried is marked in the list and named in the request", async () => {
  const dropped = ["seed", "logit_bias"];
  sluice.app.gateway.record(makeRecord({ receivedAtMs: Date.now(), requestedModel: "claude-translated", dropped }));
  const page = await sluice.open("/requests");
  await row(page, "claude-translated").getByText("2 left out").waitFor();
  expect(await row(page, "claude-translated").getByTitle("seed, logit_bias").count()).toBe(1);
  await row(page, "claude-translated").getByRole("button").click();
  await panel(page).getByText("Left out on the way to the upstream").waitFor();
  for (const name of dropped) await panel(page).getByText(name, { exact: true }).waitFor();
});

test("a running request is stopped, and its client is told", async () => {
  const page = await sluice.open("/requests");
  const held = gate();
  sluice.vendor.once(() => held.opened);
  const sent = sluice.send("/v1/chat/completions", body());
  await row(page, "Waiting").getByRole("button").click();
  await panel(page).getByRole("button", { name: "Stop this request" }).click();
  await page.getByText("Stopped. Its client got an error").waitFor();
  const { status, json: answer } = await sent;
  expect(status).toBeGreaterThanOrEqual(400);
  expect(answer.error.message).toBeString();
  await panel(page).getByText("Cancelled").first().waitFor();
  held.open();
});

test("one that was retried shows each upstream call, its tokens and the arithmetic of its cost", async () => {
  sluice.vendor.once(inTurn(json({ error: { message: "Overloaded, come back later" } }, 503)), json(chatAnswer()));
  await sluice.send("/v1/chat/completions", body());
  const page = await sluice.open("/requests?show=retried");
  await row(page, "×2").getByRole("button").click();
  await panel(page).getByText("2 upstream calls").waitFor();
  await panel(page).getByText("Rejected 503").waitFor();
  await panel(page).getByText("Overloaded, come back later").waitFor();
  await panel(page).getByText("Served 200").waitFor();
  // 800 × 2 + 200 × 0.5 + 250 × 8 + 50 × 8 dollars per million.
  await panel(page).getByRole("row", { name: "Input 800 × $2.00 = $0.0016" }).waitFor();
  await panel(page).getByRole("row", { name: "Total 1,300 $0.0041" }).waitFor();
  await panel(page).getByText("Price from the bundled list: openai/gpt-4.1").waitFor();
});

test("what was said is shown as text, and can be sent again with curl", async () => {
  await sluice.send("/v1/chat/completions", body(MARKUP));
  const page = await sluice.open("/requests");
  await page.getByRole("row").nth(1).getByRole("button").click();
  await panel(page).getByRole("button", { name: "Show headers and bodies" }).click();
  expect(await panel(page).getByRole("region", { name: "Request body" }).textContent()).toContain("<img src=x");
  await panel(page).getByRole("region", { name: "Response headers" }).waitFor();
  expect(await page.evaluate("window.harmed")).toBeUndefined();

  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await panel(page).getByRole("button", { name: "Copy as curl" }).click();
  await panel(page).getByRole("button", { name: "Copied" }).waitFor();
  const curl = String(await page.evaluate("navigator.clipboard.readText()"));
  expect(curl).toStartWith(`curl ${sluice.url}/v1/chat/completions`);
  expect(curl).toContain("$SLUICE_API_KEY");
  expect(curl).toContain("onerror");
});

test("filters stand in the URL and hold for what comes live", async () => {
  sluice.vendor.forModel("gpt-4.1", json({ error: { message: "Bad things", type: "invalid_request_error" } }, 400));
  const page = await sluice.open("/requests");
  await page.getByRole("button", { name: "Error", exact: true }).click();
  await page.getByText("No request matches").waitFor();
  expect(page.url()).toEndWith("/requests?status=ERROR");
  await sluice.send("/v1/chat/completions", body());
  await row(page, "Error 400 gpt-4.1").waitFor();
  sluice.restart(json(chatAnswer()));
  await sluice.send("/v1/chat/completions", body());
  sluice.vendor.forModel("gpt-0", json({ error: { message: "No such model", code: "model_not_found" } }, 404));
  await sluice.send("/v1/chat/completions", { ...body(), model: "gpt-0" });
  await row(page, "gpt-0").waitFor();
  expect(await page.getByRole("row").count()).toBe(3);
  await page.getByRole("button", { name: "Clear filters" }).click();
  await row(page, "Success").first().waitFor();
});

test("new ones do not push away what somebody reads further down", async () => {
  for (let count = 0; count < 40; count++) await sluice.send("/v1/chat/completions", body());
  const page = await sluice.open("/requests");
  await row(page, "Success").first().waitFor();
  await page.getByRole("region", { name: "Requests" }).evaluate((element) => element.scrollTo(0, 400));
  await sluice.send("/v1/chat/completions", body());
  await page.getByRole("button", { name: "1 new request" }).click();
  await page.getByRole("button", { name: "1 new request" }).waitFor({ state: "detached" });
});
