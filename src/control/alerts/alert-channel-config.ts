import { Secret } from "../../lib/secret.ts";
import { invalid, ok, type Result, refuse } from "../user-errors.ts";
import { definedOnly } from "../writes.ts";
import type { ChannelConfig, GivenConfig } from "./alert-channel-input.ts";

/** What is stored of a configuration with the secrets that it does not name; `checkAddress` says what is wrong with where it leads. */
export function mergeConfig(
  checkAddress: (url: string) => string | null,
  { kind, name, config: given }: GivenConfig,
  secrets: Record<string, unknown>,
): Result<{ config: Secret; preview: string }> {
  const config = { ...BLANK, ...definedOnly(given), ...secrets, kind } as unknown as ChannelConfig;
  if (config.kind === "TELEGRAM" && !config.botToken) {
    return refuse(invalid(["config", name, "botToken"], "A bot's token is needed.", "REQUIRED"));
  }
  const [field, target] = targetOf(config);
  const refusal = checkAddress(target);
  if (refusal !== null) return refuse(invalid(["config", name, field], `This address ${refusal}`));
  return ok({ config: new Secret(JSON.stringify(config)), preview: previewOf(config) });
}

const BLANK = { secret: null, username: null, password: null, threadId: null };
export const SECRETS = ["secret", "password", "botToken"] as const;

/** A secret goes along only to where it went before: another address must not be able to learn it. */
export function keptSecrets({ config }: GivenConfig, before: Record<string, unknown>): Record<string, unknown> {
  const isSamePlace = (["url", "apiUrl", "host", "port"] as const).every((field) => config[field] === before[field]);
  const isKept = (name: (typeof SECRETS)[number]) => config[name] == null && before[name] != null;
  // A signing secret proves who we are and is never sent: it stays wherever the messages go.
  return Object.fromEntries(
    SECRETS.filter((name) => isKept(name) && (name === "secret" || isSamePlace)).map((name) => [name, before[name]]),
  );
}

function targetOf(config: ChannelConfig): readonly [field: string, url: string] {
  switch (config.kind) {
    case "EMAIL":
      return ["host", `https://${config.host.includes(":") ? `[${config.host}]` : config.host}:${config.port}`];
    case "TELEGRAM":
      return ["apiUrl", config.apiUrl];
    default:
      return ["url", config.url];
  }
}

/** Paths and queries of these addresses are credentials. */
function previewOf(config: ChannelConfig): string {
  switch (config.kind) {
    case "EMAIL":
      return `${config.to.join(", ")} by ${config.host}:${config.port}`.slice(0, 200);
    case "TELEGRAM":
      return `chat ${config.chatId} by bot ${config.botToken.split(":")[0]}`;
    default:
      return `${new URL(config.url).host}/…`;
  }
}
