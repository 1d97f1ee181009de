import { GatewayError } from "../errors.ts";
import type { Wire } from "../llm/names.ts";
import type { Failure } from "../policy/failure.ts";
import { combineNone, finalError, mayRetry, type NoCandidate } from "../policy/retry.ts";
import type { PickRequest, PickResult } from "../pool.ts";
import { serviceOf } from "../providers/wires.ts";
import type { KeyEntry, ProviderEntry } from "../snapshot.ts";
import type { Admitted } from "./admit.ts";
import { type Asked, beginAttempt, endAttempt } from "./attempt.ts";
import type { Answer, FailedAttempt } from "./attempt-result.ts";
import { stickyId } from "./binding.ts";
import { DirectCall } from "./call.ts";
import type { CallResult } from "./call-result.ts";
import { estimatedCount } from "./estimated-count.ts";
import type { Exchange } from "./exchange.ts";
import type { PlacedFiles } from "./files/copies.ts";
import { learn } from "./learn.ts";
import { Planner } from "./plan.ts";
import type { RouteTarget } from "./route.ts";
import { stoppedError } from "./stopped.ts";
import { refusalOf } from "./upstream-refusal.ts";

/**
 * A refused key (401, 402, 403, 429) is parked by the very call that found out, so swapping it for the next one costs each key
 * one call and does not count as an attempt: a pool heals itself while requests go through. This many swaps end it all the same.
 */
const MAX_KEY_SWAPS = 100;

/**
 * Asks target after target, key after key, until one answers. Throws GatewayError when nobody does, UpstreamRefusal when the
 * request itself was refused. Never asks more than `maxAttempts` times, refused keys aside. A target that cannot be sent this request
 * is passed over; when that is so of all, the first one's reason is the answer.
 */
export async function dispatch(exchange: Exchange, admitted: Admitted): Promise<Answer> {
  if (admitted.answer !== undefined) return admitted.answer;
  let tally: Tally | null = null;
  const planner = new Planner(exchange, admitted);
  const { pool } = exchange.gateway;
  let none: NoCandidate | null = null;
  for (const target of planner.targets()) {
    if (serviceOf(exchange.incoming.endpoint.id, target.provider.kind).how === "estimated") {
      return estimatedCount(exchange, admitted);
    }
    let wire = planner.wireFor(target);
    let again: PickedKey | null = null;
    let tried = NOBODY;
    while (wire !== undefined) {
      const picked: PickedKey | NoCandidateHere =
        again ?? pickKey(exchange, admitted, planner, { target, tried }, pool);
      if (picked.kind === "none") {
        none = combineNone(none, picked);
        break;
      }
      const { key }: PickedKey = picked;
      const request: Request | "never" | "another_key" =
        exchange.largeFiles === null
          ? write(planner, admitted, { target, key, wire })
          : await withLargeFiles(exchange, admitted, planner, { target, key, wire });
      if (request === "never") break;
      again = null;
      if (request === "another_key") {
        tried = withOne(tried, key.id);
        continue;
      }
      const { call }: Request = request;
      const { claim, call: running } = beginAttempt(exchange, request.admitted, target, { key, call });
      let called: CallResult;
      // Awaited here: an async function of its own would cost every request a promise more and a turn of the microtask queue.
      if (running instanceof DirectCall) {
        try {
          called = { kind: "answer", answer: await running.answer };
        } catch (error) {
          called = await running.failed(error);
        }
      } else called = await running;
      const ended = endAttempt(claim, called);
      const result = ended instanceof Promise ? await ended : ended;
      if (result.kind === "ok") return result.answer;
      if (result.kind === "abandoned") throw stoppedError(exchange);
      tried = withOne(tried, key.id);
      if (mayMissFiles(result)) {
        for (const id of exchange.largeFiles?.keys() ?? []) exchange.gateway.fileCopies.forget(id, key.id);
      }
      again = learn(exchange, admitted, planner, { target, call, result }) ? { kind: "key", key } : null;
      if (again === null) {
        tally ??= new Tally(exchange, admitted);
        tally.count(result, none);
      } else wire = planner.wireFor(target);
    }
  }
  throw tally === null ? nobodyToAsk(none, planner) : tally.lastWord(none);
}

/** No key was asked yet. */
export const NOBODY: ReadonlySet<string> = new Set();

/** Most requests are answered by the first key: only the others need a set. */
function withOne(ids: ReadonlySet<string>, id: string): ReadonlySet<string> {
  return new Set(ids).add(id);
}

/** What the client is told when no upstream was called. */
export function nobodyToAsk(none: NoCandidate | null, { refusal }: Planner): GatewayError {
  return none === null && refusal !== null ? refusal : finalError([], none, Date.now());
}

/** The failed attempts of one request, and whether there may be another. */
class Tally {
  readonly #failures: Failure[] = [];
  #attempts = 0;
  #swaps = 0;
  #refusal: Error | null = null;

  constructor(
    private readonly exchange: Exchange,
    private readonly admitted: Admitted,
  ) {}

