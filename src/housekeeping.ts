import { expireAlerts } from "./control/alerts/alerts.ts";
import { purgeConversations } from "./control/chat/conversation-deletion.ts";
import { expireFiles, expireResponses } from "./control/clients/client-expiry.ts";
import type { Control } from "./control/control.ts";
import { deleteOrphanCopies } from "./control/files/vendor-copies.ts";
import { purgeProviderKeys } from "./control/keys/provider-key-deletion.ts";
import type { KeyHealthChange } from "./events.ts";
import { type Job, startJobs } from "./jobs.ts";
import { errorText, type Logger } from "./lib/log.ts";
import type { KeyPool } from "./pool.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

export interface Housekeeping {
  /** Nothing comes round any more. */
  stop(): void;
  /** Hands over to the store what was only noted so far. */
  flush(): Promise<void>;
}

/** What nobody asks for and has to be done: to write down what was observed, to look after alerts, to forget what is too old. */
export function keepHouse(control: Control, pool: KeyPool, log: Logger): Housekeeping {
  const { store } = control;
  const states = collectStates(control, pool);
  const uses = collectClientUses(control);
  control.alertWatch.begin();
  const stop = startJobs(
    [
      { name: "save key states", everyMs: SECOND_MS / 4, run: states.save },
      { name: "note client uses", everyMs: 10 * SECOND_MS, run: uses.save },
      { name: "look after alerts", everyMs: 10 * SECOND_MS, run: () => control.alertWatch.evaluate() },
      { name: "send alerts", everyMs: 10 * SECOND_MS, run: () => control.alertOutbox.run() },
      ...expiries(control),
    ],
    log,
  );

  store.chats.sealOld().then(
    (sealed) => sealed > 0 && log.info("sealed chats of an older version", { rows: sealed }),
    (error: unknown) => log.warn("could not seal older chats", { reason: errorText(error) }),
  );
  store.files.sweep().then(
    (swept) => swept > 0 && log.info("removed unfinished files", { count: swept }),
    (error: unknown) => log.warn("could not look for unfinished files", { reason: errorText(error) }),
  );

  return {
    stop,
    async flush() {
      states.save();
      await uses.save();
    },
  };
}

function expiries(control: Control): readonly Job[] {
  const { store } = control;
  const settings = () => control.snapshots.current.settings;
  const daysAgo = (days: number) => Date.now() - days * DAY_MS;
  return [
    // Often: it also bounds their size.
    { name: "expire stored responses", everyMs: 5 * MINUTE_MS, run: () => expireResponses(control) },
    { name: "expire files", everyMs: 10 * MINUTE_MS, run: () => expireFiles(control) },
    { name: "delete files at vendors", everyMs: MINUTE_MS, run: () => deleteOrphanCopies(control) },
    { name: "forget deleted conversations", everyMs: 10 * MINUTE_MS, run: () => purgeConversations(control) },
    { name: "expire alerts", everyMs: HOUR_MS, run: () => expireAlerts(control) },
    { name: "expire jobs", everyMs: HOUR_MS, run: () => control.jobs.expire() },
    { name: "expire sessions", everyMs: HOUR_MS, run: () => control.access.expire() },
    { name: "forget deleted keys", everyMs: HOUR_MS, run: () => purgeProviderKeys(control) },
    {
      name: "expire the audit log",
      everyMs: HOUR_MS,
      run: () => store.audit.expire(daysAgo(settings().auditRetentionDays)),
    },
    {
      name: "expire the configuration's history",
      everyMs: HOUR_MS,
      run: () => store.history.expire(daysAgo(settings().configHistoryDays)),
    },
    {
      name: "expire logs",
      everyMs: HOUR_MS,
      run: () => {
        const { logRetentionDays, usageRetentionDays } = settings();
        return store.expire(Date.now(), { logDays: logRetentionDays, usageDays: usageRetentionDays });
      },
    },
  ];
}

/** The keys' states, and the changes since the last save for their history. */
function collectStates({ events, store }: Control, pool: KeyPool) {
  let changes: KeyHealthChange[] = [];
  events.on("keyHealth", (change) => {
    changes.push(change);
  });
  return {
    save() {
      const drained = pool.drain();
      const news = changes;
      changes = [];
      if (drained.states.length + drained.uses.length + news.length > 0) {
        store.keyStates.save(drained.states, drained.uses, news);
      }
    },
  };
}

/** When each client key was last used, written down every few seconds. */
function collectClientUses({ events, store }: Control) {
  let uses = new Map<string, number>();
  events.on("requestSettled", (record) => {
    if (record.clientKeyId !== null) uses.set(record.clientKeyId, record.receivedAtMs);
  });
  return {
    async save() {
      if (uses.size === 0) return;
      const taken = uses;
      uses = new Map();
      await store.clientKeys.touch(taken);
    },
  };
}
