// The console's half of `npm run dev`: builds it again when its sources change. The page has to be reloaded by hand.
import { watch } from "node:fs/promises";
import { join } from "node:path";
import { buildConsole } from "./build.ts";

const SETTLE_MS = 50;
const outDir = join(import.meta.dir, "../dist/console");
let pending: ReturnType<typeof setTimeout> | undefined;
let building = Promise.resolve();

// An editor writes several files at once: one build for all of them, never two at a time.
for await (const _ of watch(import.meta.dir, { recursive: true })) {
  clearTimeout(pending);
  pending = setTimeout(() => {
    building = building.then(rebuild);
  }, SETTLE_MS);
}

async function rebuild(): Promise<void> {
  const startedAt = performance.now();
  try {
    await buildConsole(outDir);
    console.error(`sluice: console built in ${(performance.now() - startedAt).toFixed(0)} ms`);
  } catch (error) {
    console.error(error);
  }
}
