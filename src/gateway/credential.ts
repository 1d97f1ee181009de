import { GatewayError } from "../errors.ts";
import { checkClient } from "../policy/access.ts";
import type { ClientEntry, Snapshot } from "../snapshot.ts";
import type { Gateway, Incoming } from "./gateway.ts";

/** Besides `Authorization: Bearer`. */
const POSITIONS = ["x-api-key", "x-goog-api-key", "api-key"];

const KEY_PARAMETER = /[?&]key=([^&]*)/;

interface Caller {
  readonly gateway: Gateway;
  readonly incoming: Incoming;
  readonly snapshot: Snapshot;
  readonly nowMs: number;
}

/**
 * Finds the calling client. A credential may stand in any position that one of the SDKs uses; `?key=` only where Gemini clients
 * put it, because query strings end up in logs. Throws GatewayError 401.
 */
export function identifyClient(caller: Caller): ClientEntry {
  const found = caller.incoming.caller ?? findCaller(caller);
  const refusal = checkClient(found, caller.nowMs);
  if (refusal !== null) {
    throw new GatewayError("unauthorized", 401, `This API key is ${refusal}. Ask the operator of this gateway.`, {
      code: "invalid_api_key",
    });
  }
  return found;
}

function findCaller({ gateway, incoming, snapshot }: Caller): ClientEntry {
  const { headers } = incoming.request;
  const authorization = headers.get("authorization");
  const bearer = authorization === null ? null : readBearer(authorization);
  let offered = bearer !== null && bearer !== "";
  let found = offered ? findClient(gateway, snapshot, bearer!) : null;
  for (let index = 0; found === null && index < POSITIONS.length; index++) {
    const credential = headers.get(POSITIONS[index]!);
    if (credential === null || credential === "") continue;
    offered = true;
    found = findClient(gateway, snapshot, credential);
  }
  if (found === null && incoming.endpoint.protocol === "gemini") {
    const credential = keyParameter(incoming.query);
    if (credential !== null && credential !== "") {
      offered = true;
      found = findClient(gateway, snapshot, credential);
    }
  }
  if (found === null && !offered && authorization === null && snapshot.anonymous?.enabled) found = snapshot.anonymous;
  if (found === null) {
    throw new GatewayError(
      "unauthorized",
      401,
      offered || authorization !== null
        ? "This API key is not known here. Check it, or ask the operator of this gateway for one."
        : "No API key was sent. Send one as `Authorization: Bearer KEY`, `x-api-key`, `x-goog-api-key` or `api-key`.",
      { code: "invalid_api_key" },
    );
  }
  return found;
}

/** Credentials that were right, so that a busy client is not hashed again for each request. Dies with the snapshot. */
const recent = new WeakMap<Snapshot, Map<string, ClientEntry>>();
const RECENT_CREDENTIALS = 4096;

function findClient(gateway: Gateway, snapshot: Snapshot, credential: string): ClientEntry | null {
  let known = recent.get(snapshot);
  if (known === undefined) {
    known = new Map();
    recent.set(snapshot, known);
  }
  const hit = known.get(credential);
  if (hit !== undefined) return hit;
  const found = snapshot.clientKeysByHash.get(gateway.hashCredential(credential)) ?? null;
  if (found !== null && known.size < RECENT_CREDENTIALS) known.set(credential, found);
  return found;
}

/** The query that goes on to the upstream: without anything that is a credential. */
export function withoutCredentials(query: string): string {
  if (query === "" || !/[?&](?:key|api_key|api-key|api-version|access_token)=/.test(query)) return query;
  const kept = query
    .slice(1)
    .split("&")
    .filter((pair) => !/^(?:key|api_key|api-key|api-version|access_token)=/.test(pair));
  return kept.length === 0 ? "" : `?${kept.join("&")}`;
}

function readBearer(header: string): string | null {
  if (header.startsWith("Bearer ")) return header.slice(7).trim();
  return header.length > 7 && header.slice(0, 7).toLowerCase() === "bearer " ? header.slice(7).trim() : null;
}

function keyParameter(query: string): string | null {
  const match = KEY_PARAMETER.exec(query);
  if (match === null) return null;
  try {
    return decodeURIComponent(match[1]!);
  } catch {
    return null;
  }
}
