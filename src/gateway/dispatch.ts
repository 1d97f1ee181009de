import { GatewayError } from "../errors.ts";
import type { Failure } from "../policy/failure.ts";
import { combineNone, finalError, mayRetry, type NoCandidate } from "../policy/retry.ts";
import type { KeyEntry } from "../snapshot.ts";
import type { Admitted } from "./admit.ts";
import { type Answer, attempt } from "./attempt.ts";
import { stickyId } from "./binding.ts";
import type { Exchange } from "./exchange.ts";
import type { RouteTarget } from "./route.ts";
import { asksForUsage } from "./upstream-request.ts";

/** The upstream's own refusal of the client's request, to be shown as it is. */
export class UpstreamRefusal extends Error {
  override readonly name = "UpstreamRefusal";
  constructor(
    readonly status: number,
    readonly body: string,
    readonly failure: Failure,
  ) {
    super("refused by the upstream");
  }
}

/**
 * A refused key (401, 402, 403, 429) is parked by the very call that found out, so swapping it for the next one costs each key
 * one call and does not count as an attempt: a pool heals itself while requests go through. This many swaps end it all the same.
 */
const MAX_KEY_SWAPS = 100;

/**
 * Asks target after target, key after key, until one answers. Throws GatewayError when nobody does, UpstreamRefusal when the
 * request itself was refused. Never asks more than `maxAttempts` times, refused keys aside.
 */
export async function dispatch(exchange: Exchange, admitted: Admitted): Promise<Answer> {
  const { snapshot } = exchange;
  const { maxAttempts } = snapshot.settings;
  const failures: Failure[] = [];
  let none: NoCandidate | null = null;
  let attempts = 0;
  let swaps = 0;
  let sticky: string | null | undefined;

  for (const target of admitted.targets) {
    const tried = new Set<string>();
    for (;;) {
      if (target.provider.strategy === "sticky" && sticky === undefined) {
        sticky = stickyId(exchange, admitted.body.kind === "json" ? admitted.body : null);
      }
      const picked = pickKey(exchange, admitted, target, tried, sticky ?? null);
      if (picked.kind === "none") {
        none = combineNone(none, picked);
        break;
      }
      tried.add(picked.key.id);
      const result = await attempt(exchange, admitted, target, picked.key);
      if (result.kind === "ok") return result.answer;
      if (result.kind === "abandoned") throw stoppedError(exchange);
      const { failure } = result;
      if (learnQuirk(exchange, admitted, target, failure)) {
        tried.delete(picked.key.id);
        continue;
      }
      failures.push(failure);
      if (exchange.incoming.endpoint.stored && failure.errorClass === "not_found") {
        if (++attempts >= maxAttempts) throw refusal(failures, result.body, result.status);
        continue; // another key may be the one that made it
      }
      if (result.body !== null && isErrorObject(result.body)) throw refusal(failures, result.body, result.status);
      if (isKeyFault(failure)) {
        if (++swaps > MAX_KEY_SWAPS) throw finalError(failures, none, Date.now());
        if (cannotRepeat(admitted)) throw finalError(failures, none, Date.now());
        continue;
      }
      attempts++;
      const again = mayRetry({
        attempts,
        maxAttempts,
        committed: cannotRepeat(admitted),
        failure,
        deadlineMs: null,
        nowMs: Date.now(),
      });
      if (!again || exchange.stopped !== null) throw finalError(failures, none, Date.now());
    }
  }
  throw finalError(failures, none, Date.now());
}

function pickKey(
  exchange: Exchange,
  admitted: Admitted,
  target: RouteTarget,
  tried: ReadonlySet<string>,
  sticky: string | null,
) {
  const { pool } = exchange.gateway;
  if (admitted.binding !== null && admitted.binding.providerId === target.provider.id) {
    const bound: KeyEntry | undefined = target.provider.keys.find((key) => key.id === admitted.binding!.keyId);
    // Only this key knows what the request names: another one could only answer "not found".
    if (bound !== undefined && !tried.has(bound.id)) return { kind: "key" as const, key: bound, probe: false };
  }
  return pool.pick({
    provider: target.provider,
    model: target.upstreamModel,
    exclude: tried.size === 0 ? null : tried,
    stickyId: sticky,
    nowMs: Date.now(),
  });
}

/** A vendor without `stream_options` says so once; the same key is asked again without. Nobody is blamed. */
function learnQuirk(exchange: Exchange, admitted: Admitted, target: RouteTarget, failure: Failure): boolean {
  const refused =
    failure.httpStatus !== null &&
    (failure.httpStatus === 400 || failure.httpStatus === 422) &&
    /stream_options/.test(failure.message ?? "") &&
    asksForUsage(exchange, target, admitted.clientWantsUsage);
  if (refused) exchange.gateway.quirks.learnNoStreamOptions(target.provider.id);
  return refused;
}

function isKeyFault(failure: Failure): boolean {
  return failure.retryable && KEY_FAULTS.has(failure.errorClass);
}

const KEY_FAULTS: ReadonlySet<Failure["errorClass"]> = new Set(["key_invalid", "quota", "rate_limited"]);

/** A body that was relayed while it came is gone. */
function cannotRepeat(admitted: Admitted): boolean {
  return admitted.body.kind === "multipart" && admitted.body.rest !== null;
}

function refusal(failures: readonly Failure[], body: string | null, status: number): Error {
  const failure = failures[failures.length - 1]!;
  return body !== null && isErrorObject(body)
    ? new UpstreamRefusal(status, body, failure)
    : finalError(failures, null, Date.now());
}

function isErrorObject(body: string): boolean {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null && "error" in value && typeof value.error === "object";
  } catch {
    return false;
  }
}

/** Why this request ended without an answer, when it was not the upstream's doing. */
export function stoppedError(exchange: Exchange): GatewayError {
  switch (exchange.stopped) {
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
