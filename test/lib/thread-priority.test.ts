import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { getPriority } from "node:os";
import { makeHelpersGiveWay, NICENESS } from "../../src/lib/thread-priority.ts";

const onLinux = process.platform === "linux" ? test : test.skip;

function threads(): { readonly id: number; readonly name: string }[] {
  return readdirSync("/proc/self/task").map((id) => ({
    id: Number(id),
    name: readFileSync(`/proc/self/task/${id}/comm`, "latin1").trimEnd(),
  }));
}

onLinux("a Worker that gives way leaves the main thread where it is", async () => {
  const before = getPriority(process.pid);
  const module = new URL("../../src/lib/thread-priority.ts", import.meta.url).href;
  const code = `
    import { getPriority } from "node:os";
    import { giveWay, NICENESS } from "${module}";
    giveWay(NICENESS.reports);
    postMessage(getPriority(0));
  `;
  const worker = new Worker(URL.createObjectURL(new Blob([code], { type: "application/typescript" })));
  const niceness = await new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
  });
  worker.terminate();
  expect(niceness).toBe(NICENESS.reports);
  expect(getPriority(process.pid)).toBe(before);
});

onLinux("compilers give way, main thread and garbage collector do not", () => {
  const before = new Map(threads().map(({ id }) => [id, getPriority(id)]));
  makeHelpersGiveWay();
  const now = threads();
  const compilers = now.filter(({ name }) => name === "JITWorker" || name === "mi-scavenger");
  expect(compilers.length).toBeGreaterThan(0);
  for (const { id } of compilers) expect(getPriority(id)).toBeGreaterThanOrEqual(NICENESS.background);
  for (const { id, name } of now) {
    if (id === process.pid || name === "HeapHelper") expect(getPriority(id)).toBe(before.get(id) ?? 0);
  }
});
