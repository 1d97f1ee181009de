// `npm run dev`: the server, which starts anew when its sources change, and the console, which is built when its own do. Then the
// server starts anew too, for it knows the console's documents and files by heart; an open page says that it should be reloaded.
import { watch } from "node:fs/promises";
import { join } from "node:path";
import { buildConsole } from "./build.ts";

const SETTLE_MS = 50;
const root = join(import.meta.dir, "..");
const outDir = join(root, "dist/console");
let pending: ReturnType<typeof setTimeout> | undefined;
let building = Promise.resolve();
/** While we end it ourselves. */
let isRestarting = false;
let server = start();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => server.kill(signal));

// An editor writes several files at once: one build for all of them, never two at a time.
for await (const _ of watch(import.meta.dir, { recursive: true })) {
  clearTimeout(pending);
  pending = setTimeout(() => {
    building = building.then(rebuild);
  }, SETTLE_MS);
}

function start() {
  const command = [process.execPath, "--no-orphans", "--watch", "src/main.ts", ...process.argv.slice(2)];
  const started = Bun.spawn(command, { cwd: root, stdio: ["inherit", "inherit", "inherit"] });
  started.exited.then((code) => {
    if (!isRestarting) process.exit(code);
  });
  return started;
}

async function rebuild(): Promise<void> {
  const startedAt = performance.now();
  try {
    await buildConsole(outDir);
    console.error(`sluice: console built in ${(performance.now() - startedAt).toFixed(0)} ms`);
  } catch (error) {
    console.error(error);
    return;
  }
  isRestarting = true;
  server.kill("SIGTERM");
  await server.exited;
  isRestarting = false;
  server = start();
}
