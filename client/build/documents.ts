import { createHash } from "node:crypto";
import { join } from "node:path";
import { stringifyDocument } from "@urql/core";
import type { DocumentNode } from "graphql";

interface ConsoleDocument {
  /** Of the operation; no two documents share one. */
  readonly name: string;
  readonly text: string;
  /** SHA-256 of the text, in hex. */
  readonly hash: string;
}

const CLIENT = join(import.meta.dir, "..");

/** Every document of the console. Read by a process of its own: a watcher's would remember the modules as they were at first. */
export function collectDocuments(): ConsoleDocument[] {
  const { stdout, success } = Bun.spawnSync([process.execPath, import.meta.path], { stderr: "inherit" });
  if (!success) throw new Error("The console's documents cannot be read");
  return JSON.parse(stdout.toString());
}

async function readDocuments(): Promise<ConsoleDocument[]> {
  const found = new Map<string, ConsoleDocument>();
  for (const path of [...new Bun.Glob("**/documents.ts").scanSync({ cwd: CLIENT })].sort()) {
    if (path.startsWith("build/")) continue;
    const exported: Record<string, DocumentNode> = await import(join(CLIENT, path));
    for (const document of Object.values(exported)) {
      const name = document.definitions.find((each) => each.kind === "OperationDefinition")?.name?.value;
      if (name === undefined) continue; // A fragment goes with the operations that use it.
      if (found.has(name)) throw new Error(`Two documents are called ${name}`);
      const text = stringifyDocument(document);
      found.set(name, { name, text, hash: createHash("sha256").update(text).digest("hex") });
    }
  }
  return [...found.values()];
}

if (import.meta.main) process.stdout.write(JSON.stringify(await readDocuments()));
