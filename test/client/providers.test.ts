import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { Page } from "playwright-core";
import { learnQuirk } from "../../src/control/providers/provider-quirks.ts";
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
const dialog = (page: Page) => page.getByRole("dialog");
const provider = (name: string) => sluice.app.gateway.snapshots.current.providersByName.get(name)!;

test("a vendor that is picked fills the form in, and says where its keys are made", async () => {
  const page = await sluice.open("/providers?new=provider");
  await dialog(page).getByLabel("Vendor").selectOption({ label: "Mistral" });
  expect(await dialog(page).getByLabel("Name").inputValue()).toBe("mistral");
  expect(await dialog(page).getByLabel("Base URL").inputValue()).toBe("https://api.mistral.ai/v1");
  const link = dialog(page).getByRole("link", { name: "console.mistral.ai" });
  expect(await link.getAttribute("href")).toBe("https://console.mistral.ai/api-keys");
  await dialog(page).getByText("How it differs from OpenAI (2 set)").click();
  expect(await dialog(page).getByLabel("Knows max_tokens only").inputValue()).toBe("ON");
  await dialog(page).getByLabel("Takes no JSON schema").selectOption("No");
  await dialog(page).getByRole("button", { name: "Add a provider" }).click();

  await panel(page).getByText("Knows max_tokens only · set by hand").waitFor();
  await panel(page).getByText("Takes no JSON schema · ignored, whatever it says").waitFor();
  expect([...provider("mistral").quirks]).toEqual(["no_developer_role", "max_tokens_only"]);
  expect([...provider("mistral").ignoredQuirks]).toEqual(["no_json_schema"]);
});

test("a program on one's own machine needs no key, and says so; a vendor of another format has no quirks", async () => {
  const page = await sluice.open("/providers?new=provider");
  await dialog(page).getByLabel("Vendor").selectOption({ label: "Ollama" });
  await dialog(page).getByText("It needs no key of its own").waitFor();
  await dialog(page).getByLabel("Vendor").selectOption({ label: "Anthropic" });
  await dialog(page).getByText("How it differs").waitFor({ state: "detached" });
  expect(await dialog(page).getByLabel("Base URL").inputValue()).toBe("");
});

test("what was learned of an upstream is shown in its own words, and can be forgotten", async () => {
  const { id } = provider("openai-main");
  await learnQuirk(sluice.app.control, id, "no_stream_options", "Unknown parameter: <b>stream_options</b>");
  const page = await sluice.open(`/providers?provider=${id}`);
  await panel(page).getByText("Refuses stream_options · learned").waitFor();
  await panel(page).getByText("Unknown parameter: <b>stream_options</b>").waitFor();
  await panel(page).getByRole("button", { name: "Forget" }).click();
  await page.getByText("Forgotten. The next refusal may teach it again").waitFor();
  await panel(page).getByText("Refuses stream_options").waitFor({ state: "detached" });
  expect([...provider("openai-main").quirks]).toEqual([]);
});

test("an answer that was on its way before a change does not take the change back", async () => {
  const { id } = provider("openai-main");
  await learnQuirk(sluice.app.control, id, "no_stream_options", "Unknown parameter");
  const page = await sluice.open("/providers");
  await row(page, "openai-main").getByRole("button").click();
  const lists = await holdLists(page);
  await page.getByLabel("Search providers").fill("openai");
  await lists.isAnswered;
  await panel(page).getByRole("button", { name: "Forget" }).click();
  await panel(page).getByText("Refuses stream_options").waitFor({ state: "detached" });
  lists.release();
  await lists.isAskedAgain;
  await panel(page).getByText("Refuses stream_options").waitFor({ state: "detached" });
});

test("what no row of the list shows changes in the panel all the same", async () => {
  const { id } = provider("openai-main");
  await learnQuirk(sluice.app.control, id, "no_stream_options", "Unknown parameter");
  const page = await sluice.open(`/providers?provider=${id}&q=nothing-of-this-name`);
  await panel(page).getByRole("button", { name: "Forget" }).click();
  await panel(page).getByText("Refuses stream_options").waitFor({ state: "detached" });
});

/** Answers to the list of providers are given from now on, and the first one comes only when it is released. */
async function holdLists(page: Page) {
  const released = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<void>();
  const again = Promise.withResolvers<void>();
  let asked = 0;
  await page.route("**/graphql", async (route) => {
    const { variables } = route.request().postDataJSON() as { variables?: { first?: number } };
    if (variables?.first === undefined) return route.continue();
    if (++asked > 1) again.resolve();
    const response = await route.fetch();
    answered.resolve();
    if (asked === 1) await released.promise;
    await route.fulfill({ response });
  });
  return { isAnswered: answered.promise, isAskedAgain: again.promise, release: released.resolve };
}

test("changing something else leaves quirks as they are", async () => {
  const { id } = provider("openai-main");
  await learnQuirk(sluice.app.control, id, "max_tokens_only", "Use max_tokens");
  const page = await sluice.open("/providers");
  await row(page, "openai-main").getByRole("button").click();
  await panel(page).getByRole("button", { name: "Edit" }).click();
  await dialog(page).getByLabel("Note").fill("seen");
  await dialog(page).getByRole("button", { name: "Save" }).click();
  await panel(page).getByText("seen").waitFor();
  await panel(page).getByText("Knows max_tokens only · learned").waitFor();
});
