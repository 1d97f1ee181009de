import { statfsSync } from "node:fs";
import { locateRequest } from "../lib/id.ts";
import { Seal } from "../lib/seal.ts";
import type { Vault } from "../lib/secret.ts";
import { openAdminTokens } from "./admin-tokens.ts";
import { openAlertChannels } from "./alert-channels.ts";
import { openAlertDeliveries } from "./alert-deliveries.ts";
import { openAlertRules } from "./alert-rules.ts";
import { openAlerts } from "./alerts.ts";
import { openAudit } from "./audit.ts";
import { ChatSeal } from "./chat-seal.ts";
import { openChats } from "./chats.ts";
import { openClientKeys } from "./client-keys.ts";
import type { ConfigAccess } from "./config-access.ts";
import { ConfigDatabase } from "./config-database.ts";
import { configVersion } from "./config-history.ts";
import { type DataDirectory, prepareDataDirectory } from "./data-directory.ts";
import { DAY_MS } from "./day-file.ts";
import { wholeErrorGroups } from "./error-groups-whole.ts";
import { openFileCopies } from "./file-copies.ts";
import { openFiles } from "./files.ts";
import { openHistory } from "./history.ts";
import { DayIndexing } from "./index-days.ts";
import { holdInstanceLock } from "./instance-lock.ts";
import { openJobs } from "./jobs.ts";
import { openKeyBalances } from "./key-balances.ts";
import { openModels } from "./models.ts";
import { unpackReport } from "./packed-report.ts";
import { openProviderKeys } from "./provider-keys.ts";
import { openProviderOffers } from "./provider-offers.ts";
import { openProviders } from "./providers.ts";
import { Reader } from "./reader.ts";
import { openResponses } from "./responses.ts";
import { openSavedViews } from "./saved-views.ts";
import { openSessions } from "./sessions.ts";
import { openSettings } from "./settings.ts";
import { openSignInProvider } from "./sign-in-provider.ts";
import { readState } from "./state-reader.ts";
import type { Store } from "./types.ts";
import { openUsers } from "./users.ts";
import { Writer } from "./writer.ts";

/** After a start there is other work at first. */
const INDEX_AFTER_MS = 3000;
const INDEX_SLICE_MS = 50;

export interface StoreOptions {
  readonly dataDir: string;
  readonly vault: Vault;
  /** How long `close` waits for a disk that cannot be written. */
  readonly closePatienceMs?: number;
}

/**
 * Opens the data directory for this process alone: takes its lock, migrates the configuration, starts the writer.
 * Throws StoreError with a text for the operator.
 */
export async function openStore({ dataDir, vault, closePatienceMs = 10_000 }: StoreOptions): Promise<Store> {
  const directory = prepareDataDirectory(dataDir);
  const lock = holdInstanceLock(directory.lock, directory.root);
  const reader = new Reader(directory, vault.contentKey);
  // Starts while the configuration is opened.
  const writerStarting = Writer.open(directory, vault.contentKey);
  writerStarting.catch(() => {}); // heard below: not "unhandled" when the configuration fails first
  let database: ConfigDatabase | null = null;
  try {
    database = ConfigDatabase.open(directory.config, vault);
    const writer = await writerStarting;
    const lastUses = new Map(readState(directory.state, (state) => state.clientUses()));
    return assemble({ directory, database, writer, reader, lastUses, vault, lock, closePatienceMs });
  } catch (error) {
    reader.abandon();
    await writerStarting.then((writer) => writer.close(1000)).catch(() => {});
    database?.close();
    lock.release();
    throw error;
  }
}

