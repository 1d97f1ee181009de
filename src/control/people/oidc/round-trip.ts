import { errorText } from "../../../lib/log.ts";
import type { AuditChange } from "../../../store/audit-entry.ts";
import type { UserRow } from "../../../store/people.ts";
import { describeChanges } from "../../audit/audit-changes.ts";
import type { Control } from "../../control.ts";
import { ANONYMOUS, FRESH_FOR_MS, type Principal, personId } from "../principal.ts";
import { FLOW_MS } from "../session-life.ts";
import type { IdTokenClaims } from "./client.ts";
import { type Flow, newFlow, openFlow, safeReturn, sealFlow } from "./flow.ts";
import { OidcError } from "./problem.ts";
import { identityOf, judgeSignIn, type Refusal } from "./verdict.ts";

export { safeReturn };

/** Why nobody is signed in, as the sign-in page is told. */
export type SignInProblem =
  | Refusal
  | OidcError["problem"]
  | "not_configured"
  | "expired"
  | "throttled"
  | "other_person";

export type Begun =
  | { readonly kind: "begun"; readonly location: string; readonly cookie: string }
  | { readonly kind: "refused"; readonly problem: SignInProblem };
export type Ended =
  /** `session`: the new session's cookie; null when the old one goes on. */
  | { readonly kind: "entered"; readonly returnTo: string; readonly session: string | null }
  | { readonly kind: "refused"; readonly problem: SignInProblem };

interface Visitor {
  readonly control: Control;
  readonly address: string;
  readonly userAgent: string;
}

/** Sends the browser to the provider. With `principal`, a person's session, he proves again who he is. */
export async function beginRoundTrip(
  { control, address }: Visitor,
  asked: Pick<Flow, "redirectUri" | "returnTo"> & { readonly principal: Principal | null },
): Promise<Begun> {
  const { principal, redirectUri, returnTo } = asked;
  const startedAtMs = control.now();
  const provider = control.access.setupRequired ? null : await control.signInProvider.current();
  if (provider === null) return { kind: "refused", problem: "not_configured" };
  if (control.signInProvider.throttle.waitMs(address, startedAtMs) > 0)
    return { kind: "refused", problem: "throttled" };
  if (principal !== null && personId(principal) === null) return { kind: "refused", problem: "other_person" };
  const sessionId = principal?.kind === "session" ? principal.session.id : null;
  const flow = newFlow({ redirectUri, returnTo, startedAtMs, sessionId });
  try {
    const client = await control.signInProvider.clientOf(provider);
    const location = await client.authorizationUrl(flow, sessionId !== null);
    return { kind: "begun", location, cookie: sealFlow(control.vault, flow) };
  } catch (error) {
    return { kind: "refused", problem: noteProblem(control, error) };
  }
}

/** Takes what the provider sent back with the browser: who it is, and whether he may come. */
export async function endRoundTrip(visitor: Visitor, cookie: string | null, answer: URLSearchParams): Promise<Ended> {
  const { control, address } = visitor;
  const { throttle } = control.signInProvider;
  const nowMs = control.now();
  const refused = (problem: SignInProblem, user: UserRow | null = null): Ended => {
    const subjects = user === null ? [] : [{ id: user.id, label: user.email }];
    const note = { action: "signIn", outcome: "refused", code: problem.toUpperCase(), subjects, input: VIA } as const;
    control.audit.fold({ principal: ANONYMOUS, address }, note);
    return { kind: "refused", problem };
  };
  if (throttle.waitMs(address, nowMs) > 0) return refused("throttled");
  // Counts as failed until it has succeeded: a thousand at once would pass otherwise.
  throttle.failed(address, answer.get("code") ?? "", nowMs);
  const provider = await control.signInProvider.current();
  if (provider === null) return refused("not_configured");
  const flow = openFlow(control.vault, cookie, nowMs);
  if (flow === null || answer.get("state") !== flow.state) return refused("expired");
  if (!control.signInProvider.use(flow.state, flow.startedAtMs + FLOW_MS)) return refused("expired");
  let claims: IdTokenClaims;
  try {
    claims = await (await control.signInProvider.clientOf(provider)).redeem(flow, answer);
  } catch (error) {
    return refused(noteProblem(control, error));
  }
  if (flow.sessionId !== null) {
    const proved = await proveAgain(visitor, flow, claims);
    return proved ? succeeded(visitor, flow, null) : refused("other_person");
  }
  const verdict = judgeSignIn(provider, claims, control.access.directory.users());
  if (verdict.kind === "refused") {
    return refused(verdict.why, verdict.userId === null ? null : control.access.directory.user(verdict.userId));
  }
  const before = verdict.kind === "known" ? verdict.user : null;
  const user = await settle(control, verdict);
  if (user === null) return refused("other_identity", before);
  await control.access.directory.refresh();
  const session = await enterAs(visitor, user, before, claims);
  return succeeded(visitor, flow, session);
}

