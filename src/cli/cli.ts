import { parseArgs } from "node:util";
import { errorText } from "../lib/log.ts";
import { CLI_HELP, type COMMANDS } from "./commands.ts";
import { CommandFailed, UsageError } from "./failure.ts";
import { type Output, openOutput } from "./output.ts";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

export type Options = Readonly<Record<string, string | boolean | undefined>>;
export interface Call {
  readonly options: Options;
  readonly positionals: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: Output;
}

/** Words and switches that a command takes beside those that all take. */
export interface Command {
  readonly texts: readonly string[];
  readonly switches: readonly string[];
  /** How many words may follow, at most. */
  readonly words: number;
  run(call: Call): Promise<void>;
}

type Loaded = Readonly<Record<string, Command>>;

/** Loaded when asked for: a command needs one of them, a server none. */
const FAMILIES: Record<(typeof COMMANDS)[number], () => Promise<Loaded>> = {
  keys: async () => (await import("./keys.ts")).keyCommands,
  usage: async () => (await import("./usage.ts")).usageCommands,
  requests: async () => (await import("./requests.ts")).requestCommands,
  config: async () => (await import("./config.ts")).configCommands,
  backup: async () => (await import("./backup.ts")).backupCommands,
  doctor: async () => (await import("./doctor.ts")).doctorCommands,
};

/** Runs one command; the answer is the exit code: 0 done, 1 failed, 2 not understood. */
export async function runCommand(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  try {
    const [family = "", ...rest] = args;
    if (rest.includes("--help") || rest.includes("-h")) {
      process.stdout.write(helpOf(family));
      return 0;
    }
    const commands = await FAMILIES[family as (typeof COMMANDS)[number]]();
    // A family of one command has no second word.
    const verb = "" in commands ? "" : (rest.shift() ?? "");
    const command = commands[verb];
    if (command === undefined) {
      throw new UsageError(`sluice ${family} needs one of: ${Object.keys(commands).join(", ")}`);
    }
    const { values, positionals } = read(command, rest);
    await command.run({ options: values, positionals, env, out: openOutput(values.json === true) });
    return 0;
  } catch (error) {
    const isKnown = error instanceof CommandFailed || error instanceof UsageError;
    process.stderr.write(`sluice: ${isKnown ? error.message : errorText(error)}\n`);
    return error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED;
  }
}

/** What concerns one family, and what all of them take. */
function helpOf(family: string): string {
  const lines = CLI_HELP.split("\n").filter((line) => line.includes(`sluice ${family} `) || line.startsWith("    "));
  return `${lines.join("\n")}\n`;
}

function read(
  { texts, switches, words }: Command,
  args: readonly string[],
): { values: Options; positionals: string[] } {
  const options: Record<string, { type: "string" | "boolean" }> = {};
  for (const name of ["url", "token-file", ...texts]) options[name] = { type: "string" };
  for (const name of ["json", ...switches]) options[name] = { type: "boolean" };
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    if (positionals.length > words) throw new UsageError(`there is a word too many: ${positionals[words]}`);
    return { values: values as Options, positionals };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(error instanceof Error ? error.message : "the flags cannot be read");
  }
}
