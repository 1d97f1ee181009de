import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { startCuttingProxy } from "./cutting-proxy.ts";
import { ask, chat, serveGateway } from "./gateway.ts";
import { ADMIN_TOKEN, launch, makeScratch, run, type Scratch, type Serving } from "./sluice.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

setDefaultTimeout(180_000);
let scratch: Scratch;
let upstream: Upstream;
let serving: Serving;

beforeAll(async () => {
  scratch = await makeScratch();
  upstream = startUpstream();
  serving = await serveGateway(scratch, upstream.url);
});
afterAll(async () => {
  await scratch.clean();
  upstream.stop();
});

const sluice = (args: readonly string[], env: Record<string, string> = {}) =>
  run({ cwd: scratch.path, args, env: { ADMIN_TOKEN, SLUICE_URL: serving.url, ...env } });
const json = async (args: readonly string[]) => {
  const { code, stdout, stderr } = await sluice([...args, "--json"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout);
};

describe("the commands that talk to a gateway", () => {
  test("keys list shows the pool, masked", async () => {
    const { code, stdout } = await sluice(["keys", "list"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^key +status +secret/);
    expect(stdout).toContain("main/key");
    expect(stdout).not.toContain("sk-upstream-0123456789");
    expect(stdout).not.toContain("\u001b");
    const { keys, totalCount } = await json(["keys", "list", "--provider", "main", "--status", "unchecked,active"]);
    expect(totalCount).toBe(1);
    expect(keys[0]).toMatchObject({ name: "key", provider: { name: "main" } });
  });

  test("keys import previews, then adds", async () => {
    const file = await scratch.write("keys.txt", "sk-imported-000000001\nsk-imported-000000002\n");
    const preview = await sluice(["keys", "import", file, "--provider", "main", "--dry-run"]);
    expect(preview.stdout).toContain("2 would be created");
    expect((await json(["keys", "list"])).totalCount).toBe(1);
    const done = await json(["keys", "import", file, "--provider", "main", "--tags", "new"]);
    expect(done.job).toMatchObject({ state: "SUCCEEDED", succeeded: 2 });
    expect((await json(["keys", "list"])).totalCount).toBe(3);
  });

  test("keys validate asks the vendors, names what they refuse, and fails then", async () => {
    const fine = await sluice(["keys", "validate", "--provider", "main"]);
    expect(fine).toMatchObject({ code: 0, stdout: "3 of 3 keys are taken", stderr: "" });
    const file = await scratch.write("dead.txt", "sk-dead-key-0000000001\n");
    await json(["keys", "import", file, "--provider", "main", "--tags", "dead"]);
    const refused = await sluice(["keys", "validate", "--tags", "dead,new", "--disable-invalid"]);
    expect(refused.code).toBe(1);
    expect(refused.stdout).toMatch(/main\/.*401.*Incorrect API key provided/);
    expect(refused.stdout).toEndWith("2 of 3 keys are taken");
    expect(refused.stdout).not.toContain("sk-dead-key-0000000001");
    const { keys } = await json(["keys", "list", "--status", "disabled"]);
    expect(keys).toMatchObject([{ tags: ["dead"] }]);
  });

  test("config export, diff and apply work on one file", async () => {
    const exported = await sluice(["config", "export"]);
    expect(exported.stderr).toMatch(/^version \d+/);
    const document = JSON.parse(exported.stdout);
    expect(exported.stdout).not.toContain("sk-upstream-0123456789");
    document.providers[0].memo = "from the command line";
    document.clientKeys.push({ name: "fresh" });
    const file = await scratch.write("config.json", document);
    const diff = await sluice(["config", "diff", file]);
    expect(diff.stdout.split("\n")).toEqual([
      "~ provider main",
      '    memo: null → "from the command line"',
      "+ client key fresh",
    ]);
    const { version } = await json(["config", "apply", file, "--dry-run"]);
    const applied = await sluice(["config", "apply", file, "--expect", String(version)]);
    expect(applied).toMatchObject({ code: 0, stderr: "" });
    expect(applied.stdout).toMatch(/Client key "fresh", shown once: sk-slc_\w+\napplied: version \d+$/);
    expect((await sluice(["config", "diff", file])).stdout).toBe("no difference");
    const late = await sluice(["config", "apply", file, "--expect", String(version)]);
    expect(late).toMatchObject({ code: 1, stdout: "" });
    expect(late.stderr).toContain("Somebody else changed the configuration");
  });

  test("a bad document is refused at its place", async () => {
    const file = await scratch.write("bad.json", {
      models: [{ name: "m", targets: [{ provider: "none", model: "x" }] }],
    });
    const { code, stderr } = await sluice(["config", "apply", file]);
    expect(code).toBe(1);
    expect(stderr).toContain('document.models.0.targets.0.provider: there is no provider "none"');
  });

  test("requests tail prints each request as it ends, and usage counts it", async () => {
    const tail = launch({
      cwd: scratch.path,
      args: ["requests", "tail", "--count", "2", "--json"],
      env: { ADMIN_TOKEN, SLUICE_URL: serving.url },
    });
    // Until it listens: each answer may be before its time.
    const waiting = setInterval(() => void chat(serving.url, "hello").then((answer) => answer.text()), 200);
    expect(await tail.exited).toBe(0);
    clearInterval(waiting);
    expect(tail.lines.map((line) => JSON.parse(line))).toMatchObject([
      { requestedModel: "gpt-4.1", httpStatus: 200 },
      { requestedModel: "gpt-4.1" },
    ]);
    // The roll-ups are written a moment after the request has ended.
    let counted = 0;
    while (counted < 2) counted = (await json(["usage", "--by", "provider"])).totals.requests;
    expect((await sluice(["usage"])).stdout).toContain("gpt-4.1");
    expect((await sluice(["usage", "--by", "client-tag"])).stdout).toContain("Untagged");
    expect(await sluice(["keys", "list", "--help"])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("sluice keys import"),
    });
  });

  test("requests tail goes on after its connection was cut: nothing is missing, nothing comes twice", async () => {
    const proxy = startCuttingProxy(serving.url);
    const env = { ADMIN_TOKEN, SLUICE_URL: proxy.url };
    const tail = launch({ cwd: scratch.path, args: ["requests", "tail", "--json"], env });
    const send = async () => {
      const answer = await chat(serving.url, "hello");
      await answer.text();
      return answer.headers.get("x-request-id")!;
    };
    const waiting = setInterval(() => void send(), 200); // until it listens
    await tail.line(() => true);
    clearInterval(waiting);
    const before = await send();
    await tail.line((line) => line.includes(before));
    proxy.cut();
    const unseen = [await send(), await send()];
    proxy.resume();
    await tail.line((line) => line.includes(unseen[1]!));
    const last = await send();
    await tail.line((line) => line.includes(last));
    tail.signal("SIGTERM");
    expect(await tail.stderr).toContain("connection lost");
    const seen = tail.lines.map((line) => (JSON.parse(line) as { id: string }).id);
    expect(seen.slice(seen.indexOf(before) + 1)).toEqual([...unseen, last]);
    expect(new Set(seen).size).toBe(seen.length);
    proxy.stop();
  });

  test("what cannot be meant is exit code 2, what fails is 1", async () => {
    for (const args of [
      ["keys"],
      ["keys", "lst"],
      ["usage", "--by", "moon"],
      ["config", "apply"],
      ["usage", "--no-such"],
    ]) {
      expect({ args, code: (await sluice(args)).code }).toEqual({ args, code: 2 });
    }
    expect((await sluice(["usage"], { ADMIN_TOKEN: "" })).code).toBe(2);
    const wrong = await sluice(["usage"], { ADMIN_TOKEN: "adm_wrong-token-0000" });
    expect(wrong).toMatchObject({ code: 1, stdout: "" });
    const nobody = await sluice(["usage", "--url", "http://127.0.0.1:1"]);
    expect(nobody.code).toBe(1);
    expect(nobody.stderr).toContain("no gateway answers at http://127.0.0.1:1/graphql");
  });

  test("a token can come from a file", async () => {
    const file = await scratch.write("token", `${ADMIN_TOKEN}\n`);
    expect((await sluice(["keys", "list", "--token-file", file], { ADMIN_TOKEN: "" })).code).toBe(0);
  });
});

describe("the commands that look into the directory", () => {
  test("backup copies a running gateway's databases, whole, and not the master key", async () => {
    const target = join(scratch.path, "copy");
    const { code, stdout } = await sluice(["backup", target, "--data-dir", "data"]);
    expect(code).toBe(0);
    expect(stdout).toContain("The master key is not in it");
    expect(existsSync(join(target, "master.key"))).toBe(false);
    expect(readdirSync(target)).toEqual(expect.arrayContaining(["logs", "sluice.db", "usage.db"]));
    const database = new Database(join(target, "sluice.db"), { readonly: true });
    expect(database.query("PRAGMA quick_check").get()).toEqual({ quick_check: "ok" });
    expect(database.query("SELECT name FROM provider").all()).toEqual([{ name: "main" }]);
    database.close();
    expect((await sluice(["backup", target, "--data-dir", "data"])).code).toBe(1);
    expect((await sluice(["backup", "--data-dir", "nowhere"])).code).toBe(1);
  });

  test("a copy with its master key serves as the gateway did", async () => {
    const key = await Bun.file(join(scratch.path, "data/master.key")).text();
    const copy = await scratch.serve({ DATA_DIR: join(scratch.path, "copy"), MASTER_KEY: key.trim(), ADMIN_TOKEN });
    const { providers } = await ask<{ providers: { nodes: object[] } }>(copy.url, "{ providers { nodes { name } } }");
    expect(providers.nodes).toEqual([{ name: "main" }]);
  });

  test("doctor finds a running gateway in order", async () => {
    const { code, stdout } = await sluice(["doctor", "--data-dir", "data"], { PORT: new URL(serving.url).port });
    expect({ code, stdout }).toMatchObject({ code: 0 });
    for (const word of [
      "mode 700",
      "runs on this directory",
      "files are sound",
      "all ",
      "fits, in the data directory",
    ]) {
      expect(stdout).toContain(word);
    }
    expect(stdout).toMatch(/ok {4}upstream +main: http:\/\/127\.0\.0\.1:\d+ answers at 127\.0\.0\.1/);
  });

  test("doctor names what is wrong and what to do", async () => {
    const broken = join(scratch.path, "broken");
    await sluice(["backup", broken, "--data-dir", "data"]);
    chmodSync(broken, 0o755);
    await Bun.write(join(broken, "usage.db"), "no database at all, but long enough to be read as one".repeat(100));
    const { code, stdout } = await sluice(["doctor", "--data-dir", broken, "--json"], { HTTPS_PROXY: "http://p:1" });
    expect(code).toBe(1);
    const findings = JSON.parse(stdout) as { check: string; state: string; advice: string }[];
    const of = (check: string) => findings.find((each) => each.check === check);
    expect(of("directory")).toMatchObject({ state: "warn", advice: expect.stringContaining("chmod 700") });
    expect(of("database")).toMatchObject({ state: "fail", found: expect.stringContaining("usage.db") });
    expect(of("master key")).toMatchObject({ state: "fail", advice: expect.stringContaining("master.key") });
    expect(of("proxies")).toMatchObject({ state: "warn", found: "HTTPS_PROXY" });
    rmSync(broken, { recursive: true });
  });
});
