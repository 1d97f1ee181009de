import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Config, ConfigError, readConfig } from "../config.ts";
import type { Call, Command } from "./cli.ts";
import { checkClock, checkDirectory, checkDisk, checkInstance, checkProxies } from "./doctor-checks.ts";
import { checkDatabases, checkMasterKey, checkMigrations } from "./doctor-databases.ts";
import { checkUpstreams } from "./doctor-upstreams.ts";
import { CommandFailed, UsageError } from "./failure.ts";
import { text } from "./flags.ts";
import type { Colour } from "./output.ts";

export const doctorCommands: Readonly<Record<string, Command>> = {
  "": { texts: ["data-dir"], switches: [], words: 0, run: doctor },
};

/** What one look found. `advice`: what to do about it. */
export interface Finding {
  readonly check: string;
  readonly state: "ok" | "warn" | "fail";
  readonly found: string;
  readonly advice?: string;
}

const COLOURS: Record<Finding["state"], Colour> = { ok: "green", warn: "yellow", fail: "red" };

/** Looks at everything without changing anything. Exit code 1 when something keeps Sluice from working. */
async function doctor({ options, env, out }: Call): Promise<void> {
  const config = configOf(env, text(options["data-dir"]));
  const root = resolve(config.dataDir);
  const findings: Finding[] = [];
  const look = async (check: () => Finding[] | Promise<Finding[]>) => void findings.push(...(await check()));
  await look(() => checkDirectory(root));
  if (existsSync(root)) {
    await look(() => checkDisk(root));
    await look(() => checkInstance(root));
    await look(() => checkClock(root));
  }
  if (existsSync(join(root, "sluice.db"))) {
    await look(() => checkDatabases(root));
    await look(() => checkMigrations(root));
    await look(() => checkMasterKey(root, config.masterKey));
    await look(() => checkUpstreams(root, config));
  }
  await look(() => checkProxies(config));
  if (out.isJson) out.json(findings);
  else {
    for (const { check, state, found, advice } of findings) {
      out.line(`${out.mark(state.padEnd(4), COLOURS[state])}  ${check.padEnd(12)}  ${found}`);
      if (advice !== undefined && state !== "ok") out.line(`                    ${advice}`);
    }
  }
  const failed = findings.filter(({ state }) => state === "fail").length;
  if (failed > 0)
    throw new CommandFailed(`${failed} of ${findings.length} looks found something that has to be mended`);
}

function configOf(env: Call["env"], dataDir: string | undefined): Config {
  try {
    return readConfig(env, dataDir === undefined ? [] : ["--data-dir", dataDir], (path) => readFileSync(path, "utf8"));
  } catch (error) {
    throw error instanceof ConfigError ? new UsageError(error.message) : error;
  }
}