const VIA = { via: "oidc" };

function succeeded({ control, address }: Visitor, { returnTo }: Flow, session: string | null): Ended {
  control.signInProvider.throttle.succeeded(address);
  return { kind: "entered", returnTo, session };
}

type Accepted = Exclude<ReturnType<typeof judgeSignIn>, { kind: "refused" }>;

/** Writes down what the sign-in says about him. Null: somebody else has become him in the meantime. */
async function settle({ store }: Control, verdict: Accepted): Promise<UserRow | null> {
  if (verdict.kind === "new") {
    const created = await store.users.create(verdict.values);
    return created.kind === "ok" ? created.row : null;
  }
  const { user, patch } = verdict;
  if (Object.keys(patch).length === 0) return user;
  // Whoever comes by the provider has no use for the link to choose a password: nobody else shall.
  const linked = patch.identity === undefined ? {} : { invitationHash: null, invitedUntil: null };
  let written = await store.users.update(user.id, { ...patch, ...linked });
  if (written.kind === "last_owner") {
    // A claim never takes the last owner away.
    const { role: _, ...rest } = patch;
    written = await store.users.update(user.id, { ...rest, ...linked });
  }
  return written.kind === "ok" ? written.row : null;
}

/** Answers the session's cookie once the audit log knows of it. */
async function enterAs(
  { control, address, userAgent }: Visitor,
  user: UserRow,
  before: UserRow | null,
  { auth_time }: IdTokenClaims,
): Promise<string> {
  // The provider may have known him for days: then he has not just proved who he is.
  const provedAtMs = typeof auth_time === "number" ? auth_time * 1000 : control.now();
  const { principal, cookie } = await control.access.startSession(
    { userId: user.id },
    { address, userAgent },
    provedAtMs,
  );
  const changes: AuditChange[] = describeChanges(user.id, before, user);
  const subjects = [{ id: user.id, label: user.email }];
  await control.audit.write(
    { principal, address },
    { action: "signIn", outcome: "done", code: null, subjects, changes, input: VIA },
  );
  return cookie;
}

/** Only the same person, and only where the provider says that it has just asked him. */
async function proveAgain({ control, address }: Visitor, flow: Flow, claims: IdTokenClaims): Promise<boolean> {
  const session = control.access.directory.session(flow.sessionId ?? "");
  const user = control.access.directory.user(session?.userId ?? "");
  const askedAtMs = typeof claims.auth_time === "number" ? claims.auth_time * 1000 : 0;
  const isJustAsked = askedAtMs >= flow.startedAtMs - CLOCKS_DIFFER_MS;
  if (session === null || user?.enabled !== true || user.identity !== identityOf(claims) || !isJustAsked) return false;
  const principal = await control.access.refreshProof(session);
  if (principal.kind !== "session") return false;
  const subjects = [{ id: user.id, label: user.email }];
  const note = { action: "reauthenticate", outcome: "done", code: null, subjects, input: VIA } as const;
  await control.audit.write({ principal, address }, note);
  return true;
}
const CLOCKS_DIFFER_MS = Math.min(60_000, FRESH_FOR_MS);

/** The visitor hears a word, the operator the reason. */
function noteProblem({ log }: Control, error: unknown): OidcError["problem"] {
  const isExpected = error instanceof OidcError;
  log.warn("sign-in by the OpenID Connect provider failed", { reason: isExpected ? error.detail : errorText(error) });
  return isExpected ? error.problem : "not_valid";
}
