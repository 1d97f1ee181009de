import type { Call } from "./cli.ts";
import { CommandFailed, UsageError } from "./failure.ts";
import { Gateway } from "./gateway.ts";

export function connect({ options, env }: Call): Gateway {
  return new Gateway({ url: text(options.url), tokenFile: text(options["token-file"]) }, env);
}

export function text(value: string | boolean | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function list(value: string | boolean | undefined): string[] | undefined {
  return text(value)
    ?.split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

export function count(name: string, value: string | boolean | undefined, fallback: number): number {
  const given = text(value);
  const number = given === undefined ? fallback : Number(given);
  if (!Number.isInteger(number) || number < 0) throw new UsageError(`--${name}: must be a whole number`);
  return number;
}

/** The command's one word: a file, or `-` for standard input. */
export async function readGiven({ positionals }: Call): Promise<string> {
  const [path] = positionals;
  if (path === undefined) throw new UsageError("a file is needed, or - for standard input");
  try {
    return await (path === "-" ? Bun.stdin : Bun.file(path)).text();
  } catch {
    throw new CommandFailed(`${path} cannot be read`);
  }
}
