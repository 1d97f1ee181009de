import "./lib/zod-config.ts";
import * as z from "zod/mini";
import { type AllowRule, EgressError, parseAllowRules } from "./lib/egress.ts";
import { LOG_LEVELS, type LogLevel } from "./lib/log.ts";
import { Secret } from "./lib/secret.ts";

/** What is fixed at start: environment and flags. What can change while running stands in settings.ts. */
export interface Config {
  readonly port: number;
  readonly host: string;
  readonly dataDir: string;
  readonly configFile: string | null;
  readonly adminToken: Secret | null;
  /** 32 bytes, or null: read or made in the data directory. */
  readonly masterKey: Uint8Array | null;
  readonly allowPrivate: readonly AllowRule[];
  /** CIDRs of proxies in front whose word about the client's address counts. */
  readonly trustedProxies: readonly string[];
  readonly logLevel: LogLevel;
  readonly logFormat: "json" | "pretty";
  readonly basePath: string;
  /** Null: the environment says nothing, the setting counts. */
  readonly allowAnonymous: boolean | null;
  readonly quickStart: QuickStart | null;
  /** Null: the environment names no OpenID Connect provider. */
  readonly oidc: OidcVariables | null;
  /** Proxy variables of the environment, which fetch obeys behind our back: reported at start. */
  readonly environmentProxies: readonly string[];
}

/** The provider that a new data directory begins with. */
export interface QuickStart {
  readonly kind: string;
  readonly baseUrl: string | null;
  readonly secret: Secret;
  readonly actualName: string | null;
}

/** The provider by whose word people may sign in, as the environment writes it; control/people/oidc/environment.ts reads it. */
export interface OidcVariables {
  readonly OIDC_ISSUER: string;
  readonly OIDC_CLIENT_ID?: string | undefined;
  readonly OIDC_CLIENT_SECRET?: string | undefined;
  readonly OIDC_LABEL?: string | undefined;
  readonly OIDC_EMAIL_DOMAINS?: string | undefined;
  readonly OIDC_ROLE_CLAIM?: string | undefined;
  readonly OIDC_ROLES?: string | undefined;
  readonly OIDC_DEFAULT_ROLE?: string | undefined;
}

/** A start-up mistake of the operator: names the variable, needs no stack. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

const flag = z.pipe(
  z.enum(["true", "false", "1", "0", "yes", "no"]),
  z.transform((value) => value === "true" || value === "1" || value === "yes"),
);
const text = z.string().check(z.minLength(1));
const givenText = z.optional(text);

const environmentSchema = z.object({
  PORT: z._default(z.coerce.number().check(z.int(), z.gte(0), z.lte(65535)), 8000),
  HOST: z._default(text, "127.0.0.1"),
  DATA_DIR: z._default(text, "./data"),
  CONFIG_FILE: givenText,
  ADMIN_TOKEN: z.optional(z.string().check(z.minLength(8, "must have at least 8 characters"))),
  MASTER_KEY: z.optional(z.string()),
  MASTER_KEY_FILE: givenText,
  ALLOW_PRIVATE_UPSTREAMS: z.optional(z.string()),
  TRUSTED_PROXIES: z.optional(z.string()),
  LOG_LEVEL: z._default(z.enum(LOG_LEVELS), "info"),
  LOG_FORMAT: z._default(z.enum(["json", "pretty"]), "json"),
  BASE_PATH: z._default(
    z.string().check(z.regex(/^\/([\w.-]+(\/[\w.-]+)*\/?)?$/, "must be a path such as /sluice")),
    "/",
  ),
  ALLOW_ANONYMOUS_ACCESS: z.optional(flag),
  OIDC_ISSUER: givenText,
  OIDC_CLIENT_ID: givenText,
  OIDC_CLIENT_SECRET: givenText,
  OIDC_LABEL: givenText,
  OIDC_EMAIL_DOMAINS: givenText,
  OIDC_ROLE_CLAIM: givenText,
  OIDC_ROLES: givenText,
  OIDC_DEFAULT_ROLE: givenText,
  OPENAI_API_KEY: givenText,
  ANTHROPIC_API_KEY: givenText,
  GEMINI_API_KEY: givenText,
  TYPE: givenText,
  API_KEY: givenText,
  BASE_URL: givenText,
  ACTUAL_NAME: givenText,
  DATABASE_URL: z.optional(z.string()),
  REDIS_URL: z.optional(z.string()),
});

const LOOPBACK_HOSTS = new Set(["127.0.0.1", "localhost", "::1", "[::1]"]);

/**
 * Reads environment and flags (`--data-dir X` and `--data-dir=X` set DATA_DIR, and so on; a flag wins). Throws ConfigError that
 * names the bad variable. `readFile` reads MASTER_KEY_FILE.
 */
