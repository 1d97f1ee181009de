import type { CombinedError } from "@urql/core";
import { t } from "../i18n/index.ts";

/** `outdated`: the server does not know this page's documents; `unproved`: it wants a fresh proof of who is there. */
export type ApiErrorKind = "unauthenticated" | "forbidden" | "unreachable" | "outdated" | "unproved" | "refused";

const KINDS: Readonly<Record<string, ApiErrorKind>> = {
  UNAUTHENTICATED: "unauthenticated",
  FORBIDDEN: "forbidden",
  PERSISTED_QUERY_NOT_FOUND: "outdated",
  PERSISTED_QUERY_ONLY: "outdated",
  REAUTH_REQUIRED: "unproved",
};

/** Why an operation as a whole failed. What a person can mend comes as `userErrors` in the payload instead. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  constructor(
    readonly kind: ApiErrorKind,
    message: string,
    readonly requestId: string | null = null,
  ) {
    super(message);
  }
}

interface ErrorLike {
  readonly message: string;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

export function toApiError(error: CombinedError): ApiError {
  if (error.networkError) {
    // The server answers 401 without GraphQL only from a proxy in front; everything else here is "no answer".
    return new ApiError("unreachable", error.networkError.message);
  }
  return fromGraphQLErrors(error.graphQLErrors);
}

export function fromGraphQLErrors(errors: readonly ErrorLike[]): ApiError {
  const [error] = errors;
  const code = error?.extensions?.code;
  const requestId = error?.extensions?.requestId;
  const kind = KINDS[String(code)] ?? "refused";
  const message = kind === "outdated" ? t().errors.updated : (error?.message ?? "");
  return new ApiError(kind, message, typeof requestId === "string" ? requestId : null);
}
