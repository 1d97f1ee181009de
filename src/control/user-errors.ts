import type { z } from "zod";

export const USER_ERROR_CODES = [
  "INVALID",
  "REQUIRED",
  "TOO_LONG",
  "OUT_OF_RANGE",
  "NOT_FOUND",
  "DUPLICATE",
  "CONFLICT",
  "STALE_VERSION",
  "LOCKED_BY_ENV",
  "CONFIRMATION_REQUIRED",
  "FORBIDDEN",
  "RATE_LIMITED",
  "UPSTREAM_REJECTED",
  "UPSTREAM_UNREACHABLE",
  "TOTP_REQUIRED",
] as const;
export type UserErrorCode = (typeof USER_ERROR_CODES)[number];

/** Anything with a typed id: what the schema can show as a Node. */
export interface NodeRow {
  readonly id: string;
}

interface Common {
  readonly code: UserErrorCode;
  /** Says what to do; safe for any reader, never repeats what was sent. */
  readonly message: string;
  /** Path into `input`. */
  readonly field: readonly string[] | null;
}

/** Why a mutation did nothing, as a value a person can act on. */
export type UserError =
  | (Common & { readonly kind: "invalid" })
  | (Common & { readonly kind: "not_found"; readonly nodeId: string | null })
  | (Common & { readonly kind: "duplicate"; readonly existing: NodeRow | null })
  | (Common & { readonly kind: "stale"; readonly current: NodeRow | null; readonly currentVersion: number })
  | (Common & { readonly kind: "conflict"; readonly blockers: readonly NodeRow[] })
  | (Common & { readonly kind: "confirm"; readonly flag: string; readonly choices: readonly string[] })
  | (Common & { readonly kind: "locked"; readonly variable: string })
  | (Common & { readonly kind: "upstream"; readonly httpStatus: number | null })
  | (Common & { readonly kind: "rate_limited"; readonly retryAfterMs: number });

export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly errors: readonly UserError[] };

export const ok = <T>(value: T): Result<T> => ({ ok: true, value });
export const refuse = (...errors: UserError[]): { ok: false; errors: readonly UserError[] } => ({ ok: false, errors });

export function invalid(
  field: string | readonly string[],
  message: string,
  code: UserErrorCode = "INVALID",
): UserError {
  return { kind: "invalid", code, message, field: typeof field === "string" ? [field] : field };
}

export function notFound(field: string | readonly string[], what: string, nodeId: string | null = null): UserError {
  const path = typeof field === "string" ? [field] : field;
  return { kind: "not_found", code: "NOT_FOUND", message: `There is no such ${what} (any more).`, field: path, nodeId };
}

/** `variable`: where it was set, and can be changed. */
export function locked(field: readonly string[], variable: string): UserError {
  const message = `${variable} says how this is set: change it there, and start again.`;
  return { kind: "locked", code: "LOCKED_BY_ENV", message, field, variable };
}

/** Input as GraphQL hands it over: what may be left out may also be null. Which nulls mean "cleared" is the schema's to say. */
export type Given<Schema extends z.ZodType> = {
  readonly [Name in keyof z.input<Schema>]: z.input<Schema>[Name] | null;
};

/** What `schema` makes of the input, or one error per issue, without the values. */
export function readInput<Schema extends z.ZodType>(schema: Schema, input: Given<Schema>): Result<z.output<Schema>> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return ok(parsed.data);
  // One word per field: that an empty text does not fit the pattern either helps nobody.
  const byField = new Map(
    parsed.error.issues.toReversed().map((issue) => [issue.path.join("."), describeIssue(issue)]),
  );
  return { ok: false, errors: [...byField.values()].reverse() };
}

function describeIssue(issue: z.core.$ZodIssue): UserError {
  const code: UserErrorCode =
    issue.code === "too_big"
      ? issue.origin === "string"
        ? "TOO_LONG"
        : "OUT_OF_RANGE"
      : issue.code === "too_small"
        ? issue.origin === "string"
          ? "REQUIRED"
          : "OUT_OF_RANGE"
        : "INVALID";
  return { kind: "invalid", code, message: issue.message, field: issue.path.map(String) };
}
