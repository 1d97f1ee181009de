import { decodeLatin1, utf8 } from "../../lib/bytes.ts";
import type { JsonObject } from "../../lib/json-object.ts";
import type { GatewayErrorLike } from "../../llm/failure.ts";
import { parseRecord, readJsonAnswer } from "../answer.ts";
import type { ListedModel, Protocol, StreamWatcher } from "../protocol.ts";
import { createWatcher } from "../stream.ts";
import { asRecord } from "../usage.ts";
import { readGeminiUsage } from "./usage.ts";

/** Google's generateContent family under /v1beta and /v1. */
export const gemini: Protocol = {
  id: "gemini",
  ping: ": ping\n\n",
  encodeError: (error) => JSON.stringify(errorBody(error)),
  encodeStreamError: (error) => `data: ${JSON.stringify(errorBody(error))}\n\n`,
  readAnswer: (body) =>
    readJsonAnswer(unwrapped(body), { usageField: "usageMetadata", readUsage: readGeminiUsage, boundIds }),
  watchStream: watchGemini,
  listModels: (models) => ({ models: models.map(modelInfo) }),
  showModel: modelInfo,
};

/** Worth parsing; the words may also stand in a function call's arguments. */
const HINT = /"(?:error|usageMetadata|finishReason|blockReason)"/;

/** Frames are `data:` only, usage is cumulative (the last one counts), the last chunk has a finishReason; there is no [DONE]. */
function watchGemini(): StreamWatcher {
  return createWatcher(
    ({ data }, facts) => {
      const chunk = HINT.test(data) ? parseRecord(decodeLatin1(data)) : null;
      if (chunk?.error !== undefined && chunk.error !== null) {
        facts.error = data;
        return "error";
      }
      facts.hasContent = true;
      if (chunk === null) return "keep";
      // Every time, because a stream may be cut at any frame and must be accounted with the counts so far.
      const usage = readGeminiUsage(chunk.usageMetadata);
      if (usage !== null) {
        facts.usage = usage;
        facts.rawUsage = JSON.stringify(chunk.usageMetadata);
      }
      if (isFinished(chunk)) facts.finished = true;
      return "keep";
    },
    (facts) => (facts.finished ? "" : null),
  );
}

function isFinished(chunk: Record<string, unknown>): boolean {
  const candidates = Array.isArray(chunk.candidates) ? chunk.candidates : [];
  const reasons = [
    ...candidates.map((candidate) => asRecord(candidate)?.finishReason),
    asRecord(chunk.promptFeedback)?.blockReason,
  ];
  return reasons.some(
    (reason) => typeof reason === "string" && reason !== "" && reason !== "FINISH_REASON_UNSPECIFIED",
  );
}

/** Google sometimes wraps an error in a one-element array. */
function unwrapped(body: Uint8Array): Uint8Array {
  if (body[0] !== 91) return body;
  const list: unknown = JSON.parse(Buffer.from(body).toString("utf8"));
  return utf8(JSON.stringify(Array.isArray(list) ? list[0] : list));
}

function boundIds(answer: JsonObject): readonly string[] {
  const name = /"name":\s*"((?:cachedContents|files)\/[^"\\]+)"/.exec(answer.text);
  return name === null ? [] : [name[1]!];
}

function modelInfo(model: ListedModel) {
  return {
    name: `models/${model.name}`,
    displayName: model.name,
    supportedGenerationMethods: ["generateContent", "streamGenerateContent", "countTokens"],
  };
}

/** google.rpc.Status: a numeric code, or Google's SDK ignores the error inside a stream. */
function errorBody(error: GatewayErrorLike) {
  const message = error.param === undefined ? error.message : `${error.param}: ${error.message}`;
  const details =
    error.retryAfterMs === undefined
      ? []
      : [
          {
            "@type": "type.googleapis.com/google.rpc.RetryInfo",
            retryDelay: `${Math.ceil(error.retryAfterMs / 1000)}s`,
          },
        ];
  return { error: { code: error.status, message, status: statusName(error.status), details } };
}

function statusName(status: number): string {
  switch (status) {
    case 400:
    case 413:
    case 415:
    case 422:
      return "INVALID_ARGUMENT";
    case 401:
      return "UNAUTHENTICATED";
    case 403:
      return "PERMISSION_DENIED";
    case 404:
    case 405:
      return "NOT_FOUND";
    case 409:
      return "ABORTED";
    case 429:
      return "RESOURCE_EXHAUSTED";
    case 499:
      return "CANCELLED";
    case 503:
    case 529:
      return "UNAVAILABLE";
    case 504:
      return "DEADLINE_EXCEEDED";
    default:
      return status >= 500 ? "INTERNAL" : "FAILED_PRECONDITION";
  }
}
