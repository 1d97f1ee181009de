import { jsonOrNull } from "../lib/json-or-null.ts";
/** What an error body says, whoever wrote it. Unknown parts are null or empty. */
export interface ErrorBody {
  /** False for HTML, plain text or nothing: then a proxy or CDN speaks, not the vendor's API. */
  readonly isJson: boolean;
  readonly message: string | null;
  /** `error.code`, `code` as text, lower case. */
  readonly code: string;
  /** `error.type`, lower case. */
  readonly type: string;
  /** Inner codes and reasons (Azure `innererror.code`, Google `ErrorInfo.reason`, Anthropic `details.error_code`), lower case. */
  readonly reasons: readonly string[];
  /** Google's `QuotaFailure.violations[].quotaId`. */
  readonly quotaIds: readonly string[];
  /** Google's `RetryInfo.retryDelay`, e.g. "31s". */
  readonly retryDelay: string | null;
}

type Json = Record<string, unknown>;

const EMPTY: ErrorBody = {
  isJson: false,
  message: null,
  code: "",
  type: "",
  reasons: [],
  quotaIds: [],
  retryDelay: null,
};

/**
 * Reads the error shapes in use: OpenAI `{error:{message,type,code}}`, Azure (`innererror`, `{statusCode,message}`), Anthropic
 * `{type:"error",error:{type,message,details}}`, Google `{error:{code,status,details[]}}` (an array of it on streams without
 * alt=sse), Coze `{code,msg}`, FastAPI `{detail}`, `{error:"…"}`. Never throws.
 */
export function readErrorBody(text: string): ErrorBody {
  const json = parseObject(stripFrame(text));
  if (json === null) return { ...EMPTY, message: plainText(text) };
  const error = asObject(json.error) ?? asObject(asArray(json.errors)[0]) ?? json;
  const message = firstText(error.message, error.msg, json.error, json.message, json.msg, json.detail, error.detail);
  const inner = message?.startsWith("{") ? parseObject(message) : null; // a gateway that quotes its own upstream's body
  if (inner !== null && asObject(inner.error) !== null) return readErrorBody(message!);
  const details = asArray(error.details);
  return {
    isJson: true,
    message: message ?? firstText(detailMessage(json.detail)),
    code: codeText(error.code ?? json.code ?? json.statusCode),
    type: codeText(error.type ?? (error === json ? undefined : error.status)),
    reasons: reasonsOf(error, details),
    quotaIds: details.flatMap((detail) =>
      asArray(asObject(detail)?.violations).flatMap((violation) => textList(asObject(violation)?.quotaId)),
    ),
    retryDelay: details.map((detail) => asObject(detail)?.retryDelay).find(isText) ?? null,
  };
}

function reasonsOf(error: Json, details: readonly unknown[]): string[] {
  const inner = asObject(error.innererror) ?? asObject(error.inner_error);
  const found = [error.status, error.reason, inner?.code, asObject(error.details)?.error_code];
  for (const detail of details) found.push(asObject(detail)?.reason);
  if (asArray(asObject(error.metadata)?.reasons).length > 0) found.push("moderation"); // OpenRouter: flagged input, with 403
  return found.filter(isText).map((reason) => reason.toLowerCase());
}

/** Room for a byte order mark, white space and a frame's field names. */
const LONGEST_LEAD = 200;

/** An error may arrive as an SSE frame or as the first element of an array. */
function stripFrame(text: string): string {
  const start = text.search(/[[{]/);
  if (start < 0 || start > LONGEST_LEAD) return "";
  const lead = text.slice(0, start).replace("\ufeff", "").trim();
  return lead === "" || /^(event:.*\s+)?data:$/.test(lead) ? text.slice(start) : "";
}

function parseObject(text: string): Json | null {
  return asObject(first(jsonOrNull(text) ?? jsonOrNull(firstLine(text))));
}

/** Behind an SSE frame's data line the next frame may stand. */
function firstLine(text: string): string {
  const end = text.indexOf("\n");
  return end < 0 ? "" : text.slice(0, end);
}

function first(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : value;
}

function plainText(text: string): string | null {
  const title = /<title>([^<]{1,300})/i.exec(text)?.[1];
  const words = (title ?? text.slice(0, 4000).replace(/<[^>]{0,1000}>/g, " ")).trim();
  return words === "" ? null : words;
}

/** FastAPI's validation errors: `{detail:[{msg}]}`. */
function detailMessage(detail: unknown): unknown {
  const one = asObject(first(detail));
  return one?.msg ?? one?.message;
}

function codeText(value: unknown): string {
  return typeof value === "string" ? value.toLowerCase() : typeof value === "number" ? String(value) : "";
}

function firstText(...values: readonly unknown[]): string | null {
  return values.find((value): value is string => isText(value)) ?? null;
}

function textList(value: unknown): string[] {
  return isText(value) ? [value] : [];
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function asObject(value: unknown): Json | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : null;
}
