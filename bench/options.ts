import { parseArgs } from "node:util";
import { scenarioNames } from "./scenarios.ts";

export interface Options {
  readonly rounds: number;
  /** Length of one measured window. */
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** Before the first window of each scenario: what a just-in-time compiler does once is no part of a request. */
  readonly firstWarmUpSeconds: number;
  /** Streams held open at once in the crowd scenario. */
  readonly streams: number;
  /** How many times the process is started for each start-up figure. */
  readonly starts: number;
  /** The scenarios to run. */
  readonly only: ReadonlySet<string>;
  readonly sluiceCommand?: string;
  readonly portkey: boolean;
  readonly jsonFile?: string;
  readonly gate: boolean;
}

export const usage = `bun bench/main.ts [options]

  --quick             one short round: does everything still run? (its figures are not to be quoted)
  --rounds N          interleaved rounds (5)
  --seconds S         length of one measured window (3)
  --only NAMES        comma separated: ${scenarioNames.join(", ")}
  --sluice "CMD"      how Sluice is started (dist/sluice when it is built, else bun src/main.ts)
  --portkey           measure Portkey too (installed from npm into bench/out)
  --streams N         streams held open at once (2000)
  --starts N          starts per start-up figure (11)
  --json FILE         write every figure
  --gate              exit 1 when a CPU ratio misses its must (needs 5 rounds)
`;

/** Reads the command line; throws an Error whose message is meant for the user. */
export function readOptions(args: readonly string[]): Options | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: "boolean", short: "h" },
      quick: { type: "boolean" },
      rounds: { type: "string" },
      seconds: { type: "string" },
      only: { type: "string" },
      sluice: { type: "string" },
      portkey: { type: "boolean" },
      streams: { type: "string" },
      starts: { type: "string" },
      json: { type: "string" },
      gate: { type: "boolean" },
    },
  });
  if (values.help) return "help";
  const quick = values.quick ?? false;
  return {
    rounds: Math.ceil(readNumber("rounds", values.rounds, quick ? 1 : 5)),
    seconds: readNumber("seconds", values.seconds, quick ? 1 : 3),
    warmUpSeconds: quick ? 0.5 : 1,
    firstWarmUpSeconds: quick ? 0.5 : 8,
    streams: Math.ceil(readNumber("streams", values.streams, 2_000)),
    starts: Math.ceil(readNumber("starts", values.starts, quick ? 3 : 11)),
    only: readNames(values.only),
    sluiceCommand: values.sluice,
    portkey: values.portkey ?? false,
    jsonFile: values.json,
    gate: values.gate ?? false,
  };
}

function readNumber(name: string, text: string | undefined, byDefault: number): number {
  if (text === undefined) return byDefault;
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} wants a number above 0, not "${text}"`);
  return value;
}

function readNames(text: string | undefined): ReadonlySet<string> {
  const names = text === undefined ? scenarioNames : text.split(",").map((name) => name.trim());
  for (const name of names) {
    if (!scenarioNames.includes(name)) throw new Error(`--only: no "${name}"; there are ${scenarioNames.join(", ")}`);
  }
  return new Set(names);
}
