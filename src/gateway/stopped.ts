import { GatewayError } from "../errors.ts";
import type { Exchange } from "./exchange.ts";

/** Why this request ended without an answer, when it was not the upstream's doing. */
export function stoppedError(exchange: Exchange): GatewayError {
  switch (exchange.stopped) {
    case "refused":
      return exchange.refusal!;
    case "too_slow":
      return new GatewayError("timeout", 408, "The request body came too slowly.", {
        headers: { connection: "close" },
      });
    case "cancelled":
      return new GatewayError("cancelled", 503, "An administrator of this gateway stopped this request.", {
        code: "request_cancelled",
        final: true,
      });
    case "shutdown":
      return new GatewayError("overloaded", 503, "This gateway is shutting down. Try again in a moment.", {
        retryAfterMs: 1000,
      });
    case "timeout":
      return new GatewayError("timeout", 504, "The request took longer than this gateway allows.", {
        code: "request_timeout",
        final: true,
      });
    default:
      return new GatewayError("client_closed", 499, "The client closed the connection.");
  }
}
