import { maskSecrets } from "../../lib/log.ts";
import { Secret } from "../../lib/secret.ts";
import type { AuditChange } from "../../store/audit-entry.ts";

/** Move by themselves with every change, or with time: they would say nothing. */
const SILENT = new Set([
  "id",
  "createdAt",
  "updatedAt",
  "version",
  "lastUsedAt",
  "lastSeenAt",
  "live",
  "learnedQuirks",
  "useCount",
]);

/** Plural "tokens" are counts; what ends in "Preview" was made to be shown. */
const SECRET_NAME =
  /secret|passw|passphrase|credential|api_?key$|authorization|cookie|hash$|sealed|fingerprint|signature|private_?key|totp|recovery|webhook.*url|proxy_?url|token$/i;
const MASK = "[secret]";
const MAX_TEXT = 300;
const MAX_ITEMS = 30;
const MAX_DEPTH = 5;
const MAX_CHANGES = 100;

/** Field by field what became of a thing; null is "was not there" and "is gone". Never holds a secret. */
export function describeChanges(subjectId: string, before: object | null, after: object | null): AuditChange[] {
  const old = (before ?? {}) as Record<string, unknown>;
  const now = (after ?? {}) as Record<string, unknown>;
  const changes: AuditChange[] = [];
  for (const field of new Set([...Object.keys(old), ...Object.keys(now)])) {
    if (SILENT.has(field) || sameValue(old[field], now[field])) continue;
    changes.push({ subjectId, field, before: shown(field, old[field]), after: shown(field, now[field]) });
  }
  return changes.slice(0, MAX_CHANGES);
}

/** A value as the log may keep it: masked, and no longer than somebody reads. */
export function shown(name: string, value: unknown, depth = 0): unknown {
  if (value === null || value === undefined) return null;
  if (value instanceof Secret || value instanceof Uint8Array) return MASK;
  if (SECRET_NAME.test(name) && !/preview$/i.test(name)) return MASK;
  if (typeof value === "string") return maskSecrets(value.slice(0, MAX_TEXT));
  if (typeof value === "number" || typeof value === "boolean") return value;
  if (typeof value !== "object" || depth === MAX_DEPTH) return "…";
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => shown(name, item, depth + 1));
  const fields = Object.entries(value).slice(0, MAX_ITEMS);
  return Object.fromEntries(fields.map(([key, field]) => [key, shown(key, field, depth + 1)]));
}

function sameValue(left: unknown, right: unknown): boolean {
  return left === right || JSON.stringify(left ?? null) === JSON.stringify(right ?? null);
}
