import type { Failure } from "../policy/failure.ts";
import { combineNone, finalError, mayRetry, type NoCandidate } from "../policy/retry.ts";
import type { Admitted } from "./admit.ts";
import { type Answer, type AttemptResult, attempt } from "./attempt.ts";
import { stickyId } from "./binding.ts";
import type { Exchange } from "./exchange.ts";
import type { RouteTarget } from "./route.ts";
import { stoppedError } from "./stopped.ts";
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
  const tally = new Tally(exchange, admitted);
  let none: NoCandidate | null = null;
  for (const target of boundTargets(admitted)) {
    const tried = new Set<string>();
    for (;;) {
      const picked = pickKey(exchange, admitted, target, tried);
      if (picked.kind === "none") {
        none = combineNone(none, picked);
        break;
      }
      tried.add(picked.key.id);
      const result = await attempt(exchange, admitted, target, picked.key);
      if (result.kind === "ok") return result.answer;
      if (result.kind === "abandoned") throw stoppedError(exchange);
      if (learnQuirk(exchange, admitted, target, result.failure)) tried.delete(picked.key.id);
      else tally.count(result, none);
    }
  }
  throw tally.lastWord(none);
}

/** The failed attempts of one request, and whether there may be another. */
class Tally {
  readonly #failures: Failure[] = [];
  #attempts = 0;
  #swaps = 0;
  #refusal: UpstreamRefusal | null = null;

  constructor(
    private readonly exchange: Exchange,
    private readonly admitted: Admitted,
  ) {}

  /** Returns when somebody else may be asked; throws what the client is told otherwise. */
  count({ failure, body, status }: Extract<AttemptResult, { kind: "failed" }>, none: NoCandidate | null): void {
    this.#failures.push(failure);
    this.#refusal = body !== null && isErrorObject(body) ? new UpstreamRefusal(status, body, failure) : null;
    const { maxAttempts } = this.exchange.snapshot.settings;
    if (isKeyFault(failure)) {
      if (++this.#swaps > MAX_KEY_SWAPS || cannotRepeat(this.admitted)) throw this.lastWord(none);
      return;
    }
    this.#attempts++;
    // Of a stored response whose maker is unknown, "not found" only says that it was not this key.
    const isSearch = this.exchange.incoming.endpoint.stored === true && failure.errorClass === "not_found";
    const again = mayRetry({
      attempts: this.#attempts,
      maxAttempts,
      committed: cannotRepeat(this.admitted),
      failure: isSearch ? { ...failure, retryable: true } : failure,
      deadlineMs: null,
      nowMs: Date.now(),
    });
    if (!again || this.exchange.stopped !== null) throw this.lastWord(none);
  }

  /** A fault of the request in the upstream's own words, else the verdict over all failures. */
  lastWord(none: NoCandidate | null): Error {
    return this.#refusal ?? finalError(this.#failures, none, Date.now());
  }
}

/** A request that names what one key made can only go to that key's provider. */
function boundTargets({ targets, binding }: Admitted): readonly RouteTarget[] {
  if (binding === null) return targets;
  const bound = targets.filter((target) => target.provider.id === binding.providerId);
  return bound.length > 0 ? bound : targets;
}

const NOBODY_ELSE = { kind: "none", reason: "empty", earliestMs: null } as const;

function pickKey(exchange: Exchange, admitted: Admitted, target: RouteTarget, tried: ReadonlySet<string>) {
  const { provider } = target;
  const { binding, body } = admitted;
  if (binding !== null && binding.providerId === provider.id) {
    const key = provider.keys.find((each) => each.id === binding.keyId);
    // Another key could only answer "not found"; it is asked only when this one is there no more.
    if (key !== undefined) return tried.has(key.id) ? NOBODY_ELSE : { kind: "key" as const, key };
  }
  const json = body.kind === "json" ? body : null;
  return exchange.gateway.pool.pick({
    provider,
    model: target.upstreamModel,
    exclude: tried.size === 0 ? null : tried,
    stickyId: provider.strategy === "sticky" ? stickyId(exchange, json) : null,
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

function isErrorObject(body: string): boolean {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null && "error" in value && typeof value.error === "object";
  } catch {
    return false;
  }
}