  /** Returns when somebody else may be asked; throws what the client is told otherwise. */
  count(result: FailedAttempt, none: NoCandidate | null): void {
    const { failure } = result;
    this.#failures.push(failure);
    this.#refusal = refusalOf(result, this.exchange.protocol.id);
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

interface PickedKey {
  readonly kind: "key";
  readonly key: KeyEntry;
}
/** The key pool, or whoever only wants to know what it would say. */
interface Chooser {
  pick(request: PickRequest): PickResult;
}
type NoCandidateHere = { readonly kind: "none" } & NoCandidate;

const NOBODY_ELSE: NoCandidateHere = { kind: "none", reason: "empty", earliestMs: null };

export function pickKey(
  exchange: Exchange,
  admitted: Admitted,
  planner: Planner,
  { target, tried }: { readonly target: RouteTarget; readonly tried: ReadonlySet<string> },
  chooser: Chooser,
): PickedKey | NoCandidateHere {
  const { provider } = target;
  const { binding, body } = admitted;
  const pinned = exchange.incoming.internal?.pins?.keyId ?? null;
  if (pinned !== null) {
    const key = keyOf(provider, pinned);
    return key === undefined || tried.has(key.id) ? NOBODY_ELSE : { kind: "key", key };
  }
  if (binding !== null && binding.providerId === provider.id) {
    const key = keyOf(provider, binding.keyId);
    // Another key could only answer "not found"; it is asked only when this one is there no more.
    if (key !== undefined) return tried.has(key.id) ? NOBODY_ELSE : { kind: "key", key };
  }
  const { maker } = planner;
  if (maker !== null && maker.providerId === provider.id && !tried.has(maker.keyId)) {
    const key = keyOf(provider, maker.keyId);
    // It alone can read what it signed; but a conversation can go on without.
    if (key !== undefined && isWell(exchange, target, key)) return { kind: "key", key };
  }
  const holder = exchange.largeFiles === null ? null : holderOfFiles(exchange, target, exchange.largeFiles);
  if (holder !== null && !tried.has(holder.id)) return { kind: "key", key: holder };
  const json = body.kind === "json" ? body : null;
  return chooser.pick({
    provider,
    model: target.upstreamModel,
    exclude: tried.size === 0 ? null : tried,
    stickyId: provider.strategy === "sticky" ? stickyId(exchange, json) : null,
    nowMs: Date.now(),
  });
}

/** What one key is asked. */
interface Request {
  readonly admitted: Admitted;
  readonly call: Asked["call"];
}
interface Asking {
  readonly target: RouteTarget;
  readonly key: KeyEntry;
  /** Null: the client's own format. */
  readonly wire: Wire | null;
}

function write(planner: Planner, admitted: Admitted, { target, key, wire }: Asking): Request | "never" {
  const call = wire === null ? null : planner.callFor(target, key, wire);
  return call === undefined ? "never" : { admitted, call };
}

/** As `write`, after the files that are too large for a request have gone to the key's vendor. */
async function withLargeFiles(
  exchange: Exchange,
  admitted: Admitted,
  planner: Planner,
  asking: Asking,
): Promise<Request | "never" | "another_key"> {
  const { target, key, wire } = asking;
  const { namingFiles, placeLargeFiles } = await import("./files/large-files.ts");
  const writeWith = (files: PlacedFiles): Request | null => {
    if (wire === null) return { admitted: namingFiles(exchange, admitted, files), call: null };
    const call = planner.callFor(target, key, wire, files);
    return call === undefined ? null : { admitted, call };
  };
  try {
    const placed = await placeLargeFiles(exchange, asking, (files) => writeWith(files) !== null);
    if (exchange.stopped !== null) throw stoppedError(exchange);
    if (placed.kind === "ok") return writeWith(placed.files)!;
    planner.passOver(placed.error);
    return placed.kind;
  } catch (error) {
    if (!(error instanceof GatewayError) || exchange.stopped !== null) throw error;
    planner.passOver(error);
    return "never";
  }
}

/** The key that has uploaded this request's large files before: another would have to do so again. */
function holderOfFiles(
  exchange: Exchange,
  target: RouteTarget,
  files: NonNullable<Exchange["largeFiles"]>,
): KeyEntry | null {
  const wellOnes = target.provider.keys.filter((key) => isWell(exchange, target, key));
  return exchange.gateway.fileCopies.holder([...files.keys()], wellOnes, Date.now());
}

function keyOf({ keys }: ProviderEntry, keyId: string): KeyEntry | undefined {
  return keys.find(({ id }) => id === keyId);
}

function isWell({ gateway }: Exchange, { upstreamModel }: RouteTarget, key: KeyEntry): boolean {
  const { health, models } = gateway.pool.status(key.id, Date.now());
  return (health === "active" || health === "unchecked") && models.every(({ model }) => model !== upstreamModel);
}

/** It may be that the vendor has deleted what the request names. */
function mayMissFiles({ failure }: FailedAttempt): boolean {
  return failure.errorClass === "not_found" || failure.errorClass === "invalid_request";
}

function isKeyFault(failure: Failure): boolean {
  return failure.retryable && KEY_FAULTS.has(failure.errorClass);
}

const KEY_FAULTS: ReadonlySet<Failure["errorClass"]> = new Set(["key_invalid", "quota", "rate_limited"]);

/** A body that was relayed while it came is gone. */
function cannotRepeat(admitted: Admitted): boolean {
  return admitted.body.kind === "multipart" && admitted.body.rest !== null;
}
