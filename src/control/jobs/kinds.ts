import type { JobKindEntry } from "./job-kind.ts";

/** Every kind of job. Loaded when one is started or taken up again: a gateway at rest carries none of them. */
export const JOB_KINDS: Readonly<Record<string, JobKindEntry>> = {
  EXPORT_REQUEST_LOGS: {
    scope: "LOGS_READ",
    load: async () => (await import("../exports/request-export.ts")).exportRequestsJob,
  },
  EXPORT_USAGE: {
    scope: "USAGE_READ",
    load: async () => (await import("../exports/usage-export.ts")).exportUsageJob,
  },
  IMPORT_PROVIDER_KEYS: {
    scope: "KEYS_WRITE",
    load: async () => (await import("../key-import/job.ts")).importKeysJob,
  },
  PURGE_REQUEST_LOGS: {
    scope: "SETTINGS_WRITE",
    load: async () => (await import("../purge-logs-job.ts")).purgeLogsJob,
  },
  REFRESH_KEY_BALANCES: {
    scope: "KEYS_WRITE",
    load: async () => (await import("../refresh-balances-job.ts")).refreshBalancesJob,
  },
  SYNC_MODELS: {
    scope: "MODELS_WRITE",
    load: async () => (await import("../model-sync-job.ts")).syncModelsJob,
  },
  VALIDATE_PROVIDER_KEYS: {
    scope: "KEYS_WRITE",
    load: async () => (await import("../validate-keys-job.ts")).validateKeysJob,
  },
};
