import { createSignal } from "solid-js";
import { execute } from "../../api/client.ts";
import { noteSignedIn, noteSignedOut, noteUnauthenticated, noteUnreachable } from "../../api/session.ts";
import { renewSocket } from "../../api/socket.ts";
import { signOutMutation, viewerQuery } from "./documents.ts";

const [isSetupRequired, setSetupRequired] = createSignal(false);

const [signInWith, setSignInWith] = createSignal<string | null>(null);

/** Nobody has ever signed in here: the one-time link is the way in. */
/** The name of the provider by whose word people may sign in. */
export { isSetupRequired, signInWith };

/** Asks who this browser is signed in as. */
export async function checkSession(): Promise<void> {
  const answer = await execute(viewerQuery, {});
  if (!answer.ok) {
    if (answer.error.kind === "unauthenticated") return noteUnauthenticated();
    return answer.error.kind === "outdated" ? undefined : noteUnreachable();
  }
  setSetupRequired(answer.data.viewer.setupRequired);
  setSignInWith(answer.data.viewer.signInWith);
  if (answer.data.viewer.kind === "ANONYMOUS") noteUnauthenticated();
  else noteSignedIn(answer.data.viewer.scopes);
}

export async function signOut(): Promise<void> {
  // First, so that nothing on the page asks on behalf of a session that has just ended.
  noteSignedOut();
  renewSocket();
  const answer = await execute(signOutMutation, {});
  if (!answer.ok) await checkSession();
}
