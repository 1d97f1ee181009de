import type { GatewayErrorLike } from "../../llm/failure.ts";

/**
 * OpenAI's SDKs read all four fields, so all four are always there. The type follows the status, as OpenAI's error guide
 * lists them.
 */
export function openAiErrorObject(error: GatewayErrorLike): {
  message: string;
  type: string;
  param: string | null;
  code: string;
} {
  return { message: error.message, type: typeOf(error.status), param: error.param ?? null, code: error.code };
}

function typeOf(status: number): string {
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 429:
      return "rate_limit_error";
    default:
      return status >= 500 ? "server_error" : "invalid_request_error";
  }
}
