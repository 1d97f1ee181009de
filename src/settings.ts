import "./lib/zod-config.ts";
import * as z from "zod/mini";
import { CONTENT_POLICIES } from "./llm/names.ts";

const MINUTE = 60_000;
const MIB = 1_048_576;

interface Range {
  readonly from: number;
  readonly to: number;
  readonly standard: number;
}

const whole = ({ from, to, standard }: Range, meaning: string) =>
  z._default(z.int().check(z.gte(from), z.lte(to), z.describe(meaning)), standard);

/** Everything that can be changed while Sluice runs. The configuration file's `settings`, the database and GraphQL read this schema. */
export const settingsSchema = z.strictObject({
  allowAnonymous: z._default(
    z.boolean().check(z.describe("Whether /v1 may be called without a client key (as the built-in client anonymous)")),
    false,
  ),
  maxAttempts: whole({ from: 1, to: 10, standard: 3 }, "Upstream calls per client request, at most"),
  connectTimeoutMs: whole({ from: 100, to: MINUTE, standard: 10_000 }, "Opening a connection to an upstream"),
  requestTimeoutMs: whole(
    { from: 1000, to: 3_600_000, standard: 600_000 },
    "A whole request that is not a stream, all attempts together",
  ),
  headersTimeoutMs: whole(
    { from: 100, to: 3_600_000, standard: 300_000 },
    "Until a streaming upstream sends its headers",
  ),
  firstTokenTimeoutMs: whole({ from: 100, to: 3_600_000, standard: 120_000 }, "Until a stream's first event"),
  streamIdleTimeoutMs: whole({ from: 100, to: 3_600_000, standard: 120_000 }, "Silence in the middle of a stream"),
  pingIntervalMs: whole({ from: 250, to: MINUTE, standard: 8_000 }, "Sign of life to a waiting stream client"),
  maxRequestBytes: whole({ from: 1024, to: 1024 * MIB, standard: 32 * MIB }, "Request body"),
  maxResponseBytes: whole({ from: 1024, to: 1024 * MIB, standard: 32 * MIB }, "Upstream answer that is not a stream"),
  maxEventBytes: whole({ from: 1024, to: 256 * MIB, standard: 8 * MIB }, "One event of a stream"),
  maxJsonDepth: whole({ from: 8, to: 1024, standard: 128 }, "Nesting of a JSON body"),
  cooldownBaseMs: whole({ from: 10, to: MINUTE, standard: 1000 }, "First cooldown of a failing key; doubles each time"),
  cooldownMaxMs: whole({ from: 100, to: 3_600_000, standard: 60_000 }, "Longest cooldown without a Retry-After"),
  retryAfterMaxMs: whole({ from: 1000, to: 86_400_000, standard: 3_600_000 }, "Longest Retry-After that is obeyed"),
  requestContent: z._default(
    z.enum(CONTENT_POLICIES).check(z.describe("What is kept of bodies: none, metadata, full")),
    "none",
  ),
  maxContentBytes: whole({ from: 0, to: 64 * MIB, standard: MIB }, "Longest body that is kept"),
  logRetentionDays: whole({ from: 1, to: 3650, standard: 30 }, "Days the request log is kept"),
  storedResponseDays: whole(
    { from: 0, to: 3650, standard: 30 },
    "Days that answers of /v1/responses are kept for upstreams that keep none; 0 keeps none here either",
  ),
  storedResponseMaxBytes: whole(
    { from: MIB, to: 1024 * 1024 * MIB, standard: 1024 * MIB },
    "All of them together, compressed: the conversations that rest the longest go first",
  ),
  configHistoryDays: whole({ from: 1, to: 3650, standard: 365 }, "Days the history of the configuration is kept"),
  auditRetentionDays: whole({ from: 1, to: 3650, standard: 400 }, "Days the audit log is kept"),
  maxFileBytes: whole({ from: 1024, to: 1000 * MIB, standard: 512 * MIB }, "One uploaded file"),
  filesMaxBytes: whole({ from: MIB, to: 1024 * 1024 * MIB, standard: 10 * 1024 * MIB }, "All uploaded files together"),
  fileRetentionDays: whole(
    { from: 0, to: 3650, standard: 0 },
    "Days that a file is kept whose uploader set no time; 0 keeps it until somebody deletes it",
  ),
  usageRetentionDays: whole({ from: 1, to: 3650, standard: 400 }, "Days the usage roll-ups are kept"),
});

export type Settings = z.infer<typeof settingsSchema>;
export const DEFAULT_SETTINGS: Settings = settingsSchema.parse({});

/** What the environment or the configuration file says while the process runs: it stands before what is stored and locks it. */
export type FixedSettings = Readonly<Record<string, FixedSetting | undefined>>;
export interface FixedSetting {
  readonly value: unknown;
  readonly source: "env" | "file";
  /** Where a person has to look to change it. */
  readonly variable: string;
}

/** Fixed before stored before default. A stored value that no longer fits its schema must not stop the gateway: its default holds. */
export function effectiveSettings(stored: Readonly<Record<string, unknown>>, fixed: FixedSettings): Settings {
  const values: Record<string, unknown> = {};
  for (const [key, schema] of Object.entries(settingsSchema.shape)) {
    const parsed = schema.safeParse(fixed[key]?.value ?? stored[key]);
    if (parsed.success) values[key] = parsed.data;
  }
  return settingsSchema.parse(values);
}
