import type { KeyHealthChange, KeyHealthState } from "../events.ts";
import type { Secret } from "../lib/secret.ts";
import type { ContentPolicy, ProviderKind, Quirk, Strategy } from "../llm/names.ts";
import type { ErrorClass, RequestRecord } from "../record.ts";
import type { FileQuery, KeptCopies, KeptCopy, StoredFiles } from "../stored-file.ts";
import type { StoredResponses } from "../stored-response.ts";
import type { TraitOverrides } from "../trait-overrides.ts";
import type { AlertChannelStore, AlertRuleRow, AlertRuleValues, AlertStore, DeliveryStore } from "./alert-types.ts";
import type { AuditStore } from "./audit-entry.ts";
import type { Author } from "./author.ts";
import type { ChatStore } from "./chat-types.ts";
import type { CostStore } from "./cost-types.ts";
import type { ConfigHistory } from "./history.ts";
import type { JobProgress, JobStore } from "./job-types.ts";
import type { AdminTokenStore, SavedViewStore, SessionStore, SignInProviderStore, UserStore } from "./people.ts";
import type { ProviderOfferStore } from "./provider-offers.ts";
import type { LogStore, UsageStore } from "./reports.ts";
import type { ResponseRetention } from "./response-file.ts";

/**
 * The store's face: asynchronous from the first day, a noun each, because a server database follows. Transactions live inside
 * these methods. Times are Unix milliseconds.
 */
export interface Store {
  readonly providers: ProviderStore;
  readonly offers: ProviderOfferStore;
  readonly providerKeys: ProviderKeyStore;
  readonly keyBalances: KeyBalanceStore;
  readonly models: Nouns<ModelRow, ModelValues>;
  readonly clientKeys: ClientKeyStore;
  readonly jobs: JobStore;
  readonly chats: ChatStore;
  readonly settings: SettingStore;
  readonly history: ConfigHistory;
  readonly audit: AuditStore;
  readonly alertRules: Nouns<AlertRuleRow, AlertRuleValues>;
  readonly alertChannels: AlertChannelStore;
  readonly alerts: AlertStore;
  readonly alertDeliveries: DeliveryStore;
  readonly users: UserStore;
  readonly sessions: SessionStore;
  readonly signInProvider: SignInProviderStore;
  readonly adminTokens: AdminTokenStore;
  readonly savedViews: SavedViewStore;
  readonly keyStates: KeyStateStore;
  readonly responses: ResponseStore;
  readonly files: FileStore;
  readonly fileCopies: FileCopyStore;
  readonly logs: LogStore;
  readonly usage: UsageStore;
  readonly costs: CostStore;
  /** Hears the ids of the provider keys that a transaction wrote, as soon as it is committed. Returns what ends that. */
  onKeysWritten(listener: (ids: readonly string[]) => void): () => void;
  /**
   * Makes one transaction of all the configuration that `work` writes through `inside`: all of it or nothing. Other writes wait for it,
   * and other reads do not see into it. `author`: who is written in the history, unless it is whose operation this is.
   */
  writeTogether<T>(work: (inside: ConfigNouns) => Promise<T>, author?: Author): Promise<T>;
  /** Hands a settled request to the writer. Never waits, never throws; counts what it had to drop. */
  record(record: RequestRecord): void;
  /** Resolves when everything handed over so far is on disk. */
  flush(): Promise<void>;
  stats(): StoreStats;
  /** Of the file system that holds the data directory. */
  diskSpace(): Promise<DiskSpace>;
  /** Deletes whole days of the request log, and old roll-ups. What is being written to is kept. */
  expire(nowMs: number, keep: { readonly logDays: number; readonly usageDays: number }): Promise<void>;
  /** Flushes, then closes files and workers. */
  close(): Promise<void>;
}

/** The configuration inside a transaction of several writes. */
export interface ConfigNouns
  extends Pick<
    Store,
    "providers" | "providerKeys" | "models" | "clientKeys" | "settings" | "alertRules" | "alertChannels"
  > {
  /** Before this transaction (history.version). */
  version(): Promise<number>;
}

export interface DiskSpace {
  /** What may still be written without special rights. */
  readonly freeBytes: number;
  readonly totalBytes: number;
}

export interface StoreStats {
  readonly queuedRecords: number;
  readonly droppedRecords: number;
  readonly writtenRecords: number;
  /** Responses that were to be kept and could not be. */
  readonly droppedResponses: number;
  readonly databaseBytes: number;
  /** False while the writer cannot write (disk full, locked, read-only). */
  readonly writable: boolean;
  readonly lastWriteError: string | null;
}

