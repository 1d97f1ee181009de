import type { Scope } from "../api/fragments.ts";
import { lacking } from "../api/session.ts";
import type { Route } from "../routes.ts";

/** What each page asks for as it opens: without one of these it could show nothing. */
const NEEDS: Readonly<Record<Route, readonly Scope[]>> = {
  "/": ["USAGE_READ", "KEYS_READ", "MODELS_READ"],
  "/keys": ["KEYS_READ", "USAGE_READ"],
  "/providers": ["KEYS_READ", "USAGE_READ", "MODELS_READ"],
  "/models": ["MODELS_READ", "KEYS_READ", "USAGE_READ"],
  "/clients": ["CLIENTS_READ", "USAGE_READ"],
  "/requests": ["LOGS_READ", "KEYS_READ", "CLIENTS_READ"],
  "/setup": ["KEYS_READ", "KEYS_WRITE", "MODELS_READ", "CLIENTS_READ", "CLIENTS_WRITE", "LOGS_READ"],
};

/** What who is signed in lacks for this page. */
export function lackingFor(route: Route): readonly Scope[] {
  return lacking(NEEDS[route]);
}

export function mayOpen(route: Route): boolean {
  return lackingFor(route).length === 0;
}
