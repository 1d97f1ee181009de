import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secret, Vault } from "../../src/lib/secret.ts";
import { openStore } from "../../src/store/open.ts";
import type { ClientKeyValues, ModelValues, ProviderKeyValues, ProviderValues, Store } from "../../src/store/types.ts";
import { MASTER_KEY } from "./records.ts";

export * from "./records.ts";

export const VAULT = new Vault(MASTER_KEY);
/** What the Workers are given. */
export const CONTENT_KEY = VAULT.contentKey;

const cleanups: (() => unknown)[] = [];

/** For `afterEach` of every file that uses these: bun counts a hook in a shared module for the first file only. */
export async function cleanUp(): Promise<void> {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}

/** Runs after the test, last registered first. */
export function onCleanup(cleanup: () => unknown): void {
  cleanups.push(cleanup);
}

export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), "sluice-store-"));
  onCleanup(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A store that is closed after the test; closing it earlier is fine. */
export async function openTestStore(dataDir = temporaryDirectory(), closePatienceMs = 2000): Promise<Store> {
  const store = await openStore({ dataDir, vault: new Vault(MASTER_KEY), closePatienceMs });
  let closing: Promise<void> | null = null;
  const closeOnce = () => {
    closing ??= store.close();
    return closing;
  };
  onCleanup(closeOnce);
  return { ...store, close: closeOnce };
}

export function providerValues(changes: Partial<ProviderValues> = {}): ProviderValues {
  return {
    name: "openai-main",
    kind: "openai",
    baseUrl: "https://api.openai.com/v1",
    apiVersion: null,
    botId: null,
    strategy: "round_robin",
    enabled: true,
    memo: null,
    quirks: [],
    ignoredQuirks: [],
    ...changes,
  };
}

export function providerKeyValues(providerId: string, changes: Partial<ProviderKeyValues> = {}): ProviderKeyValues {
  return {
    providerId,
    name: "k1",
    secret: new Secret("sk-first-secret-0001"),
    enabled: true,
    weight: 1,
    priority: 0,
    tags: ["paid"],
    memo: null,
    userAgent: null,
    proxyUrl: null,
    ...changes,
  };
}

export function modelValues(changes: Partial<ModelValues> = {}): ModelValues {
  return {
    name: "gpt-4.1",
    description: null,
    displayName: null,
    capabilities: ["chat"],
    contextWindow: 128_000,
    maxOutputTokens: null,
    enabled: true,
    aliases: [],
    price: null,
    targets: [],
    ...changes,
  };
}

export function clientKeyValues(
  changes: Partial<ClientKeyValues & { secret: Secret | null; builtin: "default" | "anonymous" | null }> = {},
) {
  return {
    name: "team",
    enabled: true,
    expiresAt: null,
    allowedModels: [],
    requestContent: null,
    strictParameters: false,
    tags: [],
    memo: null,
    secret: new Secret("sk-slc_client-secret-1") as Secret | null,
    builtin: null,
    ...changes,
  };
}
