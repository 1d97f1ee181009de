import { HttpError } from "../lib/http-client/errors.ts";
import { classifyUnreachable, type Failure } from "../policy/failure.ts";
import type { KeyEntry } from "../snapshot.ts";
import type { Admitted } from "./admit.ts";
import { AnswerUndecodable } from "./answer-body.ts";
import type { AttemptResult } from "./attempt-result.ts";
import { callUpstream, type DirectCall } from "./call.ts";
import type { CallResult } from "./call-result.ts";
import { Claim } from "./claim.ts";
import { type Exchange, NOTHING } from "./exchange.ts";
import type { OperationCall } from "./operation-call.ts";
import { readAnswer } from "./read-answer.ts";
import type { RouteTarget } from "./route.ts";
import type { TranslatedCall } from "./translator.ts";
import { upstreamRequest } from "./upstream-request.ts";

/** The key that is asked, and with what: `call` when the target does not speak the client's format. */
export interface Asked {
  readonly key: KeyEntry;
  readonly call: TranslatedCall | OperationCall | null;
}

/** An upstream call that is under way. */
export interface Attempt {
  readonly claim: Claim;
  readonly call: DirectCall | Promise<CallResult>;
}

/** One upstream call with one key; `endAttempt` says what came of it. In two steps, because each async function costs a microsecond. */
export function beginAttempt(
  exchange: Exchange,
  admitted: Admitted,
  target: RouteTarget,
  { key, call }: Asked,
): Attempt {
  exchange.dropped = call === null ? NOTHING : call.dropped;
  // Before the key is claimed: this may throw on what only shows now in the client's body.
  const request = call === null ? upstreamRequest(exchange, admitted, target, key) : call.request;
  const claim = new Claim(exchange, admitted, target, key, {
    translation: call?.answer ?? null,
    spoken: request.spoken,
  });
  if (exchange.stream) claim.limitHeaders();
  return { claim, call: callUpstream(exchange, request, claim.abort) };
}

/** Up to the commit point: a complete answer, or a stream's first content. At once when all of it has come. */
export function endAttempt(claim: Claim, called: CallResult): AttemptResult | Promise<AttemptResult> {
  switch (called.kind) {
    case "abandoned":
      return claim.abandoned();
    case "unreachable":
      return claim.failed(called.failure);
    case "answer":
      try {
        const read = readAnswer(claim, called.answer);
        return read instanceof Promise ? unlessBroken(claim, read) : read;
      } catch (error) {
        return broken(claim, error);
      }
  }
}

function unlessBroken(claim: Claim, read: Promise<AttemptResult>): Promise<AttemptResult> {
  return read.catch((error: unknown) => broken(claim, error));
}

function broken(claim: Claim, error: unknown): AttemptResult {
  return claim.abort.aborted ? claim.abandoned() : claim.failed(unreadable(error));
}

function unreadable(error: unknown): Failure {
  if (error instanceof HttpError && error.code === "too_large") {
    return classifyUnreachable({ cause: "protocol", message: "the answer was larger than the limit" });
  }
  if (error instanceof HttpError && error.code === "protocol") {
    return classifyUnreachable({ cause: "protocol", message: error.message });
  }
  if (error instanceof AnswerUndecodable || error instanceof RangeError) {
    return classifyUnreachable({ cause: "protocol", message: error.message });
  }
  return classifyUnreachable({ cause: "truncated", message: "the connection broke in the middle of the answer" });
}
