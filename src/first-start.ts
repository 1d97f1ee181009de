import type { Config } from "./config.ts";
import { ConfigError } from "./config.ts";
import { hasDefaultRules, makeDefaultRules } from "./control/alerts/alert-defaults.ts";
import { CLIENT_KEY_PREFIX, generateSecret } from "./control/clients/client-key-secret.ts";
import type { Secret } from "./lib/secret.ts";
import { PROVIDER_KINDS, type ProviderKind } from "./llm/names.ts";
import { dialects } from "./providers/index.ts";
import type { ClientKeyRow, ConfigNouns } from "./store/types.ts";

type Prepared = Pick<ConfigNouns, "clientKeys" | "settings">;

/** Whether there is nothing left to be made: most starts write nothing. */
export async function isPrepared(store: Prepared): Promise<boolean> {
  const clients = await store.clientKeys.list();
  return clients.some(isAnonymous) && !clients.every(isAnonymous) && (await hasDefaultRules(store));
}

/**
 * What a new data directory begins with: the default alert rules, the built-in client `anonymous`, a default client (its key is
 * returned, to be printed once) and, when the environment names one, a provider with its key. Running it again changes nothing.
 */
export async function prepareFirstStart(
  store: ConfigNouns,
  config: Config,
  checkAddress: (url: string) => string | null,
): Promise<{ readonly defaultClientKey: Secret | null }> {
  if (!(await hasDefaultRules(store))) await makeDefaultRules(store);
  const clients = await store.clientKeys.list();
  const blank = {
    expiresAt: null,
    allowedModels: [],
    requestContent: null,
    strictParameters: false,
    tags: [],
    enabled: true,
  };
  if (!clients.some(isAnonymous)) {
    await store.clientKeys.create({
      ...blank,
      name: "anonymous",
      memo: "Calls without a key, when ALLOW_ANONYMOUS_ACCESS or the setting allowAnonymous is on",
      secret: null,
      builtin: "anonymous",
    });
  }
  if (!clients.every(isAnonymous)) return { defaultClientKey: null };
  await quickStart(store, config, checkAddress);
  const secret = generateSecret(CLIENT_KEY_PREFIX);
  await store.clientKeys.create({
    ...blank,
    name: "default",
    memo: "Made at the first start",
    secret,
    builtin: "default",
  });
  return { defaultClientKey: secret };
}

function isAnonymous({ builtin }: ClientKeyRow): boolean {
  return builtin === "anonymous";
}

async function quickStart(
  store: ConfigNouns,
  config: Config,
  checkAddress: (url: string) => string | null,
): Promise<void> {
  const start = config.quickStart;
  if (start === null) return;
  const kind = PROVIDER_KINDS.find((known) => known === start.kind);
  if (kind === undefined) throw new ConfigError(`TYPE: must be one of ${PROVIDER_KINDS.join(", ")}`);
  const baseUrl = baseUrlOf(kind, start.baseUrl);
  const refusal = checkAddress(baseUrl);
  if (refusal !== null) throw new ConfigError(`BASE_URL: ${refusal}`);
  const created = await store.providers.create({
    name: kind,
    kind,
    baseUrl,
    apiVersion: null,
    botId: null,
    strategy: "round_robin",
    enabled: true,
    memo: "From the environment of the first start",
    quirks: [],
    ignoredQuirks: [],
  });
  if (created.kind !== "ok") return;
  await store.providerKeys.create({
    providerId: created.row.id,
    name: "key 1",
    secret: start.secret,
    enabled: true,
    weight: 1,
    priority: 0,
    tags: [],
    memo: null,
    userAgent: null,
    proxyUrl: null,
  });
  if (start.actualName === null) return;
  await store.models.create({
    name: start.actualName,
    description: null,
    displayName: null,
    capabilities: [],
    contextWindow: null,
    maxOutputTokens: null,
    enabled: true,
    aliases: [],
    price: null,
    targets: [
      {
        providerId: created.row.id,
        upstreamModel: start.actualName,
        priority: 0,
        weight: 1,
        enabled: true,
        traits: null,
      },
    ],
  });
}

function baseUrlOf(kind: ProviderKind, given: string | null): string {
  const baseUrl = given ?? dialects[kind].defaultBaseUrl;
  if (baseUrl === null) throw new ConfigError(`BASE_URL: is required for TYPE=${kind}`);
  return baseUrl.replace(/\/+$/, "");
}
