import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdir } from "node:fs/promises";
import packageJson from "../../package.json" with { type: "json" };
import { makeScratch, run, type Scratch } from "./sluice.ts";

setDefaultTimeout(60_000);
let scratch: Scratch;

beforeAll(async () => {
  scratch = await makeScratch();
});
afterAll(() => scratch.clean());

const sluice = (args: readonly string[], env: Record<string, string> = {}) => run({ cwd: scratch.path, args, env });

describe("the commands", () => {
  test("--version says the version and --help what there is; neither makes a data directory", async () => {
    const version = await sluice(["--version"]);
    expect(version).toEqual({ code: 0, stdout: packageJson.version, stderr: "" });
    const help = await sluice(["--help"]);
    expect(help).toMatchObject({ code: 0, stderr: "" });
    for (const word of ["--port", "--data-dir", "health", "config-schema", "--version", "--env-file"]) {
      expect(help.stdout).toContain(word);
    }
    expect(await readdir(scratch.path)).toEqual([]);
  });

  test("config-schema prints a JSON Schema that knows the configuration file's parts and refuses others", async () => {
    const { code, stdout, stderr } = await sluice(["config-schema"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({
      $schema: expect.stringContaining("json-schema.org"),
      type: "object",
      additionalProperties: false,
      properties: {
        providers: { items: { properties: { kind: { enum: expect.arrayContaining(["openai", "coze"]) } } } },
        models: {},
        clientKeys: {},
        settings: { properties: { maxAttempts: { minimum: 1, maximum: 10 } } },
      },
    });
  });

  test("health is 0 while a gateway answers and 1 when none does", async () => {
    const serving = await scratch.serve({ BASE_PATH: "/gateway" });
    const { port } = new URL(serving.url);
    const flags = ["--port", port];
    expect(await sluice(["health", ...flags, "--base-path", "/gateway"])).toEqual({ code: 0, stdout: "", stderr: "" });
    expect((await sluice(["health"], { PORT: port, HOST: "0.0.0.0" })).code).toBe(0);
    serving.signal("SIGTERM");
    await serving.exited;
    expect((await sluice(["health", ...flags])).code).toBe(1);
  });

  test("health finds a gateway on an IPv6 address too", async () => {
    const { url } = await scratch.serve({ HOST: "::1" });
    expect(new URL(url).hostname).toBe("[::1]");
    expect((await sluice(["health"], { HOST: "::1", PORT: new URL(url).port })).code).toBe(0);
  });
});
