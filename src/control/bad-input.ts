import { GatewayError } from "../errors.ts";

/** An argument of a query or subscription that cannot be meant. (Mutations answer such things as `userErrors`.) */
export function badInput(message: string, argument?: string): GatewayError {
  return new GatewayError("invalid_request", 400, message, {
    code: "BAD_USER_INPUT",
    ...(argument === undefined ? {} : { param: argument }),
  });
}
