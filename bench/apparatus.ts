import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Arena } from "./contestants/contestant.ts";
import { type Cores, moveToLoadCore } from "./machine.ts";
import { type Mock, startMock } from "./mock.ts";
import { compileNativeTools, type NativeTools } from "./native.ts";
import { killChildrenOnExit } from "./processes.ts";

/** What every bench works with. */
export interface Apparatus {
  readonly arena: Arena;
  readonly tools: NativeTools;
  readonly mock: Mock;
}

/** A directory of its own, which goes with the bench; the native tools and the mock vendor, off the server's core. */
export async function layOut(cores: Cores): Promise<Apparatus> {
  const out = join(import.meta.dir, "out");
  mkdirSync(out, { recursive: true });
  const directory = mkdtempSync(join(out, "run-"));
  killChildrenOnExit(() => rmSync(directory, { recursive: true, force: true }));
  moveToLoadCore(cores);
  const tools = await compileNativeTools(directory);
  const mock = await startMock(tools.mock);
  return { arena: { cores, mockPort: mock.port, directory }, tools, mock };
}
