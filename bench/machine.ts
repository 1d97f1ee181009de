import { readFileSync } from "node:fs";
import { loadavg } from "node:os";

/** Which core the server under test runs on, and which one the mock and the load generator share. */
export type Cores =
  | { readonly kind: "pinned"; readonly server: number; readonly load: number }
  | { readonly kind: "unpinned"; readonly because: string };

/** Throws when this machine cannot run the bench at all. */
export function requireLinux(): void {
  if (process.platform !== "linux") {
    throw new Error("the bench needs Linux: its load generator uses epoll, and CPU times come from the Linux kernel");
  }
}

export function chooseCores(): Cores {
  if (!Bun.which("taskset")) return { kind: "unpinned", because: "taskset is not installed (package util-linux)" };
  const [server, load] = allowedCores();
  if (server === undefined || load === undefined) return { kind: "unpinned", because: "only one core is available" };
  return { kind: "pinned", server, load };
}

/** Keeps this process, and by inheritance the mock and the load generator, off the server's core. */
export function moveToLoadCore(cores: Cores): void {
  if (cores.kind === "pinned") Bun.spawnSync(["taskset", "-acp", String(cores.load), String(process.pid)]);
}

/** The command that runs on the server's core. taskset replaces itself, so the process id stays the same. */
export function onServerCore(cores: Cores, command: readonly string[]): string[] {
  return cores.kind === "pinned" ? ["taskset", "-c", String(cores.server), ...command] : [...command];
}

/** How long a core has been busy since the machine started, in ticks of 10 ms; with what the hypervisor took. */
export function busyTicks(core: number): number {
  const line = new RegExp(`^cpu${core} (.*)$`, "m").exec(readFileSync("/proc/stat", "utf8"))?.[1] ?? "";
  const [user = 0, nice = 0, system = 0, , , interrupts = 0, softInterrupts = 0, stolen = 0] = line
    .split(" ")
    .map(Number);
  return user + nice + system + interrupts + softInterrupts + stolen;
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly kernel: string;
  readonly bun: string;
  readonly loadAverage: number;
}

export function describeMachine(): Machine {
  return {
    cpu: /^model name\s*:\s*(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? process.arch,
    cores: allowedCores().length,
    kernel: readFileSync("/proc/sys/kernel/osrelease", "utf8").trim(),
    bun: Bun.version,
    loadAverage: loadavg()[0] ?? 0,
  };
}

// "Cpus_allowed_list: 0-3,8" also honours the cpuset of a container, which the count of processors does not.
function allowedCores(): number[] {
  const list = /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0";
  return list.split(",").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}
