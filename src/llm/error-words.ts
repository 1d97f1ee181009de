/**
 * Which HTTP status an error's own words stand for, where no status says it: errors inside streams and under a 200. `signs` are the
 * error's code, status and type, the most telling first; a number from 400 to 599 is a status itself. Null: none of them tells.
 */
export function statusOfError(signs: readonly unknown[]): number | null {
  for (const sign of signs) {
    const number = typeof sign === "number" || typeof sign === "string" ? Number(sign) : Number.NaN;
    if (Number.isInteger(number) && number >= 400 && number < 600) return number;
    if (typeof sign !== "string") continue;
    const word = sign.toLowerCase();
    const status = STATUS_BY_WORD[word] ?? TELLING.find(([pattern]) => pattern.test(word))?.[1];
    if (status !== undefined) return status;
  }
  for (const sign of signs) {
    const status = typeof sign === "string" ? GENERAL.find(([pattern]) => pattern.test(sign))?.[1] : undefined;
    if (status !== undefined) return status;
  }
  return null;
}

/** OpenAI's, Anthropic's, Google's and vLLM's names of errors, lower case (error guides and SDK typings). */
const STATUS_BY_WORD: Readonly<Record<string, number | undefined>> = Object.assign(Object.create(null), {
  invalid_request_error: 400,
  badrequesterror: 400,
  invalid_argument: 400,
  failed_precondition: 400,
  context_length_exceeded: 400,
  content_filter: 400,
  invalid_prompt: 400, // this and the next three: typing ResponseError
  data_residency_mismatch: 400,
  bio_policy: 400,
  misalignment_policy_violation: 400,
  authentication_error: 401,
  invalid_api_key: 401,
  unauthenticated: 401,
  billing_error: 402,
  permission_error: 403,
  permission_denied: 403,
  not_found_error: 404,
  not_found: 404,
  model_not_found: 404,
  conflict_error: 409,
  request_too_large: 413,
  rate_limit_error: 429,
  rate_limit_exceeded: 429,
  too_many_requests: 429,
  insufficient_quota: 429,
  resource_exhausted: 429,
  requests: 429,
  tokens: 429,
  server_error: 500,
  internal_error: 500,
  internal: 500,
  api_error: 500,
  unavailable: 503,
  deadline_exceeded: 504,
  timeout_error: 504,
  vector_store_timeout: 504,
  overloaded_error: 529,
});

type Patterns = readonly (readonly [pattern: RegExp, status: number])[];

/** What compatible servers call the same, and families of codes (OpenAI's invalid_image_format, image_too_large …). */
const TELLING: Patterns = [
  [/rate_?limit|too_many|insufficient_quota|resource_exhausted/, 429],
  [/overloaded|unavailable|capacity/, 503],
  [/timeout|deadline/, 504],
  [/(^|_)image($|_)|context_length|content_filter/, 400],
  [/auth|invalid_api_key/, 401],
  [/permission|forbidden/, 403],
  [/not_found/, 404],
  [/billing|payment/, 402],
];

/** Words that say whose fault it was and nothing more: whatever stands beside them tells more. */
const GENERAL: Patterns = [
  [/server_?error|internal|api_?error/i, 500],
  [/invalid|bad_?request/i, 400],
];
