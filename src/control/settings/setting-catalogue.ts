import * as z from "zod/mini";
import { DEFAULT_SETTINGS, type Settings, settingsSchema } from "../../settings.ts";

export const SETTING_GROUPS = ["access", "limits", "timeouts", "key-health", "content", "retention"] as const;
export type SettingGroup = (typeof SETTING_GROUPS)[number];

export const SETTING_UNITS = ["milliseconds", "bytes", "days"] as const;
export type SettingUnit = (typeof SETTING_UNITS)[number];

interface Entry {
  readonly group: SettingGroup;
  readonly title: string;
  readonly unit?: SettingUnit;
  /** Never shown. */
  readonly secret?: boolean;
  /** In force only after the next start. */
  readonly restartRequired?: boolean;
}

/** What people read about a setting besides its schema. In the order in which they are listed. */
const ENTRIES: { readonly [Key in keyof Settings]-?: Entry } = {
  allowAnonymous: { group: "access", title: "Anonymous access" },

  maxAttempts: { group: "limits", title: "Upstream calls per request" },
  maxRequestBytes: { group: "limits", title: "Largest request", unit: "bytes" },
  maxResponseBytes: { group: "limits", title: "Largest answer", unit: "bytes" },
  maxFileBytes: { group: "limits", title: "Largest file", unit: "bytes" },
  maxEventBytes: { group: "limits", title: "Largest event of a stream", unit: "bytes" },
  maxJsonDepth: { group: "limits", title: "Deepest JSON" },

  connectTimeoutMs: { group: "timeouts", title: "Connect", unit: "milliseconds" },
  requestTimeoutMs: { group: "timeouts", title: "Whole request", unit: "milliseconds" },
  headersTimeoutMs: { group: "timeouts", title: "Headers of a stream", unit: "milliseconds" },
  firstTokenTimeoutMs: { group: "timeouts", title: "First event of a stream", unit: "milliseconds" },
  streamIdleTimeoutMs: { group: "timeouts", title: "Silence in a stream", unit: "milliseconds" },
  pingIntervalMs: { group: "timeouts", title: "Sign of life", unit: "milliseconds" },

  cooldownBaseMs: { group: "key-health", title: "First cooldown", unit: "milliseconds" },
  cooldownMaxMs: { group: "key-health", title: "Longest cooldown", unit: "milliseconds" },
  retryAfterMaxMs: { group: "key-health", title: "Longest Retry-After", unit: "milliseconds" },

  requestContent: { group: "content", title: "What is kept of bodies" },
  maxContentBytes: { group: "content", title: "Longest body that is kept", unit: "bytes" },

  logRetentionDays: { group: "retention", title: "Request log", unit: "days" },
  auditRetentionDays: { group: "retention", title: "Audit log", unit: "days" },
  usageRetentionDays: { group: "retention", title: "Usage", unit: "days" },
  configHistoryDays: { group: "retention", title: "History of the configuration", unit: "days" },
  fileRetentionDays: { group: "retention", title: "Files", unit: "days" },
  filesMaxBytes: { group: "retention", title: "Room for files", unit: "bytes" },
  storedResponseDays: { group: "retention", title: "Responses kept for clients", unit: "days" },
  storedResponseMaxBytes: { group: "retention", title: "Room for kept responses", unit: "bytes" },
};

export interface SettingInfo extends Required<Omit<Entry, "unit">> {
  readonly key: keyof Settings;
  readonly unit: SettingUnit | null;
  readonly description: string;
  readonly defaultValue: unknown;
  /** JSON Schema of the value. */
  readonly schema: object;
}

/** Everything that can be set. Made when first asked for: a start needs none of it. */
export function settingCatalogue(): ReadonlyMap<string, SettingInfo> {
  catalogue ??= new Map((Object.keys(ENTRIES) as (keyof Settings)[]).map((key) => [key, describe(key)]));
  return catalogue;
}

let catalogue: ReadonlyMap<string, SettingInfo> | null = null;

function describe(key: keyof Settings): SettingInfo {
  const { unit = null, secret = false, restartRequired = false, ...entry } = ENTRIES[key];
  const { $schema: _, description = "", ...schema } = z.toJSONSchema(settingsSchema.shape[key], { io: "input" });
  return { key, ...entry, unit, secret, restartRequired, description, defaultValue: DEFAULT_SETTINGS[key], schema };
}
