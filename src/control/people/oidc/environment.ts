import { z } from "zod";
import { ConfigError, type OidcVariables } from "../../../config.ts";
import { Secret } from "../../../lib/secret.ts";
import type { SignInProviderValues } from "../../../store/people.ts";
import { signInProviderFields } from "./fields.ts";

const { issuer, clientId, clientSecret, label, emailDomains, roleClaim, roleRules, defaultRole } = signInProviderFields;

const variables = z.object({
  OIDC_ISSUER: issuer,
  OIDC_CLIENT_ID: clientId,
  OIDC_CLIENT_SECRET: clientSecret,
  OIDC_LABEL: label,
  OIDC_EMAIL_DOMAINS: emailDomains,
  OIDC_ROLE_CLAIM: roleClaim.optional(),
  OIDC_ROLES: roleRules,
  OIDC_DEFAULT_ROLE: defaultRole.optional(),
});

/** Lists are written with commas: `example.com, example.org` and `gateway-admins=admin, everybody=viewer`. Throws ConfigError. */
export function readOidcVariables(given: OidcVariables): SignInProviderValues {
  const parsed = variables.safeParse({
    ...given,
    OIDC_CLIENT_ID: given.OIDC_CLIENT_ID ?? "",
    OIDC_CLIENT_SECRET: given.OIDC_CLIENT_SECRET ?? "",
    OIDC_LABEL: given.OIDC_LABEL ?? "OpenID Connect",
    OIDC_EMAIL_DOMAINS: listed(given.OIDC_EMAIL_DOMAINS),
    OIDC_ROLES: listed(given.OIDC_ROLES).map(readRule),
  });
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw new ConfigError(`${String(path[0])}: ${message}`);
  }
  const values = parsed.data;
  if (values.OIDC_ROLES.length > 0 && values.OIDC_ROLE_CLAIM === undefined) {
    throw new ConfigError("OIDC_ROLES: name the claim that holds these values in OIDC_ROLE_CLAIM");
  }
  return {
    issuer: values.OIDC_ISSUER,
    clientId: values.OIDC_CLIENT_ID,
    clientSecret: new Secret(values.OIDC_CLIENT_SECRET),
    label: values.OIDC_LABEL,
    emailDomains: values.OIDC_EMAIL_DOMAINS,
    roleClaim: values.OIDC_ROLE_CLAIM ?? null,
    roleRules: values.OIDC_ROLES,
    defaultRole: values.OIDC_DEFAULT_ROLE ?? null,
  };
}

function listed(text: string | undefined): string[] {
  const entries = (text ?? "").split(",").map((entry) => entry.trim());
  return entries.filter((entry) => entry !== "");
}

/** The value of a claim may hold "=": the last one counts. */
function readRule(entry: string) {
  const at = entry.lastIndexOf("=");
  return { claimValue: entry.slice(0, Math.max(at, 0)), role: entry.slice(at + 1).trim() };
}
