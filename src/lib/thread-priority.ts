import { readdirSync, readFileSync } from "node:fs";
import { constants, getPriority, setPriority } from "node:os";

/**
 * Niceness: who goes first where two threads want the same processor. The thread that carries the streams keeps 0, the process' own.
 * What it must not wait for gives way: each step leaves four fifths of a share. Raising it needs no rights, and there is no way back.
 */
export const NICENESS = {
  /** May be late, but never starve: where streams take all of a processor, a quarter of their share is enough to write down what they did. */
  background: 5,
  /** A person waits, who does not notice milliseconds. Still one hundredth of a processor that has no time at all. */
  reports: constants.priority.PRIORITY_LOW,
} as const;

/**
 * Threads of the runtime, by the names it gives them: compilers, and who gives memory back. Those of the garbage collector are not among
 * them: the thread that collects waits for its helpers.
 */
const HELPERS: ReadonlySet<string> = new Set(["JITWorker", "JSCWarmUp", "mi-scavenger"]);

/** The calling thread gives way. On Linux a priority is a thread's own; elsewhere the whole process would give way. */
export function giveWay(niceness: number): void {
  if (process.platform !== "linux") return;
  try {
    setPriority(0, niceness);
  } catch {
    // A sandbox that forbids it: all go on as equals.
  }
}

/** The runtime's helpers that there are by now give way to the thread that carries the streams. */
export function makeHelpersGiveWay(): void {
  if (process.platform !== "linux") return;
  for (const thread of readdirSync("/proc/self/task")) {
    try {
      const name = readFileSync(`/proc/self/task/${thread}/comm`, "latin1").trimEnd();
      if (!HELPERS.has(name) || getPriority(Number(thread)) >= NICENESS.background) continue;
      setPriority(Number(thread), NICENESS.background);
    } catch {
      // It has ended meanwhile, or a sandbox forbids it: then it stays as it is.
    }
  }
}
