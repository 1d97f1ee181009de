import type { Cores } from "../machine.ts";

/** A server under test. */
export interface Contestant {
  readonly name: string;
  /** Headers on top of the client key that everybody is sent. */
  readonly headers?: Readonly<Record<string, string>>;
  start(): Promise<Running>;
}

export interface Running {
  readonly port: number;
  /** Where streams go, when that is another port. */
  readonly streamPort?: number;
  /** Absent for the mock itself, whose CPU time is no contestant's. */
  readonly pid?: number;
  stop(): Promise<void>;
}

/** What a contestant needs to know to be started. */
export interface Arena {
  readonly cores: Cores;
  readonly mockPort: number;
  /** A directory of this run's own: configuration, data and logs. */
  readonly directory: string;
}

export const clientKey = "sk-bench-0123456789abcdefghijklmnopqrstuvwxyz";

/** Nothing of the user's environment (keys, proxies) reaches a server; the cap is lifted for everything on Bun alike. */
export function plainEnvironment(): Record<string, string> {
  return { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "/", TMPDIR: process.env.TMPDIR ?? "/tmp" };
}

// Bun's fetch queues silently beyond 256 requests at once unless this is set; Sluice sees to it by itself.
export const bunWithoutRequestCap = { BUN_CONFIG_MAX_HTTP_REQUESTS: "65535" };
