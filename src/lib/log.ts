/**
 * Structured logs: one JSON object a line on stdout. Fields are typed on purpose: numbers, short strings, booleans. Errors,
 * bodies, headers and URLs with queries do not fit through here, so a secret cannot either.
 */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly format: "json" | "pretty";
  readonly write?: (line: string) => void;
}

export function createLogger(options: LoggerOptions): Logger {
  const threshold = LOG_LEVELS.indexOf(options.level);
  const write = options.write ?? ((line: string) => void process.stdout.write(line));
  const format = options.format === "json" ? formatJson : formatPretty;
  const at = (level: LogLevel) => (message: string, fields?: LogFields) => {
    if (LOG_LEVELS.indexOf(level) >= threshold) write(format(level, message, fields ?? {}));
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** The text of an unknown error for the operator's log: its message without stack, at most 300 characters, one line. */
export function errorText(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return maskSecrets(text.replace(/[\r\n]+/g, " ")).slice(0, 300);
}

const KEY_SHAPED = /\b(?:sk|pk|rk|gsk|xai|AIza|adm|Bearer)[-_ ]?[A-Za-z0-9_\-*.]{8,}/g;

/** Takes out what looks like a key, for texts that others wrote (an upstream may echo the key it was sent). */
export function maskSecrets(text: string): string {
  return text.replace(KEY_SHAPED, (found) => `${found.slice(0, 3)}…`);
}

function formatJson(level: LogLevel, message: string, fields: LogFields): string {
  return `${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`;
}

function formatPretty(level: LogLevel, message: string, fields: LogFields): string {
  const rest = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${typeof value === "string" && /\s/.test(value) ? JSON.stringify(value) : value}`)
    .join("");
  return `${new Date().toISOString().slice(11, 23)} ${level.toUpperCase().padEnd(5)} ${message}${rest}\n`;
}
