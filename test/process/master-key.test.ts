import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { makeScratch, run, type Scratch } from "./sluice.ts";

setDefaultTimeout(60_000);
let scratch: Scratch;

beforeEach(async () => {
  scratch = await makeScratch();
});
afterEach(() => scratch.clean());

const masterKey = (byte: number) => Buffer.alloc(32, byte).toString("base64");

/** A start that is refused: what it says. */
async function refused(env: Record<string, string> = {}): Promise<string> {
  const dataDir = join(scratch.path, "data");
  const { code, stdout, stderr } = await run({ cwd: scratch.path, env: { PORT: "0", DATA_DIR: dataDir, ...env } });
  expect(code).toBeGreaterThan(0);
  expect(stdout).toBe("");
  return stderr;
}

async function startAndStop(env: Record<string, string> = {}): Promise<void> {
  const gateway = await scratch.serve(env);
  gateway.signal("SIGTERM");
  expect(await gateway.exited).toBe(0);
}

describe("the master key", () => {
  test("another one is refused by name, and the right one still opens what is there", async () => {
    await startAndStop({ MASTER_KEY: masterKey(1), OPENAI_API_KEY: "sk-upstream-0123456789" });
    const words = await refused({ MASTER_KEY: masterKey(2) });
    expect(words).toContain("sealed with another master key");
    expect(words).not.toContain(masterKey(2));
    await startAndStop({ MASTER_KEY: masterKey(1) });
  });

  test("a generated one that is gone is not replaced: that would lose every stored key", async () => {
    await startAndStop({ OPENAI_API_KEY: "sk-upstream-0123456789" });
    const file = join(scratch.path, "data/master.key");
    await rename(file, `${file}.away`);
    expect(await refused()).toMatch(/^sluice: MASTER_KEY: .*master\.key is missing/);
    await rename(`${file}.away`, file);
    await startAndStop();
  });
});
