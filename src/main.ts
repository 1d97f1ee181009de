import { readFileSync } from "node:fs";
import { join } from "node:path";
import packageJson from "../package.json" with { type: "json" };
import type { App } from "./app.ts";
import { CLI_HELP, COMMANDS } from "./cli/commands.ts";
import { type Config, ConfigError, reachableHost, readConfig } from "./config.ts";
import { type ConsoleSource, readConsole } from "./http/console.ts";
import { createLogger, errorText, type Logger } from "./lib/log.ts";
import { makeHelpersGiveWay } from "./lib/thread-priority.ts";
import { restartWithRuntimeOptions } from "./runtime-options.ts";
import { giveBackStartCode } from "./start-code.ts";
import { StoreError } from "./store/store-error.ts";

const DRAIN_MS = 30_000;
/** After the start, and after the first round of the jobs that come every ten seconds. */
const REST_AFTER_MS = [1000, 15_000] as const;
/** Exit code for a mistake in environment, flags or configuration file. */
const EXIT_CONFIG = 2;

/** build.ts stamps the commit; from source there is none. */
const VERSION = [packageJson.version, process.env.SLUICE_COMMIT && `(${process.env.SLUICE_COMMIT})`]
  .filter(Boolean)
  .join(" ");

const HELP = `sluice ${VERSION}: LLM gateway

  sluice [--port 8000] [--host 127.0.0.1] [--data-dir ./data] [--config FILE] …   serve (each environment variable is a flag too)
  sluice health [--port 8000]       exit 0 when a gateway on this machine answers
  sluice config-schema              print the JSON Schema of the configuration file
${CLI_HELP}  sluice --version
  --env-file FILE                   read environment variables from FILE
`;

/** The whole program. `embedded`: the console inside the binary; from source it is read from dist/console. */
export async function main(embedded: ConsoleSource | null): Promise<void> {
  // Whoever read the log may be gone (`sluice | head`); that must not end the gateway.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  const args = process.argv.slice(2);
  try {
    takeEnvFile(args);
    const [command] = args;
    if (command === "--help" || command === "-h" || command === "help") return void process.stdout.write(HELP);
    if (command === "--version") return void process.stdout.write(`${VERSION}\n`);
    if (command === "config-schema") {
      const { configFileJsonSchema } = await import("./config-file.ts");
      return void process.stdout.write(`${JSON.stringify(configFileJsonSchema(), null, 2)}\n`);
    }
    if (COMMANDS.some((name) => name === command)) {
      // Loaded only here: a server needs none of it.
      const { runCommand } = await import("./cli/cli.ts");
      process.exit(await runCommand(args, process.env));
    }
    const isHealth = command === "health";
    const config = readConfig(process.env, isHealth ? args.slice(1) : args, (path) => readFileSync(path, "utf8"));
    if (isHealth) return await checkHealth(config);
    restartWithRuntimeOptions();
    await run(config, embedded ?? readConsole(join(import.meta.dir, "../dist/console")));
  } catch (error) {
    const isMistake = error instanceof ConfigError || error instanceof StoreError;
    process.stderr.write(`sluice: ${isMistake ? error.message : errorText(error)}\n`);
    process.exit(error instanceof ConfigError ? EXIT_CONFIG : 1);
  }
}

async function run(config: Config, consoleSource: ConsoleSource): Promise<void> {
  const log = createLogger({ level: config.logLevel, format: config.logFormat });
  // Loaded only to serve: `sluice health` runs every few seconds in a container.
  const { startApp } = await import("./app.ts");
  const app = await startApp(config, log, consoleSource);
  stopOnSignal(app, log);
  for (const name of config.environmentProxies) {
    log.warn("a proxy variable of the environment reroutes upstream calls", { variable: name });
  }
  log.info("listening", { url: app.url, version: VERSION, dataDir: config.dataDir });
  announce(app, config);
  restAfterStart(app);
}

/** A gateway that is busy by then has better things to do. */
function restAfterStart({ gateway }: App): void {
  const rest = () => {
    if (gateway.inFlight.size === 0) void giveBackStartCode();
  };
  for (const afterMs of REST_AFTER_MS) setTimeout(rest, afterMs).unref();
  // By then most of them have been started, and what the first requests need is compiled.
  setTimeout(makeHelpersGiveWay, REST_AFTER_MS.at(-1)).unref();
}

function stopOnSignal(app: App, log: Logger): void {
  let stopping = false;
  const stop = async (signal: string) => {
    if (stopping) return;
    stopping = true;
    log.info("stopping", { signal, running: app.gateway.inFlight.size });
    await app.close(DRAIN_MS);
    log.info("stopped");
    process.exit(0);
  };
  process.on("SIGTERM", () => void stop("SIGTERM"));
  process.on("SIGINT", () => void stop("SIGINT"));
}

/** Secrets that exist in clear only now. Not through the log: log lines are collected and kept. */
function announce({ news, url }: App, config: Config): void {
  const lines: string[] = [];
  if (news.masterKeyIsNew) {
    lines.push(
      `A master key was made in ${join(config.dataDir, "master.key")}. Back it up: without it stored keys cannot be opened.`,
    );
  }
  if (news.defaultClientKey !== null) lines.push(`Client key "default", shown once: ${news.defaultClientKey.reveal()}`);
  for (const { name, secret } of news.generatedClientKeys) {
    lines.push(`Client key "${name}", shown once: ${secret.reveal()}`);
  }
  if (news.setupLinkToken !== null) {
    lines.push(`Set up the console, once: ${url}${config.basePath}/setup#${news.setupLinkToken}`);
  }
  if (lines.length > 0) process.stdout.write(`${lines.join("\n")}\n`);
}

/** Takes `--env-file FILE` out of the arguments and reads it; what is set already stays. */
function takeEnvFile(args: string[]): void {
  const index = args.findIndex((arg) => arg === "--env-file" || arg.startsWith("--env-file="));
  if (index < 0) return;
  const inline = args[index]!.startsWith("--env-file=");
  const path = inline ? args[index]!.slice("--env-file=".length) : args[index + 1];
  if (path === undefined) throw new ConfigError("--env-file: needs a file");
  args.splice(index, inline ? 1 : 2);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    throw new ConfigError(`--env-file: ${path} cannot be read`);
  }
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/.exec(line);
    if (match === null) continue;
    const value = /^(["'])(.*)\1$/.exec(match[2]!)?.[2] ?? match[2]!;
    process.env[match[1]!] ??= value;
  }
}

async function checkHealth(config: Config): Promise<void> {
  try {
    const response = await fetch(`http://${reachableHost(config.host)}:${config.port}${config.basePath}/health`, {
      signal: AbortSignal.timeout(3000),
    });
    process.exit(response.ok ? 0 : 1);
  } catch {
    process.exit(1);
  }
}

if (import.meta.main) await main(null);
