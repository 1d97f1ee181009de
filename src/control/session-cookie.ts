import { timingSafeEqual } from "node:crypto";
import * as z from "zod/mini";
import type { Vault } from "../lib/secret.ts";
import type { Session } from "./principal.ts";

const SESSION_IDLE_MS = 12 * 3_600_000;
export const SESSION_MAX_MS = 7 * 86_400_000;

const PURPOSE = "session";
const claims = z.tuple([z.string(), z.int(), z.int(), z.string()]);

/** The session as text that only this installation can have written: `payload.signature`. */
export function sealSession(vault: Vault, session: Session): string {
  const fields = [session.id, session.createdAtMs, session.lastSeenAtMs, session.credential];
  const payload = Buffer.from(JSON.stringify(fields)).toString("base64url");
  return `${payload}.${vault.mac(PURPOSE, payload)}`;
}

/** Null unless signed by us. Says nothing about its age. */
export function openSession(vault: Vault, text: string): Session | null {
  const dot = text.indexOf(".");
  if (dot <= 0 || text.length > 1024) return null;
  const payload = text.slice(0, dot);
  if (!equalText(text.slice(dot + 1), vault.mac(PURPOSE, payload))) return null;
  const read = claims.safeParse(JSON.parse(Buffer.from(payload, "base64url").toString("utf8")));
  if (!read.success) return null;
  const [id, createdAtMs, lastSeenAtMs, credential] = read.data;
  return { id, createdAtMs, lastSeenAtMs, credential };
}

export function idleExpiry(session: Session): number {
  return Math.min(session.lastSeenAtMs + SESSION_IDLE_MS, finalExpiry(session));
}

export function finalExpiry(session: Session): number {
  return session.createdAtMs + SESSION_MAX_MS;
}

/** In a time that does not depend on where they differ. */
export function equalText(left: string, right: string): boolean {
  const a = Buffer.from(left);
  const b = Buffer.from(right);
  return a.length === b.length && timingSafeEqual(a, b);
}
