import type {
  ClientKeyValues,
  ModelPrice,
  ModelValues,
  OpenedProviderKey,
  ProviderKeyRow,
  ProviderValues,
} from "../../store/types.ts";

/** What the configuration's rows are in the words of the document. Fields in a fixed order; what is empty is left out. */

export function providerEntry(row: ProviderValues) {
  return {
    name: row.name,
    kind: row.kind,
    baseUrl: row.baseUrl,
    ...given({ apiVersion: row.apiVersion, botId: row.botId }),
    strategy: row.strategy,
    enabled: row.enabled,
    ...given({ memo: row.memo, quirks: row.quirks, ignoredQuirks: row.ignoredQuirks }),
  };
}

type KeyWords = Pick<ProviderKeyRow, "name" | "weight" | "priority" | "enabled" | "tags" | "userAgent" | "memo">;

/** Without its secrets. */
export function keyEntry(row: KeyWords) {
  return {
    name: row.name,
    weight: row.weight,
    priority: row.priority,
    enabled: row.enabled,
    tags: row.tags,
    ...given({ userAgent: row.userAgent, memo: row.memo }),
  };
}

/** A proxy's password is a secret, its address is not. */
export function shownProxy({ proxyUrl }: OpenedProviderKey): string | null {
  const url = proxyUrl === null ? null : URL.parse(proxyUrl.reveal());
  return url === null || url.username !== "" || url.password !== "" ? null : proxyUrl!.reveal();
}

export function modelEntry(row: ModelValues, providerName: (id: string) => string) {
  return {
    name: row.name,
    ...given({ aliases: row.aliases, description: row.description }),
    displayName: row.displayName,
    capabilities: row.capabilities,
    contextWindow: row.contextWindow,
    maxOutputTokens: row.maxOutputTokens,
    enabled: row.enabled,
    ...given({ price: row.price && priceEntry(row.price) }),
    targets: row.targets.map((target) => ({
      provider: providerName(target.providerId),
      model: target.upstreamModel,
      priority: target.priority,
      weight: target.weight,
      enabled: target.enabled,
      ...given({ traits: target.traits }),
    })),
  };
}

function priceEntry({ since, ...price }: ModelPrice) {
  return { ...given(price), ...(since === undefined ? {} : { since: new Date(since).toISOString() }) };
}

export function clientEntry(row: ClientKeyValues) {
  return {
    name: row.name,
    enabled: row.enabled,
    ...given({
      expiresAt: row.expiresAt === null ? null : new Date(row.expiresAt).toISOString(),
      allowedModels: row.allowedModels,
      requestContent: row.requestContent,
    }),
    strictParameters: row.strictParameters,
    tags: row.tags,
    ...given({ memo: row.memo }),
  };
}

/** Without what is empty. */
export function given<T extends object>(fields: T): Partial<T> {
  const isGiven = (value: unknown) => value !== null && !(Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => isGiven(value))) as Partial<T>;
}
