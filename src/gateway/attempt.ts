import { HttpError } from "../lib/http-client/errors.ts";
import { classifyUnreachable, type Failure } from "../policy/failure.ts";
import type { KeyEntry } from "../snapshot.ts";
import type { Admitted } from "./admit.ts";
import { AnswerUndecodable } from "./answer-body.ts";
import type { AttemptResult } from "./attempt-result.ts";
import { callUpstream } from "./call.ts";
import type { SpokenRequest } from "./call-result.ts";
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

/** One upstream call with one key, up to the commit point: a complete answer, or a stream's first content. */
export function attempt(
  exchange: Exchange,
  admitted: Admitted,
  target: RouteTarget,
  { key, call }: Asked,
): Promise<AttemptResult> {
  exchange.dropped = call === null ? NOTHING : call.dropped;
  // Before the key is claimed: this may throw on what only shows now in the client's body.
  const request = call === null ? upstreamRequest(exchange, admitted, target, key) : call.request;
  return run(
    new Claim(exchange, admitted, target, key, { translation: call?.answer ?? null, spoken: request.spoken }),
    request,
  );
}

async function run(claim: Claim, request: SpokenRequest): Promise<AttemptResult> {
  const { exchange, abort } = claim;
  if (exchange.stream) claim.limitHeaders();
  const result = await callUpstream(exchange, request, abort);
  switch (result.kind) {
    case "abandoned":
      return claim.abandoned();
    case "unreachable":
      return claim.failed(result.failure);
    case "answer":
      try {
        const read = readAnswer(claim, result.answer);
        return read instanceof Promise ? await read : read;
      } catch (error) {
        return abort.aborted ? claim.abandoned() : claim.failed(unreadable(error));
      }
  }
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
