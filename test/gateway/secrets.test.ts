import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ADMIN_TOKEN, CLIENT_KEY } from "../support/app.ts";
import { inTurn, json, type Reply, stream, type VendorCall } from "../support/fake-vendor.ts";
import { CHAT_FRAMES, chatAnswer, data, openAiError } from "../support/samples.ts";
import { type Gateway, startGateway } from "./fixture.ts";

/**
 * Secrets of every kind go through a busy run, with an upstream that repeats them wherever it can. Afterwards none of them may
 * stand anywhere: not in what clients got, not in the log, not in a record, not in a file.
 */
const POOLED = [
  "canary.key/01",
  "sk-canary-0123456789abcdef0123456789",
  "canaryhex0123456789abcdef",
  "Canary Key With Spaces",
];
const PROXY_PASSWORD = "canary-proxy-password";
const WRONG_CLIENT_KEY = "sk-canary-wrong-client-key-0123456789";
const MASTER_KEY = Buffer.from("canary-master-key-0123456789abcd").toString("base64");
const SECRETS = [...POOLED, PROXY_PASSWORD, WRONG_CLIENT_KEY, CLIENT_KEY, ADMIN_TOKEN, MASTER_KEY];

const echo =
  (status: number, type: string, code: string | null = null): Reply =>
  (call: VendorCall) =>
    json(openAiError(`Problem with key ${call.key} (Bearer ${call.key})`, type, code), status, {
      "x-debug-auth": `Bearer ${call.key}`,
      "x-request-id": "upstream-1",
    })(call);
const echoInStream =
  (before: readonly string[]): Reply =>
  (call) =>
    stream([...before, data(openAiError(`Problem with key ${call.key}`, "server_error"))])(call);

const REPLIES: readonly (readonly [what: string, reply: Reply, change: object])[] = [
  ["a fault of the request", echo(400, "invalid_request_error"), {}],
  ["a fault of the request, streamed", echo(400, "invalid_request_error"), { stream: true }],
  ["a refused key", echo(401, "invalid_request_error", "invalid_api_key"), {}],
  ["a key without rights", echo(403, "permission_error"), {}],
  ["a rate limit", echo(429, "requests", "rate_limit_exceeded"), {}],
  ["an overloaded upstream", echo(503, "server_error"), {}],
  ["a broken upstream", echo(500, "server_error"), {}],
  ["an unknown model", echo(404, "invalid_request_error", "model_not_found"), {}],
  ["plain text", (call) => json(`key ${call.key} is bad`, 500, { "content-type": "text/plain" })(call), {}],
  ["an error in a 200", echo(200, "server_error"), {}],
  ["an error as the first event", echoInStream([]), { stream: true }],
  ["an error in the middle of a stream", echoInStream(CHAT_FRAMES.slice(0, 2)), { stream: true }],
  ["an answer of a strange type", (call) => json("x", 200, { "content-type": `text/${call.key}` })(call), {}],
];

let gateway: Gateway;
let dataDir: string;
const answers: { readonly what: string; readonly text: string }[] = [];
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "sluice-secrets-"));
  gateway = await startGateway({
    dataDir,
    env: { MASTER_KEY },
    providers: (vendor) => [
      ...POOLED.map((secret, index) => ({
        name: `p${index}`,
        kind: "openai-compatible",
        baseUrl: `${vendor.origin}/v1`,
        keys: [{ name: "k", secret }],
      })),
      {
        name: "proxied",
        kind: "openai-compatible",
        baseUrl: `${vendor.origin}/v1`,
        keys: [{ name: "k", secret: POOLED[0]!, proxyUrl: `http://user:${PROXY_PASSWORD}@127.0.0.1:${vendor.port}` }],
      },
    ],
    settings: { requestContent: "metadata", cooldownBaseMs: 10, maxAttempts: 1 },
  });
  for (const [what, reply, change] of REPLIES) {
    for (let index = 0; index < POOLED.length; index++) {
      gateway.restart(reply);
      const { text, headers } = await gateway.send("/v1/chat/completions", { model: `p${index}/m`, ...change });
      answers.push({ what, text: `${text} ${JSON.stringify([...headers])}` });
      // What is known of the key is said again when nobody is asked.
      const again = await gateway.send("/v1/chat/completions", { model: `p${index}/m`, ...change });
      answers.push({ what: `${what}, again`, text: again.text });
    }
  }
  gateway.restart(inTurn(json(chatAnswer()), echo(500, "server_error")));
  for (let round = 0; round < 2; round++) {
    answers.push({ what: "a proxy", text: (await gateway.send("/v1/chat/completions", { model: "proxied/m" })).text });
  }
  const wrong = await gateway.send(
    "/v1/chat/completions",
    {},
    { headers: { authorization: `Bearer ${WRONG_CLIENT_KEY}` } },
  );
  answers.push({ what: "a wrong client key", text: wrong.text });
  const inQuery = await gateway.send(`/v1beta/models/none:generateContent?key=${CLIENT_KEY}`, {});
  answers.push({ what: "a key in the query", text: inQuery.text });
  const metrics = await fetch(`${gateway.url}/metrics`);
  answers.push({ what: "the metrics", text: await metrics.text() });
});
afterAll(async () => {
  await rm(dataDir, { recursive: true, force: true });
});

const holds = (text: string) => SECRETS.filter((secret) => text.includes(secret));

describe("no secret stands in", () => {
  test("what clients got", () => {
    expect(answers.length).toBeGreaterThan(100);
    const bad = answers.filter(({ text }) => holds(text).length > 0);
    expect(bad.slice(0, 5)).toEqual([]);
  });

  test("the records", () => {
    const bad = gateway.records.filter((record) => holds(JSON.stringify(record)).length > 0);
    expect([...new Set(bad.map(({ errorText }) => errorText))].slice(0, 5)).toEqual([]);
  });

  test("the health that the console shows", () => {
    const { pool, snapshots } = gateway.app.gateway;
    for (const { keys } of snapshots.current.providersById.values()) {
      for (const key of keys) expect(holds(JSON.stringify(pool.status(key.id, Date.now())))).toEqual([]);
    }
  });

  test("the log", () => {
    expect(gateway.logLines.filter((line) => holds(line).length > 0)).toEqual([]);
  });

  test("any file of the data directory", async () => {
    await gateway.close();
    const found: [path: string, secret: string][] = [];
    const entries = await readdir(dataDir, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && entry.name !== "config-of-test.json");
    expect(files.length).toBeGreaterThan(2);
    for (const { name, parentPath } of files) {
      const bytes = await readFile(join(parentPath, name));
      for (const secret of SECRETS) if (bytes.includes(secret)) found.push([name, secret]);
    }
    expect(found).toEqual([]);
  });
});
