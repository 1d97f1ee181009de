import "./lib/zod-config.ts";
import * as z from "zod/mini";
import { ALERT_CHANNEL_KINDS, ALERT_GROUPINGS, SEVERITIES } from "./alert-rule.ts";
import { ConfigError } from "./config.ts";
import { MODEL_CAPABILITIES } from "./llm/model-capabilities.ts";
import { CONTENT_POLICIES, PROVIDER_KINDS, QUIRKS, STRATEGIES } from "./llm/names.ts";
import { settingsSchema } from "./settings.ts";
import { traitOverridesSchema } from "./trait-overrides.ts";

const text = z.string().check(z.minLength(1));
const name = z
  .string()
  .check(z.minLength(1), z.maxLength(200), z.regex(/^\P{Cc}*$/u, "must not hold control characters"));
const providerName = name.check(z.regex(/^[^/]*$/, "must not hold a slash, which separates provider and model"));
const address = z.optional(z.url({ protocol: /^https?$/ }));
const memo = z.optional(z.string());
const enabled = z._default(z.boolean(), true);
const weight = z._default(z.int().check(z.gte(1), z.lte(10_000)), 1);
const priority = z._default(z.int().check(z.gte(0), z.lte(1_000_000)), 0);
const usd = z.number().check(z.gte(0));
const optionalUsd = z._default(z.nullable(usd), null);

const tags = z.optional(z.array(name)).check(z.describe("Without a word they stay as they are"));

const key = z.strictObject({
  name: z.optional(name),
  secret: z.optional(text).check(z.describe("Needed for a new key; without it the stored one stays, and its proxy")),
  weight,
  priority,
  enabled,
  tags,
  userAgent: z.optional(z.string().check(z.minLength(1), z.maxLength(500))),
  proxyUrl: z.optional(z.nullable(z.url({ protocol: /^https?$/ }))),
  memo,
});

const quirks = z.array(z.enum(QUIRKS));

const provider = z.strictObject({
  preset: z
    .optional(text)
    .check(z.describe("A vendor of docs/vendors.md: gives name, kind, baseUrl and quirks where they are not said")),
  name: z.optional(providerName).check(z.describe("Needed without a preset")),
  kind: z.optional(z.enum(PROVIDER_KINDS)).check(z.describe("Needed without a preset")),
  baseUrl: address,
  quirks: z
    .optional(quirks)
    .check(z.describe("Habits that the upstream has; those that it turns out to have are learned besides")),
  ignoredQuirks: z._default(quirks, []).check(z.describe("Habits that it does not have, whatever is learned")),
  apiVersion: z.optional(text),
  botId: z.optional(text),
  strategy: z._default(z.enum(STRATEGIES), "round_robin"),
  enabled,
  memo,
  keys: z._default(z.array(key), []),
});

const price = z.strictObject({
  input: usd,
  output: usd,
  cacheRead: optionalUsd,
  cacheWrite: optionalUsd,
  reasoning: z.optional(z.nullable(usd)),
  perRequest: z.optional(z.nullable(usd)).check(z.describe("For each request, besides its tokens")),
  since: z.optional(z.iso.datetime()).check(z.describe("When somebody named it; kept while the price stays")),
});

const tokens = z.optional(z.nullable(z.int().check(z.gte(1), z.lte(1_000_000_000))));

const model = z.strictObject({
  name,
  aliases: z._default(z.array(name), []),
  displayName: z.optional(z.nullable(z.string().check(z.maxLength(200)))),
  description: z.optional(z.string()),
  capabilities: z
    .optional(z.array(z.enum(MODEL_CAPABILITIES)))
    .check(z.describe("Without a word they stay as they are")),
  contextWindow: tokens,
  maxOutputTokens: tokens,
  enabled,
  price: z.optional(price).check(z.describe("USD per million tokens")),
  targets: z.array(
    z.strictObject({
      provider: name,
      model: name,
      priority,
      weight,
      enabled,
      traits: z
        .optional(traitOverridesSchema)
        .check(z.describe("What the upstream's model takes, where Sluice does not know it")),
    }),
  ),
});

