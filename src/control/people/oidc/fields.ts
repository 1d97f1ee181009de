import { z } from "zod";
import { ROLES } from "../../../store/people.ts";
import { secretField } from "../../fields.ts";

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Compared letter by letter with what the provider says of itself: a slash at the end is kept. */
const issuerField = z
  .string()
  .trim()
  .max(500, "An issuer has at most 500 characters.")
  .refine(isIssuer, "The issuer is an https address without user, query and fragment (http only on this machine).");

/** What people say about a provider, in the environment as in the API. */
export const signInProviderFields = {
  issuer: issuerField,
  clientId: z.string().trim().min(1, "The client id is needed.").max(300, "A client id has at most 300 characters."),
  clientSecret: secretField,
  label: z
    .string()
    .trim()
    .min(1, "The button needs a name.")
    .max(40, "A label has at most 40 characters.")
    .regex(/^[^\p{C}]+$/u, "A label holds no control characters."),
  emailDomains: z
    .array(
      z
        .string()
        .trim()
        .toLowerCase()
        .max(253, "A domain has at most 253 characters.")
        .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, "This is not a domain, such as example.com."),
    )
    .max(100, "At most 100 domains."),
  roleClaim: z.string().trim().min(1, "A claim has a name.").max(200, "A claim's name has at most 200 characters."),
  roleRules: z
    .array(
      z.strictObject({
        claimValue: z.string().trim().min(1, "A value is needed.").max(300, "A value has at most 300 characters."),
        role: z.enum(ROLES),
      }),
    )
    .max(100, "At most 100 rules."),
  defaultRole: z.enum(ROLES),
};

function isIssuer(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.username + url.password + url.search + url.hash !== "") return false;
  return url.protocol === "https:" || (url.protocol === "http:" && LOOPBACK.has(url.hostname));
}