function assemble(parts: {
  readonly directory: DataDirectory;
  readonly database: ConfigDatabase;
  readonly writer: Writer;
  readonly reader: Reader;
  readonly lastUses: Map<string, number>;
  readonly vault: Vault;
  readonly lock: { release(): void };
  readonly closePatienceMs: number;
}): Store {
  const { database, writer, reader, lastUses, vault, lock } = parts;
  const responseReader = new Reader(parts.directory, vault.contentKey);
  const indexing = new DayIndexing(parts.directory.logs, (day, forMs) => reader.ask("indexDay", day, forMs));
  indexing.startIn(INDEX_AFTER_MS);
  const forgetKeys = (ids: readonly string[]) => writer.forgetKeys(ids);
  const openNouns = (access: ConfigAccess, onKeysDeleted: typeof forgetKeys) => ({
    providers: openProviders(access, onKeysDeleted),
    providerKeys: openProviderKeys(access, vault, onKeysDeleted),
    models: openModels(access),
    clientKeys: openClientKeys(access, vault, {
      get: (id) => lastUses.get(id) ?? null,
      put(lastUsed) {
        for (const [id, at] of lastUsed) lastUses.set(id, at);
        writer.touchClients(lastUsed);
      },
    }),
    settings: openSettings(access),
    alertRules: openAlertRules(access),
    alertChannels: openAlertChannels(access, vault),
  });
  return {
    ...openNouns(database, forgetKeys),
    offers: openProviderOffers(database),
    audit: openAudit(database),
    chats: openChats(database, new ChatSeal(new Seal(vault.contentKey)), (createdBy, text) =>
      reader.ask("searchChats", createdBy, text),
    ),
    users: openUsers(database, vault),
    sessions: openSessions(database),
    signInProvider: openSignInProvider(database, vault),
    adminTokens: openAdminTokens(database),
    savedViews: openSavedViews(database),
    history: openHistory(database, forgetKeys),
    jobs: openJobs(database, vault),
    alerts: openAlerts(database),
    alertDeliveries: openAlertDeliveries(database),
    keyBalances: openKeyBalances(database),
    keyStates: {
      // Asked once, at start: not worth a Worker of 5 MB that most gateways never need.
      all: async () => readState(parts.directory.state, (state) => state.keyStates()),
      save: (states, uses, changes) => writer.saveStates(states, uses, changes),
      async of(keyIds) {
        await writer.settleStates();
        const wanted = new Set(keyIds);
        const { states, uses } = readState(parts.directory.state, (state) => state.keyStates());
        return {
          states: states.filter((row) => wanted.has(row.keyId)),
          uses: uses.filter((row) => wanted.has(row.keyId)),
        };
      },
      async history(query) {
        await writer.settleStates();
        return reader.ask("keyHistory", query);
      },
    },
    costs: {
      days: () => reader.ask("logDays"),
      routes: (day) => reader.ask("pricedRoutes", day),
      look: (day, plan) => reader.ask("lookAtCosts", day, plan),
      rewrite: (day, quarter, plan) => writer.reprice(day, quarter, plan),
      async settle(day) {
        await writer.compact();
        await reader.ask("release", day); // its index knows other costs
        while (!(await reader.ask("indexDay", day, INDEX_SLICE_MS)));
      },
    },
    logs: {
      page: (query) => reader.ask("page", query),
      get: (id) => reader.ask("get", id),
      histogram: (query) => reader.ask("histogram", query),
      errorGroups: (query) => wholeErrorGroups(reader, query),
      async purge(day, ids) {
        const rows = ids?.flatMap((id) => locateRequest(id)?.row ?? []) ?? null;
        await reader.ask("release", day);
        await writer.purge(day, rows);
        await reader.ask("release", day);
        // An index that was made meanwhile holds error texts that are gone now: it is made anew, over it.
        while (!(await reader.ask("indexDay", day, INDEX_SLICE_MS)));
      },
    },
    responses: openResponses(writer, responseReader),
    fileCopies: openFileCopies(database),
    files: openFiles({ database, folder: parts.directory.files, seal: new Seal(vault.contentKey) }),
    usage: {
      async report(query) {
        const report = unpackReport(await reader.ask("report", query));
        if (query.timeZone !== "UTC") writer.prepareZone(query.timeZone);
        return report;
      },
      async heat(query) {
        const heat = await reader.ask("heat", query);
        if (query.timeZone !== "UTC") writer.prepareZone(query.timeZone);
        return heat;
      },
      byKey: (span) => reader.ask("usageByKey", span),
    },
    onKeysWritten: (listener) =>
      database.onCommit((changes) => {
        const ids = changes.flatMap(({ noun, objectId }) => (noun === "providerKey" ? [objectId] : []));
        if (ids.length > 0) listener(ids);
      }),
    async writeTogether(work, author) {
      const deletedKeys: string[] = [];
      const result = await database.writeTogether((inside) => {
        const nouns = openNouns(inside, (ids) => void deletedKeys.push(...ids));
        return work({ ...nouns, version: async () => inside.read(configVersion) });
      }, author);
      // Not before: what is rolled back was not deleted.
      if (deletedKeys.length > 0) forgetKeys(deletedKeys);
      return result;
    },
    record: (record) => writer.record(record),
    flush: () => writer.flush(),
    stats: () => writer.stats(),
    async diskSpace() {
      // One quick system call: asynchronous, it would start the pool of threads that an idle gateway does without.
      const { bavail, blocks, bsize } = statfsSync(parts.directory.root);
      return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
    },
    async expire(nowMs, { logDays, usageDays }) {
      const firstDay = Math.floor(nowMs / DAY_MS) - logDays;
      await reader.releaseBefore(firstDay);
      await writer.expire(firstDay, nowMs - usageDays * DAY_MS);
      await indexing.run(nowMs);
    },
    async close() {
      indexing.stop();
      await reader.close();
      await responseReader.close();
      await writer.close(parts.closePatienceMs);
      database.close();
      lock.release();
    },
  };
}