const clientKey = z.strictObject({
  name,
  secret: z.optional(z.string().check(z.minLength(8), z.maxLength(512))),
  enabled,
  expiresAt: z.optional(z.iso.datetime()),
  allowedModels: z._default(z.array(name), []),
  requestContent: z.optional(z.enum(CONTENT_POLICIES)),
  strictParameters: z
    ._default(z.boolean(), false)
    .check(z.describe("Refuse a request when a field of it cannot be sent to the upstream, instead of leaving it out")),
  tags,
  memo,
});

const record = z.record(z.string(), z.unknown());
const names = z.optional(z.array(name));

const alertChannel = z.strictObject({
  name,
  enabled,
  kind: z.optional(z.enum(ALERT_CHANNEL_KINDS)).check(z.describe("Said by an export; a channel stays of its kind")),
  config: z
    .optional(record)
    .check(
      z.describe(
        "As AlertChannelConfigInput: one of webhook, email, slack, …; needed for a new channel, else the stored one stays",
      ),
    ),
});

const alertRule = z.strictObject({
  name,
  enabled,
  severity: z._default(z.enum(SEVERITIES), "WARNING"),
  condition: record.check(
    z.describe("As AlertConditionInput: one of keyInvalid, errorRate, budget, …, with all of its fields"),
  ),
  scope: z.optional(
    z.strictObject({
      providers: names,
      models: names,
      providerKeys: names.check(z.describe("provider/key")),
      clientKeys: names,
      per: z.optional(z.enum(ALERT_GROUPINGS)),
    }),
  ),
  forSeconds: z._default(z.int(), 0),
  cooldownSeconds: z._default(z.int(), 900),
  mutedUntil: z.optional(z.iso.datetime()),
  channels: names,
  memo,
});

/** The JSON document that CONFIG_FILE names; unknown keys are mistakes. `sluice config-schema` prints it as JSON Schema. */
const configFileSchema = z.strictObject({
  $schema: z.optional(z.string()),
  providers: z._default(z.array(provider), []),
  models: z._default(z.array(model), []),
  clientKeys: z._default(z.array(clientKey), []),
  settings: z._default(z.partial(settingsSchema), {}),
  alertChannels: z.optional(z.array(alertChannel)).check(z.describe("Without a word none is touched")),
  alertRules: z.optional(z.array(alertRule)).check(z.describe("Without a word none is touched")),
});

export type ConfigDocument = z.infer<typeof configFileSchema>;

export interface DocumentError {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** What the schema makes of a document; its settings are only those that it says. */
export function readDocument(
  value: unknown,
): { readonly document: ConfigDocument } | { readonly errors: readonly DocumentError[] } {
  const parsed = configFileSchema.safeParse(value);
  if (parsed.success) return { document: { ...parsed.data, settings: givenSettings(value, parsed.data.settings) } };
  return { errors: parsed.error.issues.map(({ path, message }) => ({ path, message })) };
}

/** Parses the file's text. Throws ConfigError with the path of the first bad value ("providers[0].kind: …"). */
export function parseConfigFile(text: string, path: string): ConfigDocument {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ConfigError(`${path}: is not valid JSON`);
  }
  const read = readDocument(value);
  if ("document" in read) return read.document;
  const [first] = read.errors;
  throw new ConfigError(`${path}: ${formatPath(first!.path)}: ${first!.message}`);
}

/** JSON Schema of the file, for editors. */
export function configFileJsonSchema(): unknown {
  return z.toJSONSchema(configFileSchema, { io: "input" });
}

/** Only what the file says: the defaults that the schema fills in must not override what a person set in the console. */
function givenSettings(document: unknown, settings: ConfigDocument["settings"]): ConfigDocument["settings"] {
  const given = (document as { settings?: Record<string, unknown> }).settings ?? {};
  return Object.fromEntries(Object.entries(settings).filter(([key]) => key in given));
}

/** "providers[0].keys[1].secret" */
export function formatPath(path: readonly PropertyKey[]): string {
  return (
    path
      .map((part, index) => (typeof part === "number" ? `[${part}]` : `${index === 0 ? "" : "."}${String(part)}`))
      .join("") || "(root)"
  );
}