export interface Stamped {
  readonly id: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Starts at 1, one more with each change: what `expectedVersion` is compared with. */
  readonly version: number;
}

export type Written<Row> =
  | { readonly kind: "ok"; readonly row: Row }
  | { readonly kind: "not_found" }
  | { readonly kind: "stale"; readonly current: Row }
  | { readonly kind: "duplicate"; readonly field: string; readonly existing: Row };

export interface Nouns<Row extends Stamped, Values> {
  list(): Promise<Row[]>;
  get(id: string): Promise<Row | null>;
  create(values: Values): Promise<Written<Row>>;
  update(id: string, patch: Partial<Values>, expectedVersion?: number): Promise<Written<Row>>;
  /** Returns the ids that were there. */
  delete(ids: readonly string[]): Promise<string[]>;
}

export interface ProviderValues {
  readonly name: string;
  readonly kind: ProviderKind;
  readonly baseUrl: string;
  /** Azure only: null = the /openai/v1 surface. */
  readonly apiVersion: string | null;
  /** Coze only. */
  readonly botId: string | null;
  readonly strategy: Strategy;
  readonly enabled: boolean;
  readonly memo: string | null;
  /** Habits that a person says the upstream has. */
  readonly quirks: readonly Quirk[];
  /** Habits that a person says it does not have, whatever is learned. */
  readonly ignoredQuirks: readonly Quirk[];
}
/** What the gateway found out from an upstream's own words. */
export interface LearnedQuirk {
  readonly quirk: Quirk;
  readonly learnedAt: number;
  readonly words: string;
}
export interface ProviderRow extends Stamped, ProviderValues {
  /** Of its present address: another one makes them void. They come and go without a new `version`. */
  readonly learnedQuirks: readonly LearnedQuirk[];
}
export interface ProviderStore extends Nouns<ProviderRow, ProviderValues> {
  /** False when there was nothing to write down: it is known already, is ignored, or the provider is gone. */
  learnQuirk(id: string, learned: LearnedQuirk): Promise<boolean>;
  /** Null when there is no such provider. */
  forgetQuirk(id: string, quirk: Quirk): Promise<ProviderRow | null>;
}

export interface ProviderKeyValues {
  readonly providerId: string;
  readonly name: string;
  readonly secret: Secret;
  readonly enabled: boolean;
  readonly weight: number;
  readonly priority: number;
  readonly tags: readonly string[];
  readonly memo: string | null;
  readonly userAgent: string | null;
  /** May hold a password: sealed at rest like the secret. */
  readonly proxyUrl: Secret | null;
  /** The import that made it. */
  readonly importJobId?: string | null;
  /** What the vendor allows it; null or absent: unlimited. */
  readonly rpm?: number | null;
  readonly tpm?: number | null;
  readonly rpd?: number | null;
  readonly concurrency?: number | null;
}
export interface ProviderKeyRow extends Stamped, Omit<ProviderKeyValues, "secret" | "proxyUrl" | OptionalKeyField> {
  /** First 3 and last 4 characters ("sk-…wxyz"); shorter secrets show less. */
  readonly secretPreview: string;
  /** Keyed hash (hex): equal secrets have equal fingerprints, whatever their name. */
  readonly fingerprint: string;
  /** Host and port only. */
  readonly proxyPreview: string | null;
  readonly importJobId: string | null;
  readonly rpm: number | null;
  readonly tpm: number | null;
  readonly rpd: number | null;
  readonly concurrency: number | null;
}
type OptionalKeyField = "importJobId" | "rpm" | "tpm" | "rpd" | "concurrency";
export interface OpenedProviderKey extends ProviderKeyRow {
  readonly secret: Secret;
  readonly proxyUrl: Secret | null;
}
export type KeyWrite =
  | { readonly kind: "create"; readonly values: ProviderKeyValues }
  | { readonly kind: "update"; readonly id: string; readonly patch: Partial<ProviderKeyValues> }
  /** Of one that was deleted; a duplicate when its name or secret has been given again meanwhile. */
  | { readonly kind: "restore"; readonly id: string; readonly patch: Partial<ProviderKeyValues> };
