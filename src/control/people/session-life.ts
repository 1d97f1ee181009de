import { timingSafeEqual } from "node:crypto";
import type { SessionRow } from "../../store/people.ts";

const SESSION_IDLE_MS = 12 * 3_600_000;
export const SESSION_MAX_MS = 7 * 86_400_000;
/** For signing in with a provider: the way there and back. */
export const FLOW_MS = 10 * 60_000;

/** Without any use until then it ends. */
export function idleExpiry(session: SessionRow): number {
  return Math.min(session.lastSeenAt + SESSION_IDLE_MS, finalExpiry(session));
}

/** It ends then in any case. */
export function finalExpiry(session: SessionRow): number {
  return session.createdAt + SESSION_MAX_MS;
}

/** In a time that does not depend on where they differ. */
export function equalText(left: string, right: string): boolean {
  const a = Buffer.from(left);
  const b = Buffer.from(right);
  return a.length === b.length && timingSafeEqual(a, b);
}
