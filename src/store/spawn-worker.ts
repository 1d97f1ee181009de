import { existsSync } from "node:fs";

/**
 * Starts one of the store's Workers. From source it is a file beside this one. In a compiled binary it is an extra entry point of
 * `bun build --compile`, whose place follows from the entry points' common folder: src/ when all of them lie in it, else the root.
 */
export function spawnWorker(name: "writer-worker" | "reader-worker"): Worker {
  if (!import.meta.url.includes("/$bunfs/") && !import.meta.url.includes("~BUN")) {
    return new Worker(new URL(`./${name}.ts`, import.meta.url));
  }
  for (const folder of ["store", "src/store"]) {
    const path = `${import.meta.dir}/${folder}/${name}.js`;
    if (existsSync(path)) return new Worker(path);
  }
  throw new Error(`${name} is not in this binary: src/store/${name}.ts must be an entry point of the build`);
}