export interface ProviderKeyStore extends Nouns<ProviderKeyRow, ProviderKeyValues> {
  /** Those of `ids` that are there. */
  listSome(ids: readonly string[]): Promise<ProviderKeyRow[]>;
  /** By id: the first `limit` after it; "" begins. */
  listAfter(id: string, limit: number): Promise<ProviderKeyRow[]>;
  /** With their secrets opened, for the snapshot: all, or those of `ids` that are there. Opened values are cached by (id, version). */
  listOpened(ids?: readonly string[]): Promise<OpenedProviderKey[]>;
  /**
   * Many changes in one transaction, a few hundred at a time. Answers in the order given. `progressOf` says how far they bring the job
   * they belong to: it is written with them, so that no restart does them twice.
   */
  writeMany(
    changes: readonly KeyWrite[],
    progressOf?: (written: readonly Written<ProviderKeyRow>[]) => JobProgress,
  ): Promise<Written<ProviderKeyRow>[]>;
  /** With its secret; null when there is no such key. `isRetired`: among those that can still be brought back. */
  open(id: string, isRetired?: boolean): Promise<OpenedProviderKey | null>;
  /** The same change to many keys, where it is one. Answers the ids that were there. */
  setMany(
    ids: readonly string[],
    patch: Partial<Pick<ProviderKeyValues, "enabled" | "priority" | "tags">>,
  ): Promise<string[]>;
  /** Deletes so that it can be taken back: `deletedAt` names all that went together. Answers the ids that were there. */
  retire(ids: readonly string[]): Promise<{ readonly deletedAt: number; readonly ids: string[] }>;
  /** What was deleted and not yet forgotten. */
  listRetired(): Promise<RetiredProviderKey[]>;
  /** Forgets for good what was deleted before. */
  purge(beforeMs: number): Promise<string[]>;
}
export interface RetiredProviderKey extends ProviderKeyRow {
  readonly deletedAt: number;
}

/** Amounts are billionths of `currency`. */
export interface KeyBalanceRow {
  readonly keyId: string;
  /** Null: unknown, or without a limit. */
  readonly remaining: number | null;
  readonly total: number | null;
  readonly currency: string;
  /** `manual`: a person's word, burned down by what requests cost. */
  readonly source: "vendor" | "manual";
  readonly refreshedAt: number;
}
export interface KeyBalanceStore {
  all(): Promise<KeyBalanceRow[]>;
  put(rows: readonly KeyBalanceRow[]): Promise<void>;
  delete(keyId: string): Promise<void>;
}

export interface ModelTarget {
  readonly providerId: string;
  readonly upstreamModel: string;
  /** Lower first; equal numbers share by weight; the next number is the fallback. */
  readonly priority: number;
  readonly weight: number;
  readonly enabled: boolean;
  /** What a person knows better than the table of models; null: nothing. */
  readonly traits: TraitOverrides | null;
}
/** A person's price in USD per million tokens; absent parts fall back to `input`/`output`. */
export interface ModelPrice {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number | null;
  readonly cacheWrite: number | null;
  readonly reasoning?: number | null;
  /** USD for each request, besides its tokens. */
  readonly perRequest?: number | null;
  /** When somebody named it; absent when that was not noted. */
  readonly since?: number;
}
export interface ModelValues {
  readonly name: string;
  /** What people read instead of the name; null: the name. */
  readonly displayName: string | null;
  readonly description: string | null;
  readonly capabilities: readonly string[];
  readonly contextWindow: number | null;
  readonly maxOutputTokens: number | null;
  readonly enabled: boolean;
  /** Unique over all names and aliases. */
  readonly aliases: readonly string[];
  readonly price: ModelPrice | null;
  readonly targets: readonly ModelTarget[];
}
export interface ModelRow extends Stamped, ModelValues {}

export interface ClientKeyValues {
  readonly name: string;
  readonly enabled: boolean;
  readonly expiresAt: number | null;
  /** Model names or patterns with `*`; empty = all. */
  readonly allowedModels: readonly string[];
  /** Null = the global setting. */
  readonly requestContent: ContentPolicy | null;
  /** A field that the upstream cannot be sent is a 400 instead of being left out and reported. */
  readonly strictParameters: boolean;
  /** Whom its use is put down to: teams, cost centres. */
  readonly tags: readonly string[];
  readonly memo: string | null;
}
export interface ClientKeyRow extends Stamped, ClientKeyValues {
  /** HMAC-SHA-256 of the key, hex; null for the built-in `anonymous`. */
  readonly hash: string | null;
  readonly secretPreview: string;
  readonly builtin: "default" | "anonymous" | null;
  readonly lastUsedAt: number | null;
}
export interface ClientKeyStore {
  list(): Promise<ClientKeyRow[]>;
  get(id: string): Promise<ClientKeyRow | null>;
  /** `secret` null makes the built-in anonymous client. Only its HMAC and preview are stored. */
  create(
    values: ClientKeyValues & { secret: Secret | null; builtin: ClientKeyRow["builtin"] },
  ): Promise<Written<ClientKeyRow>>;
  /** `secret` replaces the credential (config file upsert, rotation). */
  update(
    id: string,
    patch: Partial<ClientKeyValues> & { secret?: Secret },
    expectedVersion?: number,
  ): Promise<Written<ClientKeyRow>>;
  delete(ids: readonly string[]): Promise<string[]>;
  /** Batched by the caller; does not touch `version`. */
  touch(lastUsed: ReadonlyMap<string, number>): Promise<void>;
}

