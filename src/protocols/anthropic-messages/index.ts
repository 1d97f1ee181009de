import type { GatewayErrorLike } from "../../llm/failure.ts";
import { readJsonAnswer } from "../answer.ts";
import type { ListedModel, Protocol } from "../protocol.ts";
import { findBoundIds } from "./bound-ids.ts";
import { watchMessages } from "./stream.ts";
import { readAnthropicUsage } from "./usage.ts";

/** Anthropic's Messages API, with count_tokens. */
export const anthropicMessages: Protocol = {
  id: "anthropic-messages",
  ping: 'event: ping\ndata: {"type":"ping"}\n\n',
  encodeError: (error, requestId) => JSON.stringify(errorBody(error, requestId)),
  encodeStreamError: (error, requestId) => `event: error\ndata: ${JSON.stringify(errorBody(error, requestId))}\n\n`,
  readAnswer: (body, endpoint) => {
    const facts = readJsonAnswer(body, {
      usageField: "usage",
      readUsage: readAnthropicUsage,
      boundIds: (answer) => findBoundIds(answer.text),
    });
    // {"type":"error","error":{…}} under a 200 is caught by its error field; counting tokens uses none.
    return endpoint === "messages.count_tokens" ? { ...facts, usage: null, rawUsage: null } : facts;
  },
  watchStream: watchMessages,
  listModels: (models) => ({
    data: models.map(modelInfo),
    has_more: false,
    first_id: models[0]?.name ?? null,
    last_id: models.at(-1)?.name ?? null,
  }),
  showModel: modelInfo,
};

function modelInfo(model: ListedModel) {
  return {
    type: "model",
    id: model.name,
    display_name: model.name,
    created_at: new Date(model.createdAtMs).toISOString().replace(/\.\d+Z$/, "Z"),
  };
}

function errorBody(error: GatewayErrorLike, requestId: string) {
  const details = error.code === typeOf(error.status) ? {} : { details: { error_code: error.code } };
  const param = error.param === undefined ? "" : `${error.param}: `;
  return {
    type: "error",
    error: { type: typeOf(error.status), message: `${param}${error.message}`, ...details },
    request_id: requestId,
  };
}

/** The types of Anthropic's error guide; SDK classes hang on them. */
function typeOf(status: number): string {
  switch (status) {
    case 401:
      return "authentication_error";
    case 402:
      return "billing_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 413:
      return "request_too_large";
    case 429:
      return "rate_limit_error";
    case 503:
    case 529:
      return "overloaded_error";
    case 504:
      return "timeout_error";
    default:
      return status >= 500 ? "api_error" : "invalid_request_error";
  }
}
