import { chmod, rm } from "node:fs/promises";
import { join } from "node:path";
import { provider } from "../gateway/fixture.ts";
import { ADMIN_TOKEN, CLIENT_KEY, startApp } from "../support/app.ts";
import { FakeVendor, json, type Reply, stream } from "../support/fake-vendor.ts";
import { CHAT_STREAM_WITH_USAGE, chatAnswer } from "../support/samples.ts";
import { type Followed, Shell } from "./shell.ts";

const ROOT = join(import.meta.dir, "../..");

/** A gateway as the reader of docs/api.md may have it: models, a client whose requests are kept, an alert, an import. */
export interface Recipes {
  readonly shell: Shell;
  /** Answers `run`'s output. `…` and names of the page stand for what was seen last, or for what the fixture has. */
  run(command: string): Promise<string>;
  fillIn(text: string): string;
  /** Runs a TypeScript program of the page as it stands there. */
  program(source: string): Promise<Followed>;
  /** Something happens that live recipes tell of. */
  stir(): Promise<void>;
  close(): Promise<void>;
}

export async function startRecipes(): Promise<Recipes> {
  const vendor = await FakeVendor.start(reply);
  const gateway = await startApp({
    config: {
      providers: [provider("openai", `${vendor.origin}/v1`, ["sk-fixture"], { name: "fixture" })],
      models: ["gpt-4.1", "claude-sonnet-5", "gpt-4.1-mini", "spare"].map((name) => ({
        name,
        targets: [{ provider: "fixture", model: name }],
      })),
      clientKeys: [{ name: "test", secret: CLIENT_KEY, requestContent: "full" }],
    },
  });
  const ask = async (query: string) => {
    const { data, errors } = await gateway.graphql(query);
    if (errors !== undefined) throw new Error(JSON.stringify(errors));
    return JSON.stringify(data);
  };
  const seen = new Map<string, string>();
  const see = (answer: string) => {
    for (const [, id, prefix] of answer.matchAll(/"((\w{3})_[0-9a-f]{8}-[0-9a-f-]{27})"/g)) seen.set(prefix!, id!);
    for (const [, name, value] of answer.matchAll(/"(undoToken|uploadId|uploadUrl)":"([^"]+)/g))
      seen.set(name!, value!);
    // Of a history the one before the newest; of an export its own.
    const versions = [...answer.matchAll(/version"?:? ?(\d+)/g)].map(([, version]) => version!);
    if (versions.length > 0) seen.set("version", versions[1] ?? versions[0]!);
  };
  const idIn = (answer: string, prefix: string) => new RegExp(`"(${prefix}_[0-9a-f-]{36})"`).exec(answer)![1]!;

  const chat = { model: "gpt-4.1", messages: [{ role: "user", content: "hello" }] };
  await (await gateway.post("/v1/chat/completions", chat)).text();
  const record = await gateway.record();
  const provided = await ask(`{ providers { nodes { id } } providerKeys { nodes { id } } }`);
  const providerId = idIn(provided, "prv");
  const imported =
    await ask(`mutation { importProviderKeys(input: { providerId: "${providerId}", text: "sk-imported-1" })
    { job { id } userErrors { message } } }`);
  const keyId = idIn(provided, "pky");
  const { pool } = gateway.app.gateway;
  const refused = { failures: 1, errorClass: "key_invalid", httpStatus: 401, message: "wrong" } as const;
  pool.restore([{ keyId, model: "", state: "invalid", sinceMs: Date.now(), untilMs: null, ...refused }], []);
  gateway.app.control.alertWatch.rulesChanged();
  await gateway.app.control.alertWatch.evaluate();
  pool.reset(keyId, Date.now());
  see(await ask("{ alerts { nodes { id } } }"));

  const spare = idIn(await ask(`{ model(name: "spare") { id } }`), "mdl");
  /** What a recipe means that would name another of its kind. */
  const meant: readonly [RegExp, string, string][] = [
    [/deleteModels/, "mdl_…", spare],
    [/undoJob/, "job_…", idIn(imported, "job")],
    [/./, "req_…", record.id],
    [/./, "cky_…", record.clientKeyId!],
  ];
  await Bun.write(join(gateway.dataDir, "paper.pdf"), `%PDF-1.7 ${" ".repeat(48_213 - 9)}`);
  await Bun.write(join(gateway.dataDir, "keys.txt"), "sk-line-1\nsk-line-2\n");
  const websocat = join(gateway.dataDir, "websocat");
  await Bun.write(websocat, `#!/bin/sh\nexec "${process.execPath}" "${join(import.meta.dir, "websocat.ts")}" "$@"\n`);
  await chmod(websocat, 0o755);

  const shell = new Shell(
    { PATH: `${gateway.dataDir}:${process.env.PATH}`, ADMIN_TOKEN, SLUICE_URL: gateway.url },
    gateway.dataDir,
  );
  shell.define(`sluice() { "${process.execPath}" "${join(ROOT, "src/main.ts")}" "$@"; }`);
  let secrets = 0;
  const recipes: Recipes = {
    shell,
    async run(command) {
      // One recomputation at a time: its reader has looked at the one before until it was done.
      if (command.includes("recomputeCosts(")) {
        while (!(await ask("{ jobs(filter: { states: [QUEUED, RUNNING] }) { totalCount } }")).includes(":0"));
      }
      const { printed, complaint } = await shell.run(recipes.fillIn(command));
      see(printed + complaint);
      return printed;
    },
    fillIn(text) {
      let filled = text
        .replaceAll("http://127.0.0.1:8000", gateway.url)
        .replaceAll("ws://127.0.0.1:8000", gateway.url.replace("http", "ws"))
        .replaceAll("adm_…", ADMIN_TOKEN)
        .replaceAll("sk-slc_…", CLIENT_KEY)
        .replaceAll("sk-…", () => `sk-recipe-${++secrets}`)
        .replaceAll("https://example.com", vendor.origin)
        .replaceAll('"kind":"OPENAI"', `"kind":"OPENAI","baseUrl":"${vendor.origin}/v1"`)
        .replaceAll("/files/upload/…", seen.get("uploadUrl") ?? "")
        .replace(/(?<=(undoToken|uploadId): \\"|")…/g, (_, name) => seen.get(name) ?? "…")
        .replace(/\b41\b/, () => seen.get("version") ?? "");
      for (const [recipe, placeholder, id] of meant) if (recipe.test(text)) filled = filled.replaceAll(placeholder, id);
      return filled.replace(/(\w{3})_…/g, (placeholder, prefix: string) => seen.get(prefix) ?? placeholder);
    },
    async program(source) {
      // Beside the packages that it imports.
      const path = join(ROOT, "node_modules", `.recipe-${process.pid}.ts`);
      await Bun.write(path, recipes.fillIn(source));
      return shell.follow(`exec "${process.execPath}" "${path}"`);
    },
    async stir() {
      const said = `mutation { updateProviderKey(input: { id: "${keyId}", memo: "stirred" }) { userErrors { message } } }`;
      await Promise.all([ask(said), gateway.post("/v1/chat/completions", { ...chat, model: "nowhere" })]);
    },
    async close() {
      await rm(join(ROOT, "node_modules", `.recipe-${process.pid}.ts`), { force: true });
      await gateway.close();
      await vendor.close();
    },
  };
  return recipes;
}

const reply: Reply = (call) => {
  if (call.path === "/hook") return json({ ok: true })(call);
  if (call.method === "GET") return json({ data: [{ id: "gpt-4.1" }, { id: "gpt-5.6" }] })(call);
  if (call.json.stream === true) return stream(CHAT_STREAM_WITH_USAGE)(call);
  return json(chatAnswer())(call);
};