export interface SettingRow {
  readonly key: string;
  readonly value: unknown;
  readonly memo: string | null;
  readonly updatedAt: number | null;
  readonly updatedBy: string | null;
}
export interface SettingChange {
  readonly key: string;
  /** Null removes the override. */
  readonly value: unknown;
  readonly memo?: string | null;
}
export interface SettingStore {
  /** Stored values only (JSON), by key. */
  all(): Promise<Record<string, unknown>>;
  rows(): Promise<SettingRow[]>;
  /** Of all settings together. */
  version(): Promise<number>;
  /** Null removes the override. */
  put(changes: Readonly<Record<string, unknown>>): Promise<void>;
  /** All of them or, when `expectedVersion` is not the present one, none. */
  change(
    changes: readonly SettingChange[],
    expectedVersion?: number,
  ): Promise<{ readonly kind: "ok" | "stale"; readonly version: number }>;
}

/** What a restart must not forget about a key. `model` "" is the key as a whole. */
export interface KeyStateRow {
  readonly keyId: string;
  readonly model: string;
  readonly state: KeyHealthState;
  readonly untilMs: number | null;
  readonly failures: number;
  readonly sinceMs: number;
  readonly errorClass: ErrorClass | null;
  readonly httpStatus: number | null;
  readonly message: string | null;
}
export interface KeyUseRow {
  readonly keyId: string;
  readonly lastUsedAt: number;
  readonly useCount: number;
}
export interface KeyStateStore {
  all(): Promise<{ states: KeyStateRow[]; uses: KeyUseRow[] }>;
  /** Upserts; a row with state "active", no failures and a model is deleted instead. Goes through the writer: never blocks. */
  save(states: readonly KeyStateRow[], uses: readonly KeyUseRow[], changes: readonly KeyHealthChange[]): void;
  /** What is kept about these keys, also while the configuration does not name them. */
  of(keyIds: readonly string[]): Promise<{ states: KeyStateRow[]; uses: KeyUseRow[] }>;
  history(query: KeyHistoryQuery): Promise<KeyHistoryPage>;
}

export interface KeyHistoryQuery {
  readonly keyId: string;
  readonly limit: number;
  /** Places: what comes after one is older, what comes before it is newer. */
  readonly after: number | null;
  readonly before: number | null;
  /** From the other end: the oldest of those between the bounds. */
  readonly backward: boolean;
}

/** A change and where it stands in the history. */
export interface KeptKeyChange extends KeyHealthChange {
  readonly place: number;
}

/** Newest first. `hasMore`: beyond the page, in the direction of reading. */
export interface KeyHistoryPage {
  readonly rows: readonly KeptKeyChange[];
  readonly hasMore: boolean;
  /** Of all that is kept about the key. */
  readonly totalCount: number;
}

export interface ResponseStore extends StoredResponses {
  /**
   * Lets go of the conversations of others than `owners`, of those that nothing was added to since `beforeMs`, and of the oldest while
   * all take more than `maxBytes`.
   */
  expire(retention: ResponseRetention): Promise<void>;
}

export interface FileCopyStore extends KeptCopies {
  /** Copies whose file is no more, those first that end first. */
  orphans(limit: number): Promise<readonly KeptCopy[]>;
  /** Forgets what the vendors have deleted by themselves. */
  expire(nowMs: number): Promise<void>;
}

export interface FileStore extends StoredFiles {
  /** Of all that a query finds, whatever its page. */
  totals(query: Omit<FileQuery, "limit" | "after">): Promise<{ readonly count: number; readonly bytes: number }>;
  /** Nobody can read them any more, until they are brought back or expire. Returns the ids that were there. */
  retire(ids: readonly string[], deletedAtMs: number): Promise<string[]>;
  /** What was retired in one go. */
  restore(deletedAtMs: number): Promise<string[]>;
  /**
   * Deletes files whose time is over, those that were retired before `retiredBeforeMs`, those of clients that are no more (but for the `spared`), and those without a time of their own that were made before
   * `createdBeforeMs` (null: they are kept). Returns their ids.
   */
  expire(retention: {
    readonly nowMs: number;
    readonly createdBeforeMs: number | null;
    readonly retiredBeforeMs: number;
    readonly spared: readonly string[];
  }): Promise<string[]>;
  /** Deletes contents without a row: what a crash left. Returns how many. */
  sweep(): Promise<number>;
}
