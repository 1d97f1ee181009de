import { randomBytes } from "node:crypto";
import { Secret, type Vault } from "../../../lib/secret.ts";
import { FLOW_MS } from "../session-life.ts";

/** One sign-in under way. The browser carries it, sealed: nothing is kept here for visits that never come back. */
export interface Flow {
  readonly state: string;
  readonly nonce: string;
  /** Of PKCE. */
  readonly verifier: string;
  readonly redirectUri: string;
  /** A path of this server. */
  readonly returnTo: string;
  readonly startedAtMs: number;
  /** Of whoever proves again who he is; null: somebody signs in. */
  readonly sessionId: string | null;
}

const PLACE = { table: "oidc", row: "flow", column: "cookie" };
const LONGEST_COOKIE = 4000;

export function newFlow(begun: Pick<Flow, "redirectUri" | "returnTo" | "startedAtMs" | "sessionId">): Flow {
  const random = () => randomBytes(32).toString("base64url");
  return { ...begun, state: random(), nonce: random(), verifier: random() };
}

export function sealFlow(vault: Vault, flow: Flow): string {
  return Buffer.from(vault.seal(new Secret(JSON.stringify(flow)), PLACE)).toString("base64url");
}

/** Null when it is none of ours, or its time is over. */
export function openFlow(vault: Vault, cookie: string | null, nowMs: number): Flow | null {
  if (cookie === null || cookie.length > LONGEST_COOKIE) return null;
  try {
    const flow = JSON.parse(vault.open(Buffer.from(cookie, "base64url"), PLACE).reveal()) as Flow;
    return flow.startedAtMs + FLOW_MS > nowMs ? flow : null;
  } catch {
    return null;
  }
}

/** Only a path of this server: else a link to us could send people anywhere with a fresh session. */
export function safeReturn(path: string | null, basePath: string): string {
  const home = `${basePath}/`;
  const isOurs = path !== null && /^\/(?!\/)[\x21-\x7e]{0,500}$/.test(path) && !path.includes("\\");
  return isOurs && path.startsWith(home) ? path : home;
}
