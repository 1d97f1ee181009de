import type { JobKindEntry } from "./job-kind.ts";

/** Every kind of job. Loaded when one is started or taken up again: a gateway at rest carries none of them. */
export const JOB_KINDS: Readonly<Record<string, JobKindEntry>> = {
  EXPORT_AUDIT_LOG: {
    scope: "AUDIT_READ",
    load: async () => (await import("../exports/audit-export.ts")).exportAuditJob,
  },
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
    load: async () => (await import("../keys/import/job.ts")).importKeysJob,
  },
  PURGE_REQUEST_LOGS: {
    scope: "SETTINGS_WRITE",
    load: async () => (await import("../requests/purge-logs-job.ts")).purgeLogsJob,
  },
  RECOMPUTE_COSTS: {
    scope: "MODELS_WRITE",
    load: async () => (await import("../costs/recompute-costs-job.ts")).recomputeCostsJob,
  },
  REFRESH_KEY_BALANCES: {
    scope: "KEYS_WRITE",
    load: async () => (await import("../keys/refresh-balances-job.ts")).refreshBalancesJob,
  },
  SYNC_MODELS: {
    scope: "MODELS_WRITE",
    load: async () => (await import("../models/model-sync-job.ts")).syncModelsJob,
  },
  VALIDATE_PROVIDER_KEYS: {
    scope: "KEYS_WRITE",
    load: async () => (await import("../keys/validate-keys-job.ts")).validateKeysJob,
  },
};