export function readConfig(
  env: Readonly<Record<string, string | undefined>>,
  flags: readonly string[],
  readFile: (path: string) => string,
): Config {
  const given: Record<string, string | undefined> = {};
  for (const name of Object.keys(environmentSchema.shape)) given[name] = env[name] === "" ? undefined : env[name];
  Object.assign(given, readFlags(flags));
  const parsed = environmentSchema.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new ConfigError(`${String(issue.path[0])}: ${issue.message}`);
  }
  const values = parsed.data;
  for (const name of ["DATABASE_URL", "REDIS_URL"] as const) {
    if (values[name] !== undefined) {
      throw new ConfigError(`${name}: several nodes sharing state are not supported yet; unset it to run on one node`);
    }
  }
  return {
    port: values.PORT,
    host: values.HOST,
    dataDir: values.DATA_DIR,
    configFile: values.CONFIG_FILE ?? null,
    adminToken: values.ADMIN_TOKEN === undefined ? null : new Secret(values.ADMIN_TOKEN),
    masterKey: readMasterKey(values.MASTER_KEY, values.MASTER_KEY_FILE, readFile),
    allowPrivate: readAllowRules(values.ALLOW_PRIVATE_UPSTREAMS, values.HOST),
    trustedProxies: readTrustedProxies(values.TRUSTED_PROXIES),
    logLevel: values.LOG_LEVEL,
    logFormat: values.LOG_FORMAT,
    basePath: values.BASE_PATH === "/" ? "" : values.BASE_PATH.replace(/\/$/, ""),
    allowAnonymous: values.ALLOW_ANONYMOUS_ACCESS ?? null,
    quickStart: readQuickStart(values),
    oidc: values.OIDC_ISSUER === undefined ? null : { ...values, OIDC_ISSUER: values.OIDC_ISSUER },
    environmentProxies: ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"].filter((name) => env[name]),
  };
}

/** As a person on this machine would type it: a listener on all addresses is reached on loopback. */
export function reachableHost(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}

function readFlags(flags: readonly string[]): Record<string, string> {
  const values: Record<string, string> = {};
  for (let index = 0; index < flags.length; index++) {
    const flagText = flags[index]!;
    const match = /^--([a-z][a-z-]*)(?:=(.*))?$/.exec(flagText);
    const given = match?.[1] === "config" ? "CONFIG_FILE" : (match?.[1]?.toUpperCase().replaceAll("-", "_") ?? "");
    if (!(given in environmentSchema.shape)) throw new ConfigError(`${flagText}: there is no such flag`);
    const value = match?.[2] ?? flags[++index];
    if (value === undefined) throw new ConfigError(`${flagText}: needs a value`);
    values[given] = value;
  }
  return values;
}

function readMasterKey(
  text: string | undefined,
  file: string | undefined,
  readFile: (path: string) => string,
): Uint8Array | null {
  if (text !== undefined) return decodeMasterKey(text, "MASTER_KEY");
  if (file === undefined) return null;
  try {
    return decodeMasterKey(readFile(file), "MASTER_KEY_FILE");
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError("MASTER_KEY_FILE: the file cannot be read");
  }
}

/** 32 bytes in base64. Throws ConfigError. */
export function decodeMasterKey(text: string, source: string): Uint8Array {
  const bytes = Buffer.from(text.trim(), "base64");
  if (bytes.length !== 32) throw new ConfigError(`${source}: must be 32 bytes in base64 (openssl rand -base64 32)`);
  return bytes;
}

/** Without a word from the operator, loopback upstreams (Ollama, vLLM) are fine for a gateway that itself listens on loopback. */
function readAllowRules(text: string | undefined, host: string): readonly AllowRule[] {
  try {
    return parseAllowRules(text ?? (LOOPBACK_HOSTS.has(host) ? "127.0.0.0/8,::1" : ""));
  } catch (error) {
    throw new ConfigError(
      `ALLOW_PRIVATE_UPSTREAMS: ${error instanceof EgressError ? error.message : "is not readable"}`,
    );
  }
}

function readTrustedProxies(text: string | undefined): readonly string[] {
  try {
    const rules = parseAllowRules(text ?? "");
    if (rules.some(({ port }) => port !== null)) throw new EgressError("a proxy's address has no port here");
    return rules.map(({ cidr }) => cidr);
  } catch (error) {
    throw new ConfigError(`TRUSTED_PROXIES: ${error instanceof EgressError ? error.message : "is not readable"}`);
  }
}

function readQuickStart(values: z.infer<typeof environmentSchema>): QuickStart | null {
  const start = (kind: string, secret: string): QuickStart => ({
    kind,
    baseUrl: values.BASE_URL ?? null,
    secret: new Secret(secret),
    actualName: values.ACTUAL_NAME ?? null,
  });
  if (values.API_KEY !== undefined) return start(values.TYPE ?? "openai", values.API_KEY);
  if (values.OPENAI_API_KEY !== undefined) return start("openai", values.OPENAI_API_KEY);
  if (values.ANTHROPIC_API_KEY !== undefined) return start("anthropic", values.ANTHROPIC_API_KEY);
  return values.GEMINI_API_KEY === undefined ? null : start("gemini", values.GEMINI_API_KEY);
}
