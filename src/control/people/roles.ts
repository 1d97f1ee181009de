import { ROLES, type Role } from "../../store/people.ts";
import { EVERY_SCOPE, SCOPES, type Scope } from "./principal.ts";

export { ROLES };

const READING: readonly Scope[] = [
  "KEYS_READ",
  "CLIENTS_READ",
  "MODELS_READ",
  "USAGE_READ",
  "LOGS_READ",
  "FILES_READ",
  "SETTINGS_READ",
  "ALERTS_READ",
];

/** What a role may do. Only owners administer people: whoever did could make himself one. */
export const ROLE_SCOPES: Readonly<Record<Role, ReadonlySet<Scope>>> = {
  owner: EVERY_SCOPE,
  admin: new Set(SCOPES.filter((scope) => scope !== "USERS_ADMIN")),
  operator: new Set([
    ...READING,
    "KEYS_WRITE",
    "CLIENTS_WRITE",
    "MODELS_WRITE",
    "REQUESTS_CANCEL",
    "CHAT_USE",
    "FILES_WRITE",
    "ALERTS_WRITE",
  ]),
  viewer: new Set(READING),
};
