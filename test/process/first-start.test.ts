import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { statSync } from "node:fs";
import { join } from "node:path";
import { ADMIN_TOKEN, makeScratch, type Scratch, says } from "./sluice.ts";

setDefaultTimeout(60_000);
let scratch: Scratch;

beforeEach(async () => {
  scratch = await makeScratch();
});
afterEach(() => scratch.clean());

const clientKey = /^Client key "default", shown once: (sk-slc_\w+)$/;

describe("the first start", () => {
  test("says where it listens, prints each secret once, and the next start prints none of them", async () => {
    const first = await scratch.serve();
    const setUp = await first.line((line) => line.startsWith("Set up the console"));
    expect(JSON.parse(first.lines[0]!)).toMatchObject({
      level: "info",
      message: "listening",
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      version: expect.any(String),
      dataDir: join(scratch.path, "data"),
    });
    expect(first.lines.slice(1)).toEqual([
      expect.stringContaining(join(scratch.path, "data", "master.key")),
      expect.stringMatching(clientKey),
      setUp,
    ]);
    expect(setUp).toMatch(new RegExp(`^Set up the console, once: ${first.url}/setup#setup_\\w+$`));

    const key = clientKey.exec(first.lines[2]!)?.[1];
    const models = await fetch(`${first.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
    expect(models.status).toBe(200);
    await setUpConsole(first.url, setUp.split("#")[1]!);
    first.signal("SIGTERM");
    expect(await first.exited).toBe(0);

    const second = await scratch.serve();
    second.signal("SIGTERM");
    expect(await second.exited).toBe(0);
    expect(second.lines.filter((line) => !line.startsWith("{"))).toEqual([]);
    expect(await second.stderr).toBe("");
  });

  test("with an admin token and a master key there is nothing to print but the client key", async () => {
    const { lines, line } = await scratch.serve({ ADMIN_TOKEN, MASTER_KEY: Buffer.alloc(32, 7).toString("base64") });
    await line((each) => clientKey.test(each));
    expect(lines.filter((each) => !each.startsWith("{"))).toEqual([expect.stringMatching(clientKey)]);
    expect(await Bun.file(join(scratch.path, "data/master.key")).exists()).toBe(false);
  });

  test("a client key that the configuration file names without a secret is printed once", async () => {
    const config = await scratch.write("sluice.json", { clientKeys: [{ name: "team" }] });
    const env = { ADMIN_TOKEN, CONFIG_FILE: config };
    const first = await scratch.serve(env);
    await first.line((line) => /^Client key "team", shown once: sk-slc_\w+$/.test(line));
    expect(first.lines.filter((line) => line.includes('"default"'))).toEqual([]);
    first.signal("SIGTERM");
    await first.exited;
    const second = await scratch.serve(env);
    second.signal("SIGTERM");
    await second.exited;
    expect(second.lines.filter((line) => line.includes("team"))).toEqual([]);
  });

  test("what it writes is for its own user only", async () => {
    await scratch.serve();
    const mode = (path: string) => (statSync(join(scratch.path, path)).mode & 0o777).toString(8);
    expect(mode("data")).toBe("700");
    for (const file of ["master.key", "sluice.db", "state.db", "usage.db"]) expect(mode(`data/${file}`)).toBe("600");
  });

  test("a proxy variable of the environment is pointed out", async () => {
    const { line } = await scratch.serve({ HTTPS_PROXY: "http://127.0.0.1:9" });
    const warning = await line(says("a proxy variable of the environment reroutes upstream calls"));
    expect(JSON.parse(warning)).toMatchObject({ level: "warn", variable: "HTTPS_PROXY" });
  });
});

/** What the operator does with the link: without it the next start has to offer it again. */
async function setUpConsole(url: string, token: string): Promise<void> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      query: "mutation ($input: SetUpInput!) { setUp(input: $input) { userErrors { message } } }",
      variables: { input: { setupToken: token } },
    }),
  });
  expect(await response.json()).toMatchObject({ data: { setUp: { userErrors: [] } } });
}
