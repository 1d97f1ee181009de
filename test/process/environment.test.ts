import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ADMIN_TOKEN, launch, makeScratch, type Scratch, says } from "./sluice.ts";

setDefaultTimeout(60_000);
let scratch: Scratch;

beforeEach(async () => {
  scratch = await makeScratch();
});
afterEach(() => scratch.clean());

const isSetUpLink = (line: string) => line.startsWith("Set up the console");

describe("the environment", () => {
  test("--env-file is read: comments, export, quotes; what is set already stays", async () => {
    const file = await scratch.write(
      "sluice.env",
      [
        "# where to listen",
        "export LOG_FORMAT=pretty",
        `ADMIN_TOKEN="${ADMIN_TOKEN}"`,
        "LOG_LEVEL='loud'",
        "  HOST = 127.0.0.1  ",
        "not a variable",
      ].join("\r\n"),
    );
    const { url, lines } = await scratch.serve({ LOG_FORMAT: "json", LOG_LEVEL: "info" }, ["--env-file", file]);
    expect(new URL(url).hostname).toBe("127.0.0.1");
    // LOG_LEVEL=loud would have been refused, ADMIN_TOKEN leaves no set-up link.
    expect(lines.filter(isSetUpLink)).toEqual([]);
    expect(await graphqlStatus(url)).toBe(200);
  });

  test(".env in the working directory is read when run from source", async () => {
    await scratch.write(".env", `ADMIN_TOKEN=${ADMIN_TOKEN}\nLOG_LEVEL=loud\n`);
    const { url, lines } = await scratch.serve({ LOG_LEVEL: "info" });
    expect(lines.filter(isSetUpLink)).toEqual([]);
    expect(await graphqlStatus(url)).toBe(200);
  });

  test("a flag wins over its variable", async () => {
    const elsewhere = join(scratch.path, "elsewhere");
    const { line } = await scratch.serve({ PORT: "70000" }, ["--port", "0", `--data-dir=${elsewhere}`]);
    expect(JSON.parse(await line(says("listening")))).toMatchObject({ dataDir: elsewhere });
    expect(existsSync(join(elsewhere, "sluice.db"))).toBe(true);
    expect(existsSync(join(scratch.path, "data"))).toBe(false);
  });

  test("LOG_FORMAT=pretty is for people", async () => {
    const env = { PORT: "0", DATA_DIR: join(scratch.path, "data"), LOG_FORMAT: "pretty" };
    const sluice = launch({ cwd: scratch.path, env });
    const line = await sluice.line((each) => each.includes("listening"));
    sluice.signal("SIGKILL");
    await sluice.exited;
    expect(line).toMatch(/^\d\d:\d\d:\d\d\.\d{3} INFO {2}listening url=http:\/\/127\.0\.0\.1:\d+ version=/);
  });
});

async function graphqlStatus(url: string): Promise<number> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify({ query: "{ viewer { __typename } }" }),
  });
  return response.status;
}
