import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { type ConsoleTest, startConsole, TIMEOUT_MS } from "./fixture.ts";

let it: ConsoleTest;
beforeAll(async () => {
  it = await startConsole();
}, 60_000);
afterAll(() => it.close());

/** Types a document into the editor, in place of what is there. */
async function write(page: Page, text: string): Promise<void> {
  await page.locator(".graphiql-query-editor .monaco-editor").first().click();
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.insertText(text);
  // The editor closes the brackets itself.
  await page.keyboard.press("ControlOrMeta+Shift+End");
  await page.keyboard.press("Delete");
}
const answerOf = (page: Page) => page.locator(".result-window");

describe("GraphiQL", () => {
  test(
    "runs any query, shows the docs and streams subscriptions, all from this server",
    async () => {
      const page = await it.open("/graphiql");
      const elsewhere: string[] = [];
      page.on("request", (request) => {
        if (!request.url().startsWith(`${it.url}/`) && !request.url().startsWith("data:"))
          elsewhere.push(request.url());
      });
      page.setDefaultTimeout(20_000);
      await page.reload();
      await page.locator(".graphiql-query-editor .monaco-editor").waitFor();

      await write(page, "{ configVersion viewer { kind } }");
      await page.locator(".graphiql-execute-button").click();
      await answerOf(page).getByText('"SESSION"').waitFor();

      await page.getByLabel("Show Documentation Explorer").click();
      await page.locator(".graphiql-doc-explorer").getByText("Mutation", { exact: true }).waitFor();

      // Run before GraphiQL has parsed it, with a name of before that is none of this document's.
      await write(page, "query Before { configVersion }");
      await page.locator(".graphiql-execute-button").click();
      await answerOf(page).getByText('"configVersion"').waitFor();
      await write(page, "subscription { liveUsage { __typename } }");
      await page.keyboard.press("ControlOrMeta+Enter");
      await answerOf(page)
        .getByText(/"LiveUsage(?:Snapshot|Tick)"/)
        .first()
        .waitFor();

      expect(elsewhere).toEqual([]);
      expect(it.complaints).toEqual([]);
      expect(page.url()).toBe(`${it.url}/graphiql`);
    },
    TIMEOUT_MS * 2,
  );

  test("is not given for who is not signed in, who is told where to", async () => {
    const response = await fetch(`${it.url}/graphiql`);
    expect(response.status).toBe(401);
    expect(await response.text()).toContain("sign in");
  });

  test(
    "gives its grant to no script and no frame",
    async () => {
      const page = await it.open("/");
      const status = await page.evaluate(async () => (await fetch("/graphiql")).status);
      expect(status).toBe(403);
      expect(
        await page.evaluate(async () => (await fetch("/graphiql", { headers: { accept: "text/html" } })).text()),
      ).not.toContain("grant");
      it.complaints.length = 0;
    },
    TIMEOUT_MS,
  );

  test(
    "has a policy without inline scripts, and files that other clients get unpacked",
    async () => {
      const page = await it.open("/graphiql");
      const response = await page.reload();
      const policy = response!.headers()["content-security-policy"]!;
      expect(policy).toContain("script-src 'self';");
      expect(policy).toContain("default-src 'none'");
      const library = (await response!.text()).match(/src="(assets\/graphiql\/graphiql-\w+\.js)"/)![1]!;
      const packed = await fetch(`${it.url}/${library}`, {
        decompress: false,
        headers: { "accept-encoding": "gzip" },
      } as RequestInit);
      expect(packed.headers.get("content-encoding")).toBe("gzip");
      const plain = await fetch(`${it.url}/${library}`, { headers: { "accept-encoding": "identity" } });
      expect(plain.headers.get("content-encoding")).toBeNull();
      expect(await plain.text()).toContain("YogaGraphiQL");
    },
    TIMEOUT_MS,
  );
});

test(
  "a page of the console runs none but its own documents",
  async () => {
    const page = await it.open("/");
    const ask = (body: string) =>
      page.evaluate(async (text) => {
        const headers = { "content-type": "application/json" };
        return (await fetch("/graphql", { method: "POST", headers, body: text })).json();
      }, body);
    expect(await ask('{"query":"{ configVersion }"}')).toMatchObject({
      errors: [{ extensions: { code: "PERSISTED_QUERY_ONLY" } }],
    });
    it.complaints.length = 0;
  },
  TIMEOUT_MS,
);
