import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";

export interface Child {
  readonly pid: number;
  readonly logFile: string;
  hasExited(): boolean;
  /** SIGTERM, and SIGKILL to the whole group when it has not ended after `graceMs`. */
  stop(graceMs?: number): Promise<void>;
}

export interface LaunchOptions {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Takes stdout and stderr: a pipe nobody reads fast enough would slow the server down. */
  readonly logFile: string;
}

const groups = new Set<number>();

/** Starts a server in a process group of its own, so that its children die with it. */
export function launch({ command, env, cwd, logFile }: LaunchOptions): Child {
  const log = openSync(logFile, "a");
  const child = Bun.spawn([...command], { cwd, env, stdin: "ignore", stdout: log, stderr: log, detached: true });
  closeSync(log);
  const { pid } = child;
  groups.add(pid);
  return {
    pid,
    logFile,
    hasExited: () => child.exitCode !== null || child.signalCode !== null,
    async stop(graceMs = 3_000) {
      if (child.exitCode === null) child.kill("SIGTERM");
      await Promise.race([child.exited, Bun.sleep(graceMs)]);
      killGroup(pid);
      await child.exited;
      groups.delete(pid);
    },
  };
}

/** Every way out of the bench, Ctrl-C included, ends what it has started. */
export function killChildrenOnExit(cleanUp: () => void): void {
  process.on("exit", () => {
    for (const pid of groups) killGroup(pid);
    cleanUp();
  });
  for (const [signal, code] of [["SIGINT", 130] as const, ["SIGTERM", 143] as const, ["SIGHUP", 129] as const]) {
    process.on(signal, () => process.exit(code));
  }
}

/** The process and all its descendants. */
export function processTree(root: number): number[] {
  const childrenOf = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    const parent = /^\d+$/.test(name) ? parentOf(name) : undefined;
    if (parent !== undefined) childrenOf.set(parent, [...(childrenOf.get(parent) ?? []), Number(name)]);
  }
  const tree = [root];
  for (const pid of tree) tree.push(...(childrenOf.get(pid) ?? []));
  return tree;
}

/** CPU time the whole tree has used, in ticks of 10 ms; the load generator measures finer, see native/load.c. */
export function cpuTicks(root: number): number {
  let ticks = 0;
  for (const pid of processTree(root)) {
    const fields = statFields(String(pid));
    ticks += Number(fields?.[11] ?? 0) + Number(fields?.[12] ?? 0);
  }
  return ticks;
}

/** Resident memory of the whole tree. Pages shared between its processes count once for each. */
export function residentBytes(root: number): number {
  let kib = 0;
  for (const pid of processTree(root)) {
    kib += Number(/^VmRSS:\s+(\d+) kB$/m.exec(readProc(`${pid}/status`) ?? "")?.[1] ?? 0);
  }
  return kib * 1_024;
}

function parentOf(pid: string): number | undefined {
  const parent = statFields(pid)?.[1];
  return parent === undefined ? undefined : Number(parent);
}

// "pid (name) state ppid …": the name may hold spaces and brackets, so count from its end.
function statFields(pid: string): string[] | undefined {
  const stat = readProc(`${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, "utf8");
  } catch {
    return undefined; // it ended since the directory was listed
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // already gone
  }
}
