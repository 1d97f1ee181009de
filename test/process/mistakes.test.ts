import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { makeScratch, run, type Scratch } from "./sluice.ts";

setDefaultTimeout(60_000);
let scratch: Scratch;

beforeAll(async () => {
  scratch = await makeScratch();
  await scratch.write("broken.json", '{ "providers": [');
  await scratch.write("unknown-key.json", { providers: [{ name: "a", kind: "openai", kyes: [] }] });
  await scratch.write("no-provider.json", { models: [{ name: "m", targets: [{ provider: "nobody", model: "m" }] }] });
});
afterAll(() => scratch.clean());

interface Mistake {
  readonly what: string;
  readonly env?: Record<string, string>;
  readonly args?: readonly string[];
  /** All of stderr. */
  readonly says: RegExp;
  /** Found before anything is opened or made. */
  readonly early: boolean;
}

const mistakes: readonly Mistake[] = [
  { what: "a bad variable", env: { PORT: "eighty" }, says: /^sluice: PORT: .+$/, early: true },
  {
    what: "a bad master key",
    env: { MASTER_KEY: "c2hvcnQ=" },
    says: /^sluice: MASTER_KEY: .*32 bytes.*$/,
    early: true,
  },
  { what: "an unknown flag", args: ["--prot", "80"], says: /^sluice: --prot: .+$/, early: true },
  { what: "an unknown command", args: ["serve"], says: /^sluice: serve: .+$/, early: true },
  { what: "no env file", args: ["--env-file", "no.env"], says: /^sluice: --env-file: no\.env .+$/, early: true },
  { what: "another machine's address", env: { HOST: "203.0.113.7" }, says: /^sluice: HOST: .+$/, early: false },
  {
    what: "no configuration file",
    args: ["--config=no.json"],
    says: /^sluice: CONFIG_FILE: no\.json .+$/,
    early: false,
  },
  { what: "broken JSON", args: ["--config", "broken.json"], says: /^sluice: broken\.json: .*JSON$/, early: false },
  {
    what: "an unknown key",
    args: ["--config", "unknown-key.json"],
    says: /^sluice: unknown-key\.json: providers\[0\].*kyes.*$/,
    early: false,
  },
  {
    what: "a provider that does not exist",
    args: ["--config", "no-provider.json"],
    says: /^sluice: .*models\[0\]\.targets\[0\].*nobody.*$/,
    early: false,
  },
];

describe("a mistake of the operator ends the start with exit code 2 and one line that names it", () => {
  for (const { what, env = {}, args = [], says, early } of mistakes) {
    test(what, async () => {
      const dataDir = join(scratch.path, `data-${what.replaceAll(" ", "-")}`);
      const result = await run({ cwd: scratch.path, env: { PORT: "0", DATA_DIR: dataDir, ...env }, args });
      expect(result.stderr.trimEnd()).toMatch(says);
      expect(result).toMatchObject({ code: 2, stdout: "" });
      if (early) expect(existsSync(dataDir)).toBe(false);
    });
  }
});
