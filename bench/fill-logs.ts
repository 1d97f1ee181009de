import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Secret, Vault } from "../src/lib/secret.ts";
import { BatchEncoder, BatchMessages } from "../src/store/batch.ts";
import { prepareDataDirectory } from "../src/store/data-directory.ts";
import { LogWriter } from "../src/store/log-writer.ts";
import { openStore } from "../src/store/open.ts";
import type { Store, Written } from "../src/store/types.ts";
import { UsageFile } from "../src/store/usage-file.ts";
import { type Cast, isWeekend, makeDay } from "./log-traffic.ts";

/** Fills a fresh data directory with a made-up past, through the store's own writer: what the log's promises are measured on. */

const USAGE = "bun bench/fill-logs.ts [--rows 10000000] [--days 90] DIR";
const DAY_MS = 86_400_000;
const BATCH_ROWS = 1000;
const COUNT_EVERY_ROWS = 50_000;
const MASTER_KEY_FILE = "master.key";

const PROVIDERS = [
  ["openai", "openai", 8],
  ["anthropic", "anthropic", 6],
  ["azure", "azure-openai", 4],
  ["deepseek", "openai-compatible", 6],
] as const;
const MODELS = 14;
const CLIENTS = 40;
const TAGS = ["eu", "us", "research", "operations", "batch", "web", "mobile"];

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { rows: { type: "string", default: "10000000" }, days: { type: "string", default: "90" } },
    allowPositionals: true,
  });
  const [folder] = positionals;
  const [rows, days] = [Number(values.rows), Number(values.days)];
  if (folder === undefined || !(rows > 0) || !(days > 0)) throw new Error(USAGE);
  if (existsSync(join(folder, "usage.db"))) throw new Error(`${folder} holds data already`);
  const cast = await configure(folder);
  fill(folder, rows, days, cast);
}

/** Providers, keys, models and client keys as an operator would have them, all of which point at nothing. */
async function configure(folder: string): Promise<Cast> {
  prepareDataDirectory(folder);
  const keyFile = join(folder, MASTER_KEY_FILE);
  if (!existsSync(keyFile)) {
    writeFileSync(keyFile, `${crypto.getRandomValues(new Uint8Array(32)).toBase64()}\n`, { mode: 0o600 });
  }
  const vault = new Vault(Uint8Array.fromBase64(readFileSync(keyFile, "utf8").trim()));
  const store = await openStore({ dataDir: folder, vault });
  try {
    await store.settings.put({ logRetentionDays: 3650, usageRetentionDays: 3650 });
    return await makeCast(store);
  } finally {
    await store.close();
  }
}

async function makeCast(store: Store): Promise<Cast> {
  const keys: { keyId: string; providerId: string }[] = [];
  const plain = { memo: null, enabled: true } as const;
  for (const [name, kind, count] of PROVIDERS) {
    const baseUrl = "http://127.0.0.1:9";
    const provider = made(
      await store.providers.create({
        ...plain,
        name,
        kind,
        baseUrl,
        apiVersion: null,
        botId: null,
        strategy: "round_robin",
        quirks: [],
        ignoredQuirks: [],
      }),
    );
    for (let number = 0; number < count; number++) {
      const secret = new Secret(`sk-${name}-${number}-${"x".repeat(24)}`);
      const values = { ...plain, providerId: provider.id, name: `${name} ${number}`, secret, weight: 1, priority: 0 };
      const key = made(await store.providerKeys.create({ ...values, tags: [], userAgent: null, proxyUrl: null }));
      keys.push({ keyId: key.id, providerId: provider.id });
    }
  }
  const models = Array.from({ length: MODELS }, (_, number) => {
    const ofProvider = keys[(number * 5) % keys.length]!.providerId;
    return { name: `model-${number}`, keys: keys.filter(({ providerId }) => providerId === ofProvider) };
  });
  const clients: string[] = [];
  for (let number = 0; number < CLIENTS; number++) {
    const limits = { expiresAt: null, allowedModels: [], requestContent: null, strictParameters: false };
    const tags = TAGS.filter((_, at) => (number * 7 + at * 3) % 4 === 0);
    const secret = new Secret(`sk-bench-client-${number}-${"y".repeat(24)}`);
    clients.push(
      made(
        await store.clientKeys.create({ ...plain, ...limits, name: `client ${number}`, tags, secret, builtin: null }),
      ).id,
    );
  }
  return { models, clients };
}

function made<Row>(written: Written<Row>): Row {
  if (written.kind !== "ok") throw new Error(`could not be made: ${written.kind}`);
  return written.row;
}

function fill(folder: string, rows: number, days: number, cast: Cast): void {
  const directory = prepareDataDirectory(folder);
  const usage = new UsageFile(directory.usage);
  const logs = new LogWriter(directory.logs, usage);
  const encoder = new BatchEncoder();
  const messages = new BatchMessages();
  const today = Math.floor(Date.now() / DAY_MS);
  const weights = Array.from({ length: days }, (_, index) => (isWeekend(today - days + index) ? 0.5 : 1));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const startedMs = performance.now();
  let [written, uncounted, number] = [0, 0, 1];
  for (const [index, weight] of weights.entries()) {
    const day = today - days + index;
    const write = () => {
      const batch = encoder.seal();
      logs.write(logs.prepare(messages.message(number++, batch)));
      written += batch.count;
      uncounted += batch.count;
      if (uncounted < COUNT_EVERY_ROWS) return;
      logs.count();
      uncounted = 0;
    };
    for (const record of makeDay(day, (rows * weight) / sum, cast)) {
      encoder.add(record);
      if (encoder.count >= BATCH_ROWS) write();
    }
    if (encoder.count > 0) write();
    logs.count();
    while (usage.compactOne(Date.now()));
    const perSecond = Math.round(written / ((performance.now() - startedMs) / 1000));
    console.log(`${new Date(day * DAY_MS).toISOString().slice(0, 10)}: ${written} rows, ${perSecond} a second`);
  }
  logs.close();
  usage.close();
}

await main();
