import { Outage } from "../errors.ts";

/**
 * The store cannot start or cannot write. `message` is for the operator: it names the file and says what to do. It holds no SQL
 * and no secret, but paths: it is not for clients.
 */
export class StoreError extends Outage {
  override readonly name = "StoreError";

  constructor(message: string, cause?: unknown, publicText = publicTextOf(cause)) {
    super(message, publicText, cause);
  }
}

/** Of a fault of disk or database that is known; of anything else there is nothing to say. */
function publicTextOf(cause: unknown): string | null {
  const fault = knownFault(cause);
  return fault === null ? null : `The store cannot be used at the moment: ${fault}. Try again when that is mended.`;
}

const BY_CODE: readonly (readonly [string, string])[] = [
  ["SQLITE_FULL", "the disk is full"],
  ["SQLITE_BUSY", "the database is locked by another program"],
  ["SQLITE_LOCKED", "the database is locked"],
  ["SQLITE_READONLY", "the database is read-only"],
  ["SQLITE_IOERR", "the disk reports an error"],
  ["SQLITE_CORRUPT", "the database file is damaged"],
  ["SQLITE_NOTADB", "the file is not a database"],
  ["SQLITE_CANTOPEN", "the file cannot be opened"],
  ["SQLITE_PERM", "permission denied"],
  ["ENOSPC", "the disk is full"],
  ["EACCES", "permission denied"],
  ["EPERM", "permission denied"],
  ["EROFS", "the file system is read-only"],
];

/** What a database or file error means, in words that are safe to show: never the error's own text, which may hold SQL. */
export function describeFault(error: unknown): string {
  const code = faultCode(error);
  return knownFault(error) ?? (code === "" ? "unexpected error" : `unexpected error (${code})`);
}

function knownFault(error: unknown): string | null {
  const code = faultCode(error);
  return BY_CODE.find(([prefix]) => code.startsWith(prefix))?.[1] ?? null;
}

/** The disk has no room, or none for us. */
export function isFull(error: unknown): boolean {
  return /^(SQLITE_FULL|ENOSPC|EDQUOT|EFBIG)/.test(faultCode(error));
}

export function isDamage(error: unknown): boolean {
  return /^SQLITE_(CORRUPT|NOTADB)/.test(faultCode(error));
}

export function isLocked(error: unknown): boolean {
  return /^SQLITE_(BUSY|LOCKED)/.test(faultCode(error));
}

/** Drizzle wraps the driver's error: the code stands on the innermost cause. */
function faultCode(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ("code" in at && typeof at.code === "string") return at.code;
  }
  return "";
}
