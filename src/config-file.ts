import { z } from "zod";
import { ConfigError } from "./config.ts";
import { PROVIDER_KINDS, STRATEGIES } from "./llm/names.ts";
import { settingsSchema } from "./settings.ts";

/** The JSON document that CONFIG_FILE names; unknown keys are mistakes. `sluice config-schema` prints it as JSON Schema. */
const name = z
  .string()
  .min(1)
  .max(200)
  .regex(/^\P{Cc}*$/u, "must not hold control characters");

export const configFileSchema = z.strictObject({
  $schema: z.string().optional(),
  providers: z
    .array(
      z.strictObject({
        name: name.regex(/^[^/]*$/, "must not hold a slash, which separates provider and model"),
        kind: z.enum(PROVIDER_KINDS),
        baseUrl: z.url({ protocol: /^https?$/ }).optional(),
        apiVersion: z.string().min(1).optional(),
        botId: z.string().min(1).optional(),
        strategy: z.enum(STRATEGIES).default("round_robin"),
        enabled: z.boolean().default(true),
        memo: z.string().optional(),
        keys: z
          .array(
            z.strictObject({
              name: name.optional(),
              secret: z.string().min(1),
              weight: z.int().min(1).max(1000).default(1),
              priority: z.int().min(0).max(1000).default(0),
              enabled: z.boolean().default(true),
              userAgent: z.string().min(1).max(500).optional(),
              proxyUrl: z.url({ protocol: /^https?$/ }).optional(),
              memo: z.string().optional(),
            }),
          )
          .default([]),
      }),
    )
    .default([]),
  models: z
    .array(
      z.strictObject({
        name,
        aliases: z.array(name).default([]),
        description: z.string().optional(),
        enabled: z.boolean().default(true),
        price: z
          .strictObject({
            input: z.number().min(0),
            output: z.number().min(0),
            cacheRead: z.number().min(0).nullable().default(null),
            cacheWrite: z.number().min(0).nullable().default(null),
          })
          .optional()
          .describe("USD per million tokens"),
        targets: z
          .array(
            z.strictObject({
              provider: name,
              model: name,
              priority: z.int().min(0).max(1000).default(0),
              weight: z.int().min(1).max(1000).default(1),
              enabled: z.boolean().default(true),
            }),
          )
          .min(1),
      }),
    )
    .default([]),
  clientKeys: z
    .array(
      z.strictObject({
        name,
        secret: z.string().min(8).max(512).optional(),
        enabled: z.boolean().default(true),
        expiresAt: z.iso.datetime().optional(),
        allowedModels: z.array(name).default([]),
        requestContent: z.enum(["none", "metadata", "full"]).optional(),
        memo: z.string().optional(),
      }),
    )
    .default([]),
  settings: settingsSchema.partial().default({}),
});

export type ConfigFile = z.infer<typeof configFileSchema>;

/** Parses the document. Throws ConfigError with the path of the first bad value ("providers[0].kind: …"). */
export function parseConfigFile(text: string, path: string): ConfigFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ConfigError(`${path}: is not valid JSON`);
  }
  const parsed = configFileSchema.safeParse(value);
  if (parsed.success) return { ...parsed.data, settings: givenSettings(value, parsed.data.settings) };
  const issue = parsed.error.issues[0]!;
  throw new ConfigError(`${path}: ${formatPath(issue.path)}: ${issue.message}`);
}

/** JSON Schema of the file, for editors. */
export function configFileJsonSchema(): unknown {
  return z.toJSONSchema(configFileSchema, { io: "input" });
}

/** Only what the file says: the defaults that the schema fills in must not override what a person set in the console. */
function givenSettings(document: unknown, settings: ConfigFile["settings"]): ConfigFile["settings"] {
  const given = (document as { settings?: Record<string, unknown> }).settings ?? {};
  return Object.fromEntries(Object.entries(settings).filter(([key]) => key in given));
}

function formatPath(path: readonly PropertyKey[]): string {
  return (
    path
      .map((part, index) => (typeof part === "number" ? `[${part}]` : `${index === 0 ? "" : "."}${String(part)}`))
      .join("") || "(root)"
  );
}
