import type { SessionRow } from "../../store/people.ts";
import type { Control } from "../control.ts";
import { notFound, ok, type Result, refuse } from "../user-errors.ts";
import { ANONYMOUS, type Principal, personId } from "./principal.ts";
import { idleExpiry } from "./session-life.ts";
import { cookiesOf, type Visit } from "./sign-in.ts";

/** His own, newest first; of everybody for whoever administers people. */
export function listSessions(control: Control, principal: Principal): SessionRow[] {
  const nowMs = control.now();
  const seen = control.access.directory
    .sessions()
    .filter((row) => maySeeSession(principal, row) && idleExpiry(row) > nowMs);
  return seen.toSorted((left, right) => right.createdAt - left.createdAt).slice(0, MAX_LISTED);
}
const MAX_LISTED = 200;

/** Ends the session here and everywhere a copy of its cookie may be. */
export async function signOut(visit: Visit): Promise<Result<true>> {
  const cookies = cookiesOf(visit);
  if (visit.principal.kind === "session") await visit.control.access.endSessions([visit.principal.session.id]);
  cookies.setSession(null);
  visit.principal = ANONYMOUS;
  return ok(true);
}

export async function revokeSessions(
  control: Control,
  principal: Principal,
  ids: readonly string[],
): Promise<Result<string[]>> {
  const own = ids
    .map((id) => control.access.directory.session(id))
    .filter((row) => row && maySeeSession(principal, row));
  if (own.length < ids.length) return refuse(notFound("ids", "session"));
  return ok(await control.access.endSessions(ids));
}

/** All of his but the one that asks. */
export async function revokeOtherSessions(control: Control, principal: Principal): Promise<Result<string[]>> {
  const others = control.access.directory
    .sessions()
    .filter((row) => isOwn(principal, row) && !(principal.kind === "session" && principal.session.id === row.id));
  return ok(await control.access.endSessions(others.map((row) => row.id)));
}

export function maySeeSession(principal: Principal, row: SessionRow): boolean {
  return principal.scopes.has("USERS_ADMIN") || isOwn(principal, row);
}

function isOwn(principal: Principal, row: SessionRow): boolean {
  if (principal.kind === "anonymous") return false;
  const userId = personId(principal);
  if (userId !== null) return row.userId === userId;
  if (principal.tokenId !== null) return row.tokenId === principal.tokenId;
  return row.userId === null && row.tokenId === null;
}
