import { existsSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { onServerCore } from "../machine.ts";
import { freePort, waitForOk } from "../network.ts";
import { type Child, launch } from "../processes.ts";
import { crowd, scenarios } from "../scenarios.ts";
import { type Arena, type Contestant, clientKey, plainEnvironment } from "./contestant.ts";

export const adminToken = "bench-admin-token-0123456789abcdefghijklmnop";
const upstreamKeys = 8;

export interface SluiceLaunch {
  /** Brand-new when absent. */
  readonly dataDirectory?: string;
  /** How often /health is asked for while it starts. */
  readonly pollMs?: number;
}

export interface LaunchedSluice {
  readonly child: Child;
  readonly port: number;
  /** From the start of the process to the first 200 of /health. */
  readonly startedInMs: number;
}

/** Ours, configured through the start-up contract only; accounting and request logging stay at their defaults: on. */
export function sluice(arena: Arena, command: SluiceCommand): Contestant {
  return {
    name: "sluice",
    async start() {
      const { child, port } = await launchSluice(arena, command);
      return { port, pid: child.pid, stop: () => child.stop(10_000) };
    },
  };
}

export interface SluiceCommand {
  readonly argv: readonly string[];
  /** A command of the user's may name files relative to where the bench was called from. */
  readonly cwd?: string;
  readonly description: string;
}

export function sluiceCommand(given: string | undefined): SluiceCommand {
  if (given !== undefined) {
    // exec: no shell stays in between to be measured, or to keep SIGTERM to itself.
    return { argv: ["sh", "-c", `exec ${given}`], cwd: process.cwd(), description: given };
  }
  const root = join(import.meta.dir, "../..");
  const binary = join(root, "dist/sluice");
  if (existsSync(binary)) return { argv: [binary], description: "dist/sluice" };
  return { argv: [process.execPath, join(root, "src/main.ts")], description: "bun src/main.ts (no binary is built)" };
}

export async function launchSluice(
  { cores, mockPort, directory }: Arena,
  { argv, cwd = directory }: SluiceCommand,
  { dataDirectory = mkdtempSync(join(directory, "data-")), pollMs }: SluiceLaunch = {},
): Promise<LaunchedSluice> {
  const port = freePort();
  const configFile = join(directory, "sluice.json");
  if (!existsSync(configFile)) await Bun.write(configFile, JSON.stringify(configuration(mockPort), null, 2));
  const startedAt = performance.now();
  const child = launch({
    command: onServerCore(cores, argv),
    env: {
      ...plainEnvironment(),
      PORT: String(port),
      HOST: "127.0.0.1",
      DATA_DIR: dataDirectory,
      CONFIG_FILE: configFile,
      ADMIN_TOKEN: adminToken,
      ALLOW_PRIVATE_UPSTREAMS: "127.0.0.0/8",
    },
    cwd,
    logFile: join(directory, `sluice-${port}.log`),
  });
  await waitForOk(`http://127.0.0.1:${port}/health`, child, pollMs);
  return { child, port, startedInMs: performance.now() - startedAt };
}

function configuration(mockPort: number) {
  const models = new Set([...scenarios.map(({ model }) => model), crowd.model]);
  return {
    providers: [
      {
        name: "mock",
        kind: "openai",
        baseUrl: `http://127.0.0.1:${mockPort}/v1`,
        keys: Array.from({ length: upstreamKeys }, (_, i) => ({ name: `key-${i}`, secret: `sk-upstream-${i}` })),
      },
    ],
    models: [...models].map((model) => ({ name: model, targets: [{ provider: "mock", model }] })),
    clientKeys: [{ name: "bench", secret: clientKey }],
  };
}
