import { afterAll, beforeAll, expect, test } from "bun:test";
import { balanceSourceOf } from "../../src/providers/balances.ts";
import { addKey, addProvider } from "../support/admin-fixtures.ts";
import { type AdminServer, type Answer, startAdminServer } from "../support/admin-server.ts";

let server: AdminServer;
let vendor: Bun.Server<undefined>;
const calls: { path: string; key: string; userAgent: string | null }[] = [];
beforeAll(async () => {
  server = await startAdminServer();
  vendor = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request) {
      const path = new URL(request.url).pathname;
      const key = request.headers.get("authorization")?.slice("Bearer ".length) ?? "";
      calls.push({ path, key, userAgent: request.headers.get("user-agent") });
      if (key.includes("dead")) {
        const error = { message: `Incorrect API key provided: ${key}`, type: "x", code: "invalid_api_key" };
        return Response.json({ error }, { status: 401 });
      }
      if (path === "/dashboard/billing/subscription") return Response.json({ hard_limit_usd: 20 });
      if (path === "/dashboard/billing/usage") return Response.json({ total_usage: 550 });
      return Response.json({ object: "list", data: [] });
    },
  });
});
afterAll(async () => {
  await server.stop();
  await vendor.stop(true);
});

const JOB = "job { id } userErrors { message }";
async function run(mutation: string, input: object): Promise<Answer> {
  const type = `${mutation[0]!.toUpperCase()}${mutation.slice(1)}Input!`;
  const query = `mutation ($input: ${type}) { ${mutation}(input: $input) { ${JOB} } }`;
  const { id } = (await server.ask(query, { input })).data[mutation].job;
  await server.control.jobs.settled(id, 10_000);
  const read =
    "query ($id: ID!) { job(id: $id) { state succeeded failed items { nodes { outcome message secretPreview } } } }";
  return (await server.ask(read, { id })).data.job;
}

test("keys are asked about, their health and history say what the vendor said, and dead ones are switched off", async () => {
  const { id } = await addProvider(server, { kind: "OPENAI_COMPATIBLE", baseUrl: `${vendor.url.origin}/v1` });
  const good = await addKey(server, id, { name: "good", secret: "sk-good-key-000001", userAgent: "own/1" });
  const dead = await addKey(server, id, { name: "dead", secret: "sk-dead-key-000001" });
  const job = await run("validateProviderKeys", { selection: { ids: [good.id, dead.id] }, disableInvalid: true });
  expect(job).toMatchObject({ state: "SUCCEEDED", succeeded: 1, failed: 1 });
  const message = "accepted: the vendor listed its models";
  expect(job.items.nodes[0]).toEqual({ outcome: "SUCCEEDED", message, secretPreview: "sk-…0001" });
  expect(job.items.nodes[1].message).toContain("401: Incorrect API key provided");
  expect(JSON.stringify(job)).not.toContain("sk-dead-key-000001");
  expect(calls.find(({ key }) => key.includes("good"))).toMatchObject({ path: "/v1/models", userAgent: "own/1" });
  const { data } = await server.ask("{ providerKeys { nodes { name status enabled } } }");
  expect(data.providerKeys.nodes).toEqual([
    { name: "dead", status: "DISABLED", enabled: false },
    { name: "good", status: "ACTIVE", enabled: true },
  ]);
});

test("balances are asked for where the vendor says, also one-api's way", async () => {
  const { id } = await addProvider(server, {
    name: "relay",
    kind: "OPENAI_COMPATIBLE",
    baseUrl: `${vendor.url.origin}/v1`,
  });
  const key = await addKey(server, id, { name: "account", secret: "sk-account-000001" });
  const job = await run("refreshKeyBalances", { selection: { ids: [key.id] } });
  expect(job.items.nodes).toMatchObject([{ outcome: "SUCCEEDED", message: "14.5 USD" }]);
  const { data } = await server.ask(`{ providerKey(id: "${key.id}") { balance { remaining total currency source } } }`);
  expect(data.providerKey.balance).toEqual({ remaining: "14.5", total: "20", currency: "USD", source: "VENDOR" });
});

test("each vendor's answer is read as it writes it", () => {
  const read = (baseUrl: string, ...answers: unknown[]) => balanceSourceOf(baseUrl).read(answers);
  expect(read("https://openrouter.ai/api/v1", { data: { usage: 1, limit: 5, limit_remaining: 4 } })).toEqual({
    remaining: 4,
    total: 5,
    currency: "USD",
  });
  const info = { currency: "CNY", total_balance: "110.00" };
  expect(read("https://api.deepseek.com", { balance_infos: [info] })).toEqual({
    remaining: 110,
    total: null,
    currency: "CNY",
  });
  expect(read("https://api.moonshot.cn/v1", { data: { available_balance: 49.5 } })).toMatchObject({
    remaining: 49.5,
    currency: "CNY",
  });
  expect(read("https://api.siliconflow.com/v1", { data: { totalBalance: "88.88" } })).toMatchObject({
    remaining: 88.88,
    currency: "USD",
  });
  for (const base of ["https://openrouter.ai/api/v1", "https://api.deepseek.com", "https://relay.example/v1"]) {
    expect(read(base, { error: "x" }, "<html>")).toBeNull();
  }
});
