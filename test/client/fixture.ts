import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { buildConsole } from "../../client/build.ts";
import { type Gateway, type GatewayOptions, startGateway } from "../gateway/fixture.ts";
import { ADMIN_TOKEN } from "../support/app.ts";
import { startBrowser } from "../support/browser.ts";
import { json } from "../support/fake-vendor.ts";
import { chatAnswer } from "../support/samples.ts";

/** For a test with a browser: below it Playwright gives up first, and says what it waited for. */
export const TIMEOUT_MS = 90_000;
/** To build the console, and to start and end the app and its browser, on a machine that has much else to do. */
export const SLOW_MS = 120_000;

const ROOT = join(import.meta.dir, "../..");
const BUILT = join(ROOT, "dist/console");

export const WIDE = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 780 };

export interface Look {
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly locale?: "en-US" | "zh-CN";
  readonly colorScheme?: "light" | "dark";
  /** False: nobody is signed in. */
  readonly signedIn?: boolean;
}

export interface ConsoleTest extends Gateway {
  /** A new browser profile at this path of the console. */
  open(path: string, look?: Look): Promise<Page>;
  /** A query or mutation with the admin token, as a script sends it. */
  ask<Data>(query: string, variables?: object): Promise<Data>;
  /** What the browser complained about: script errors, refused scripts and styles, failed requests. */
  readonly complaints: string[];
}

/** The real app, a fake vendor behind it and a real browser in front. */
export async function startConsole(options: Partial<GatewayOptions> = {}): Promise<ConsoleTest> {
  await buildWhenStale();
  const browser: Browser = await startBrowser();
  const gateway = await startGateway({
    providers: (vendor) => [{ name: "openai-main", kind: "openai", baseUrl: `${vendor.origin}/v1`, keys: KEYS }],
    models: [{ name: "gpt-4.1", targets: [{ provider: "openai-main", model: "gpt-4.1" }] }],
    reply: json(chatAnswer()),
    ...options,
    // A request that a test holds back must not run into a limit.
    settings: { headersTimeoutMs: 60_000, requestTimeoutMs: 60_000, firstTokenTimeoutMs: 60_000, ...options.settings },
    withConsole: true,
  });
  const complaints: string[] = [];
  const contexts: BrowserContext[] = [];
  return {
    ...gateway,
    complaints,
    ask: async <Data>(query: string, variables: object = {}) =>
      (await gateway.graphql(query, variables)).data as unknown as Data,
    async open(path, look = {}) {
      const { signedIn = true, ...rest } = look;
      const context = await browser.newContext({ viewport: WIDE, locale: "en-US", colorScheme: "light", ...rest });
      contexts.push(context);
      if (signedIn) await context.addCookies([await signIn(gateway.url)]);
      const page = await context.newPage();
      page.setDefaultTimeout(60_000);
      page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) complaints.push(message.text());
      });
      page.on("pageerror", (error) => complaints.push(String(error)));
      await page.goto(`${gateway.url}${path}`);
      return page;
    },
    async close() {
      for (const context of contexts) await context.close();
      await browser.close();
      await gateway.vendor.close();
      await gateway.close();
    },
  };
}

export const KEYS = [
  { name: "team-a", secret: "sk-up-aaaa" },
  { name: "team-b", secret: "sk-up-bbbb" },
];

/** The session cookie, as a browser keeps it. */
async function signIn(url: string) {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: url },
    body: JSON.stringify({
      query: "mutation ($token: String!) { signIn(input: { token: $token }) { userErrors { message } } }",
      variables: { token: ADMIN_TOKEN },
    }),
  });
  const [pair = ""] = (response.headers.get("set-cookie") ?? "").split(";");
  const [name = "", value = ""] = pair.split("=", 2);
  return { name, value, url, httpOnly: true, sameSite: "Strict" as const };
}

/** Any document in the page's own session, as GraphiQL would run it: the console's pages run their own only. */
export async function askAs<Data>(page: Page, query: string): Promise<Data> {
  const { origin } = new URL(page.url());
  const cookies = await page.context().cookies();
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  const workbench = await (await fetch(`${origin}/graphiql`, { headers: { cookie } })).text();
  const grant = /name="grant" content="([^"]+)"/.exec(workbench)?.[1] ?? "";
  const response = await fetch(`${origin}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-sluice-graphiql": grant, cookie, origin },
    body: JSON.stringify({ query }),
  });
  return ((await response.json()) as { data: Data }).data;
}

/** `npm test` has built it already; `bun test` alone may come after a change. */
async function buildWhenStale(): Promise<void> {
  const manifest = join(BUILT, "manifest.json");
  const builtAt = existsSync(manifest) ? statSync(manifest).mtimeMs : 0;
  const sources = readdirSync(join(ROOT, "client"), { recursive: true }).map((name) =>
    join(ROOT, "client", String(name)),
  );
  if (sources.some((path) => statSync(path).mtimeMs > builtAt)) await buildConsole(BUILT);
}
