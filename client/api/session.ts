import { batch, createSignal } from "solid-js";
import type { Scope } from "./fragments.ts";

/**
 * `checking` until the first answer; `anonymous`: nobody is signed in; `expired`: somebody was, and the page stays behind the
 * sign-in; `unreachable`: no answer yet.
 */
export type SessionState = "checking" | "anonymous" | "active" | "expired" | "unreachable";

const [session, setSession] = createSignal<SessionState>("checking");
const [epoch, setEpoch] = createSignal(0);
const [scopes, setScopes] = createSignal<readonly Scope[]>([]);

export { session };

/** Changes with each sign-in: queries and subscriptions that hang on it start anew. */
export const sessionEpoch = epoch;

/** Which of these who is signed in does not hold. The server decides all the same: this only keeps dead ends out of sight. */
export function lacking(needed: readonly Scope[]): Scope[] {
  return needed.filter((scope) => !scopes().includes(scope));
}

export function may(scope: Scope): boolean {
  return scopes().includes(scope);
}

export function noteUnauthenticated(): void {
  setSession((state) => (state === "active" || state === "expired" ? "expired" : "anonymous"));
}

export function noteUnreachable(): void {
  setSession((state) => (state === "checking" ? "unreachable" : state));
}

export function noteSignedIn(held: readonly Scope[]): void {
  // As one step: whoever asks again when either changes asks once.
  batch(() => {
    setScopes(held);
    setSession("active");
    setEpoch((count) => count + 1);
  });
}

export function noteSignedOut(): void {
  setSession("anonymous");
}
