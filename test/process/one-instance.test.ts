import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { makeScratch, run, type Scratch } from "./sluice.ts";

setDefaultTimeout(60_000);
let scratch: Scratch;

beforeEach(async () => {
  scratch = await makeScratch();
});
afterEach(() => scratch.clean());

describe("one instance", () => {
  test("a second one on the same data directory is refused; the first goes on", async () => {
    const first = await scratch.serve();
    const dataDir = join(scratch.path, "data");
    const second = await run({ cwd: scratch.path, env: { PORT: "0", DATA_DIR: dataDir } });
    expect(second).toMatchObject({ code: 1, stdout: "" });
    expect(second.stderr).toMatch(/^sluice: another Sluice is running on the data directory .*DATA_DIR.*\n$/);
    expect(second.stderr).toContain(dataDir);
    expect((await fetch(`${first.url}/ready`)).status).toBe(200);
  });

  test("a kill -9 leaves nothing behind that would keep the next one out", async () => {
    const first = await scratch.serve();
    first.signal("SIGKILL");
    expect(await first.exited).toBeNull();
    const second = await scratch.serve();
    expect((await fetch(`${second.url}/health`)).status).toBe(200);
  });

  test("a port that is taken is named, with exit code 1, and the data directory is free again", async () => {
    const other = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
    const env = { PORT: String(other.port), DATA_DIR: join(scratch.path, "data") };
    const refused = await run({ cwd: scratch.path, env });
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toMatch(new RegExp(`^sluice: .*${other.port}.*\\n$`));
    expect(refused.stderr).toMatch(/in use/);
    await other.stop(true);
    const { lines } = await scratch.serve();
    // Nobody has seen the secrets of the first start yet: they are this start's to print.
    expect(lines.filter((line) => line.startsWith("Client key "))).toHaveLength(1);
    expect(lines.filter((line) => line.startsWith("A master key "))).toHaveLength(1);
  });
});
