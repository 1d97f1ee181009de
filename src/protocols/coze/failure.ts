import { statusOfCozeCode } from "../../llm/coze-codes.ts";
import type { GatewayErrorLike } from "../../llm/failure.ts";
import type { JsonRecord } from "../fields.ts";

/** `{code, msg}` of an error event, of `last_error` and of whole bodies. */
export function readFailure(body: JsonRecord | null): GatewayErrorLike {
  const code = body !== null && (typeof body.code === "number" || typeof body.code === "string") ? `${body.code}` : "";
  const message = body !== null && typeof body.msg === "string" && body.msg !== "" ? body.msg : "The bot failed.";
  return {
    status: statusOfCozeCode(code) ?? 502,
    code: code === "" || code === "0" ? "upstream_error" : code,
    message,
  };
}
