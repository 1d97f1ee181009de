import { z } from "zod";
import { CONTENT_POLICIES } from "./llm/names.ts";

const ms = (min: number, max: number) => z.int().min(min).max(max);
const MINUTE = 60_000;
const MIB = 1_048_576;

/** Everything that can be changed while Sluice runs. The configuration file's `settings`, the database and GraphQL read this schema. */
export const settingsSchema = z.strictObject({
  allowAnonymous: z
    .boolean()
    .default(false)
    .describe("Whether /v1 may be called without a client key (as the built-in client anonymous)"),
  maxAttempts: z.int().min(1).max(10).default(3).describe("Upstream calls per client request, at most"),
  connectTimeoutMs: ms(100, MINUTE).default(10_000).describe("Opening a connection to an upstream"),
  requestTimeoutMs: ms(1000, 3_600_000)
    .default(600_000)
    .describe("A whole request that is not a stream, all attempts together"),
  headersTimeoutMs: ms(100, 3_600_000).default(300_000).describe("Until a streaming upstream sends its headers"),
  firstTokenTimeoutMs: ms(100, 3_600_000).default(120_000).describe("Until a stream's first event"),
  streamIdleTimeoutMs: ms(100, 3_600_000).default(120_000).describe("Silence in the middle of a stream"),
  pingIntervalMs: ms(250, MINUTE).default(8_000).describe("Sign of life to a waiting stream client"),
  maxRequestBytes: z
    .int()
    .min(1024)
    .max(1024 * MIB)
    .default(32 * MIB)
    .describe("Request body"),
  maxResponseBytes: z
    .int()
    .min(1024)
    .max(1024 * MIB)
    .default(32 * MIB)
    .describe("Upstream answer that is not a stream"),
  maxEventBytes: z
    .int()
    .min(1024)
    .max(256 * MIB)
    .default(8 * MIB)
    .describe("One event of a stream"),
  maxJsonDepth: z.int().min(8).max(1024).default(128).describe("Nesting of a JSON body"),
  cooldownBaseMs: ms(10, MINUTE).default(1000).describe("First cooldown of a failing key; doubles each time"),
  cooldownMaxMs: ms(100, 3_600_000).default(60_000).describe("Longest cooldown without a Retry-After"),
  retryAfterMaxMs: ms(1000, 86_400_000).default(3_600_000).describe("Longest Retry-After that is obeyed"),
  requestContent: z.enum(CONTENT_POLICIES).default("none").describe("What is kept of bodies: none, metadata, full"),
  maxContentBytes: z
    .int()
    .min(0)
    .max(64 * MIB)
    .default(MIB)
    .describe("Longest body that is kept"),
  logRetentionDays: z.int().min(1).max(3650).default(30).describe("Days the request log is kept"),
  usageRetentionDays: z.int().min(1).max(3650).default(400).describe("Days the usage roll-ups are kept"),
});

export type Settings = z.infer<typeof settingsSchema>;
export const DEFAULT_SETTINGS: Settings = settingsSchema.parse({});
