import { GatewayError } from "../errors.ts";

/** The refusals that every kind of body shares. */
export function invalidRequest(message: string, param?: string): GatewayError {
  return new GatewayError("invalid_request", 400, message, param === undefined ? {} : { param });
}

export function tooLarge(limit: number): GatewayError {
  const mib = Math.floor((limit / 1_048_576) * 10) / 10;
  return new GatewayError("too_large", 413, `The request body is larger than ${mib} MiB, which is the limit here.`, {
    code: "request_too_large",
    headers: { connection: "close" },
  });
}

/** A client key that must not have fields left out. */
export function strictRefusal(dropped: readonly string[]): GatewayError {
  const fields = dropped.map((field) => `\`${field}\``).join(", ");
  return new GatewayError(
    "unsupported",
    400,
    `This model cannot be sent ${fields}, and this API key does not let fields be left out.`,
    { code: "unsupported_parameter", param: dropped[0]! },
  );
}
