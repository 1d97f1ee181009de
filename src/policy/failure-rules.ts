import { isCozeContentCode } from "../llm/coze-codes.ts";
import type { ProviderKind } from "../llm/names.ts";
import type { ErrorClass } from "../record.ts";
import type { ErrorBody } from "./failure-body.ts";
import { dailyQuotaScope, nextPacificMidnight, statedReset } from "./quota-reset.ts";

/** Who is to blame for a rejection, and whether another candidate may be asked. */
export interface Verdict {
  readonly errorClass: ErrorClass;
  readonly scope: "none" | "key" | "key_model";
  readonly retryable: boolean;
  readonly resetAtMs: number | null;
}

export interface Evidence {
  readonly kind: ProviderKind;
  readonly status: number;
  readonly body: ErrorBody;
  readonly nowMs: number;
}

/** The verdict: what the body says where vendors' bodies are clearer than their statuses, the status otherwise. */
export function judge(evidence: Evidence): Verdict {
  return (
    contentFilter(evidence) ?? quota(evidence) ?? deadKey(evidence) ?? refusedCaller(evidence) ?? byStatus(evidence)
  );
}

function verdict(
  errorClass: ErrorClass,
  scope: Verdict["scope"],
  retryable: boolean,
  resetAtMs: number | null = null,
): Verdict {
  return { errorClass, scope, retryable, resetAtMs };
}

const requestFault = (errorClass: ErrorClass) => verdict(errorClass, "none", false);
const keyRefused = verdict("key_invalid", "key", true);
const keyRefusedForModel = verdict("key_invalid", "key_model", true);
/** The way to the vendor is at fault (a WAF, a region, an outbound proxy): it is the key's own way, for all models. */
const wayRefused = verdict("upstream_error", "key", true);
const upstreamFault = verdict("upstream_error", "key_model", true);

function says(body: ErrorBody, codes: ReadonlySet<string>): boolean {
  return codes.has(body.code) || codes.has(body.type) || body.reasons.some((reason) => codes.has(reason));
}

const CONTENT_CODES: ReadonlySet<string> = new Set([
  "content_filter", // Azure; with innererror ResponsibleAIPolicyViolation
  "responsibleaipolicyviolation",
  "content_policy_violation", // OpenAI images
  "moderation_blocked", // OpenAI images
  "moderation", // OpenRouter: 403 with metadata.reasons
  "data_inspection_failed", // Alibaba DashScope
  "datainspectionfailed",
]);

/** The same text is refused everywhere: asking another key would only spread it. */
function contentFilter({ kind, status, body }: Evidence): Verdict | null {
  if (status < 400 || status >= 500 || status === 429) return null;
  return says(body, CONTENT_CODES) || (kind === "coze" && isCozeContentCode(body.code))
    ? requestFault("content_filter")
    : null;
}

const QUOTA_CODES: ReadonlySet<string> = new Set([
  "insufficient_quota", // OpenAI, Azure: 429
  "billing_hard_limit_reached", // OpenAI: 400 or 429
  "billing_not_active", // OpenAI: 429
  "billing_error", // Anthropic: 402
  "insufficient_balance",
  "insufficient_user_quota", // one-api, new-api: 403
  "exceeded_current_quota_error", // Moonshot: 429
  "credits_exhausted",
  "arrearage", // Alibaba DashScope: 400
  "allocationquota.freetieronly", // Alibaba DashScope: 403
  "1113", // Zhipu: 429, account in arrears
]);

/** Anthropic says 400 invalid_request_error for an empty account and for the owner's spend limit (claude-code#66314). */
const QUOTA_WORDS =
  /\bcredit balance is too low\b|\breached your specified API usage limits\b|\binsufficient (?:account )?balance\b/i;

function quota({ status, body, nowMs }: Evidence): Verdict | null {
  if (status === 402 || says(body, QUOTA_CODES) || (status < 500 && QUOTA_WORDS.test(body.message ?? ""))) {
    return verdict("quota", "key", true, statedReset(body.message));
  }
  const scope = status === 429 ? dailyQuotaScope(body) : null;
  return scope === null ? null : verdict("quota", scope, true, nextPacificMidnight(nowMs));
}

const DEAD_KEY_CODES: ReadonlySet<string> = new Set([
  "api_key_invalid", // Gemini: 400, expired keys too
  "api_key_service_blocked", // Gemini: 403, as the following
  "api_key_http_referrer_blocked",
  "api_key_ip_address_blocked",
  "service_disabled",
  "consumer_suspended",
  "invalid_api_key", // OpenAI: 401; compatible ones with 400 or 403
  "account_deactivated",
  "organization_deactivated",
]);

function deadKey({ status, body }: Evidence): Verdict | null {
  return status >= 400 && status < 500 && says(body, DEAD_KEY_CODES) ? keyRefused : null;
}

const REGION_CODES: ReadonlySet<string> = new Set(["unsupported_country_region_territory"]);
/** Anthropic's whole text for callers from elsewhere is "Request not allowed". */
const REGION_WORDS =
  /^request not allowed\.?$|\b(?:user location|country, region, or territory)\b.{0,20}\bnot supported\b/i;
/** OpenAI: "Project `…` does not have access to model `…`"; "Missing scopes: model.request". */
const MODEL_WORDS = /\b(?:model|deployment|resource)s?\b|\bmissing scopes?\b/i;
const NO_ACCESS_WORDS = /\b(?:no|not have|lacks?|without) (?:access|permission)\b/i;

/** 401, 403 and what stands for them: the key as a whole, the key for this model, or the way to the vendor. */
function refusedCaller({ status, body }: Evidence): Verdict | null {
  const words = body.message ?? "";
  if ((status === 400 || status === 403) && (says(body, REGION_CODES) || REGION_WORDS.test(words))) return wayRefused;
  if (status === 401) return /\bmissing scopes?\b/i.test(words) ? keyRefusedForModel : keyRefused;
  if (status === 403) {
    if (!body.isJson) return wayRefused; // a CDN's or proxy's page; the vendors' APIs answer in JSON
    const limited = body.code === "model_not_found" || body.type === "permission_error" || MODEL_WORDS.test(words);
    return limited ? keyRefusedForModel : keyRefused;
  }
  // "The model does not exist or you do not have access to it" is OpenAI's text for any wrong name: the request's fault.
  const onlyAccess = NO_ACCESS_WORDS.test(words) && MODEL_WORDS.test(words) && !/\bnot (?:exist|found)\b/i.test(words);
  return status === 404 && onlyAccess ? keyRefusedForModel : null;
}

/** "Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 31000": no waiting helps, a bigger account may. */
const TOO_LARGE_FOR_ACCOUNT = /^request too large\b/i;

/** Other 4xx that say nothing about the request: timing, load, and a proxy on the way. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 409, 421, 423, 424, 425, 498, 499]);

function byStatus({ status, body }: Evidence): Verdict {
  if (status === 429) {
    return TOO_LARGE_FOR_ACCOUNT.test(body.message ?? "")
      ? verdict("too_large", "none", true)
      : verdict("rate_limited", "key_model", true);
  }
  if (status === 407) return wayRefused;
  if (status >= 300 && status < 400) return wayRefused;
  if (status < 400 || status >= 500 || PASSING_STATUSES.has(status)) return upstreamFault;
  if (status === 404 || status === 410) return requestFault("not_found");
  if (status === 413) return requestFault("too_large");
  return requestFault(status === 405 || status === 415 ? "unsupported" : "invalid_request");
}
