import { timingSafeEqual } from "node:crypto";
import type { Control } from "../control/control.ts";
import type { Principal } from "../control/people/principal.ts";

/** A working day: then the page is opened again. */
const GRANT_MS = 8 * 3_600_000;

/**
 * What GraphiQL's page sends with its requests, so that they may run any document while the same session's console runs its own only.
 * Worth nothing without the cookie of the session it was made for, and it adds no scope to that.
 */
export function makeGrant(control: Control, sessionId: string): string {
  const untilMs = control.now() + GRANT_MS;
  return `${untilMs}.${sign(control, sessionId, untilMs)}`;
}

/** Whoever came with a token may run any document; a session, its console's own, unless it brings a grant. */
export function mayRunAny(control: Control, principal: Principal, grant: unknown): boolean {
  if (principal.kind !== "session") return true;
  if (typeof grant !== "string") return false;
  const [, until = "", signature = ""] = /^(\d{1,15})\.([0-9a-f]{64})$/.exec(grant) ?? [];
  if (Number(until) <= control.now()) return false;
  const expected = sign(control, principal.session.id, Number(until));
  return timingSafeEqual(Buffer.from(signature), Buffer.from(expected));
}

function sign(control: Control, sessionId: string, untilMs: number): string {
  return control.vault.mac("graphiql", `${sessionId}\0${untilMs}`);
}
