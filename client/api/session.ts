import { batch, createSignal } from "solid-js";

/**
 * `checking` until the first answer; `anonymous`: nobody is signed in; `expired`: somebody was, and the page stays behind the
 * sign-in; `unreachable`: no answer yet.
 */
export type SessionState = "checking" | "anonymous" | "active" | "expired" | "unreachable";

const [session, setSession] = createSignal<SessionState>("checking");
const [epoch, setEpoch] = createSignal(0);

export { session };

/** Changes with each sign-in: queries and subscriptions that hang on it start anew. */
export const sessionEpoch = epoch;

export function noteUnauthenticated(): void {
  setSession((state) => (state === "active" || state === "expired" ? "expired" : "anonymous"));
}

export function noteUnreachable(): void {
  setSession((state) => (state === "checking" ? "unreachable" : state));
}

export function noteSignedIn(): void {
  // As one step: whoever asks again when either changes asks once.
  batch(() => {
    setSession("active");
    setEpoch((count) => count + 1);
  });
}

export function noteSignedOut(): void {
  setSession("anonymous");
}
