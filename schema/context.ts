import type { Control } from "../src/control/control.ts";
import type { Principal } from "../src/control/people/principal.ts";

/** What a resolver is handed. One per operation; for a subscription it lives as long as that. */
export interface GraphqlContext {
  readonly control: Control;
  /** Changes once, in the operation that signs in or out: what follows in the same answer sees the new one. */
  principal: Principal;
  /** Of the caller, for counting failed sign-ins and for the audit log. */
  readonly address: string;
  /** Of the caller, for the list of his sessions. */
  readonly userAgent: string;
  /** Stands in masked errors and in the log beside their cause. */
  readonly requestId: string;
  /** Nodes that an operation is about though its input does not name them: the account of a refused sign-in. For the audit log. */
  readonly named: string[];
  /** Null over WebSocket, where no cookie can be set. */
  readonly cookies: CookieJar | null;
}

export interface CookieJar {
  /** Null takes the session's cookie away. */
  setSession(value: string | null): void;
}
