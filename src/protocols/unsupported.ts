import { GatewayError } from "../errors.ts";
import type { LlmRequest, MediaPart, RequestField } from "../llm/request.ts";
import type { UpstreamTarget } from "./codec.ts";

/**
 * What an upstream's format cannot carry: refused when the answer would not be what was asked for (n, logprobs, audio, a hosted tool
 * that must be called), left out and reported when it only steers (seed, penalties). wire.md section 3.
 */
export function refuseField(target: UpstreamTarget, field: RequestField, why: string): GatewayError {
  return unsupported(target.fieldName(field), why);
}

/** A picture, sound or file that cannot be carried, named by its place in the client's body. */
export function refuseMedia(target: UpstreamTarget, { path }: MediaPart, why: string): GatewayError {
  return unsupported(path ?? target.fieldName("messages"), why);
}

export function unsupported(path: string, why: string): GatewayError {
  return new GatewayError("unsupported", 400, `\`${path}\`: ${why}`, { code: "unsupported_parameter", param: path });
}

/** Also where a vendor gives them: an answer's log probabilities have no neutral form. */
export function refuseProbabilities({ logprobs, topLogprobs }: LlmRequest, target: UpstreamTarget): void {
  const why = "log probabilities cannot be carried back from this model.";
  if (logprobs === true) throw refuseField(target, "logprobs", why);
  if (topLogprobs !== null && topLogprobs > 0) throw refuseField(target, "topLogprobs", why);
}

export function refuseSeveralAnswers({ candidates }: LlmRequest, target: UpstreamTarget): void {
  if (candidates !== null && candidates > 1) {
    throw refuseField(target, "candidates", "this model gives one answer at a time.");
  }
}

/** `gives`: the kinds of output beside text that this upstream can be asked for. */
export function refuseOutputKinds({ modalities }: LlmRequest, target: UpstreamTarget, gives: readonly string[]): void {
  const missing = modalities?.find((kind) => kind !== "text" && !gives.includes(kind));
  if (missing !== undefined) throw refuseField(target, "modalities", `this model cannot answer with ${missing} here.`);
}
