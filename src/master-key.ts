import { randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { ConfigError, decodeMasterKey } from "./config.ts";

/**
 * The 32 bytes that seal upstream secrets, when neither MASTER_KEY nor MASTER_KEY_FILE gives them: read from the data directory,
 * or made there once (mode 0600). `isNew` asks for a loud line: without a backup of it the stored keys cannot be opened.
 * Throws ConfigError.
 */
export function readOrMakeMasterKey(dataDir: string): { readonly key: Uint8Array; readonly isNew: boolean } {
  const path = join(dataDir, "master.key");
  if (existsSync(path)) {
    let text: string;
    try {
      text = readFileSync(path, "utf8");
    } catch {
      throw new ConfigError(`DATA_DIR: ${path} cannot be read`);
    }
    return { key: decodeMasterKey(text, path), isNew: false };
  }
  if (existsSync(join(dataDir, "sluice.db"))) {
    throw new ConfigError(
      `MASTER_KEY: ${path} is missing, but the data directory holds secrets that it sealed; restore it or give MASTER_KEY`,
    );
  }
  const key = randomBytes(32);
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const file = openSync(path, "wx", 0o600);
    try {
      writeSync(file, `${key.toString("base64")}\n`);
      fsyncSync(file); // What it seals survives a power cut, and so must it.
    } finally {
      closeSync(file);
    }
  } catch {
    throw new ConfigError(`DATA_DIR: ${dataDir} cannot be written`);
  }
  return { key, isNew: true };
}
