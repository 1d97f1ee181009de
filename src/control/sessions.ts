import { badInput } from "./bad-input.ts";
import type { Control } from "./control.ts";
import { ANONYMOUS, type Principal, sessionPrincipal } from "./principal.ts";
import { ok, type Result } from "./user-errors.ts";

/** The call that signs in or out: who it comes from, and the cookie it leaves behind. */
export interface Visit {
  readonly control: Control;
  principal: Principal;
  readonly address: string;
  /** Null where no cookie can be set (WebSocket). */
  readonly cookies: { setSession(value: string | null): void } | null;
}

/** Exchanges the admin token for a session cookie. */
export function signIn(visit: Visit, token: string): Result<true> {
  const cookies = cookiesOf(visit);
  const signedIn = visit.control.access.signIn(token, visit.address);
  if (!signedIn.ok) return signedIn;
  cookies.setSession(signedIn.value.cookie);
  visit.principal = sessionPrincipal(signedIn.value.session);
  return ok(true);
}

/** Ends the session here and everywhere a copy of its cookie may be. */
export async function endSession(visit: Visit): Promise<Result<true>> {
  const cookies = cookiesOf(visit);
  if (visit.principal.kind === "session") await visit.control.access.signOut(visit.principal.session);
  cookies.setSession(null);
  visit.principal = ANONYMOUS;
  return ok(true);
}

/** The first start's link: makes the admin token, answers it once, and signs in. */
export async function setUp(visit: Visit, setupToken: string): Promise<Result<string>> {
  const cookies = cookiesOf(visit);
  const done = await visit.control.access.setUp(setupToken, visit.address);
  if (!done.ok) return done;
  cookies.setSession(done.value.cookie);
  visit.principal = sessionPrincipal(done.value.session);
  return ok(done.value.adminToken.reveal());
}

function cookiesOf(visit: Visit) {
  if (visit.cookies === null) throw badInput("Sign in and out over HTTP: a WebSocket cannot set the cookie.");
  return visit.cookies;
}
