import type { UpstreamTarget } from "../codec.ts";

/**
 * Gemini 3 and later: signatures of calls are checked, every functionResponse must carry its call's id, and pictures may stand
 * inside it (ai.google.dev thought-signatures, function-calling).
 */
export function isGemini3(target: Pick<UpstreamTarget, "model" | "traits">): boolean {
  return target.traits.thinking === "level" || /(?:^|\/)gemini-(?:[3-9]|[1-9]\d)(?:\D|$)/.test(target.model);
}
