import { readFileSync } from "node:fs";
import { ConfigError } from "./config.ts";
import type { ConfigDocument } from "./config-file.ts";
import type { GeneratedClientKey } from "./control/config/config-carry-out.ts";
import type { Vault } from "./lib/secret.ts";
import type { ConfigNouns, Store } from "./store/types.ts";

/** CONFIG_FILE, read and planned: what is wrong with it is known before anything is written. */
export interface StartFile {
  readonly document: ConfigDocument;
  carryOut(inside: ConfigNouns): Promise<readonly GeneratedClientKey[]>;
}

interface Deps {
  readonly store: Store;
  readonly vault: Vault;
  checkAddress(url: string): string | null;
}

/** Throws ConfigError with the path of the first bad value. */
export async function readStartFile(path: string, deps: Deps): Promise<StartFile> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    throw new ConfigError(`CONFIG_FILE: ${path} cannot be read`);
  }
  // Loaded only here: they are as large as everything else that a start checks.
  const { parseConfigFile } = await import("./config-file.ts");
  const { carryOutFile, planConfigFile } = await import("./control/config/config-file.ts");
  const document = parseConfigFile(text, path);
  const plan = await planConfigFile(deps, document);
  return { document, carryOut: (inside) => carryOutFile(inside, plan) };
}
