import { GatewayError } from "../../errors.ts";
import { standardBase64 } from "../data-url.ts";
import { brokenFormat, failedAnswer } from "../upstream-failure.ts";
import { asRecord } from "../usage.ts";
import { isFinishReason, readFinish } from "./finish.ts";
import { readStatus } from "./status.ts";

export interface AnswerMedia {
  readonly mimeType: string;
  /** Standard base64. */
  readonly data: string;
}

/** Sounds or pictures of a whole GenerateContentResponse. Throws when there are none, and says why. */
export function readMedia(body: unknown, type: "audio/" | "image/"): AnswerMedia[] {
  const answer = asRecord(body);
  if (answer?.error !== undefined && answer.error !== null) {
    const { message, code } = readStatus(answer.error);
    throw new GatewayError("upstream_error", 502, message, { code });
  }
  const candidates = records(answer?.candidates);
  const media = candidates.flatMap((candidate) =>
    records(asRecord(candidate.content)?.parts).flatMap((part): AnswerMedia[] => {
      const { mimeType, data } = asRecord(part.inlineData) ?? {};
      if (part.thought === true || typeof mimeType !== "string" || typeof data !== "string") return [];
      return mimeType.startsWith(type) ? [{ mimeType, data: standardBase64(data) ?? data }] : [];
    }),
  );
  if (media.length > 0) return media;
  const blocked = asRecord(answer?.promptFeedback)?.blockReason;
  const reasons = [blocked, ...candidates.map(({ finishReason }) => finishReason)].filter(isFinishReason);
  const filtered = reasons.find((reason) => reason === blocked || readFinish(reason) === "content_filter");
  if (filtered !== undefined) {
    throw new GatewayError(
      "content_filter",
      400,
      `The request was refused by the model's safety system: ${filtered}.`,
      {
        code: "content_policy_violation",
      },
    );
  }
  // The prompt's fault, not the key's. The model's own words stay out of errors: nothing may be judged by what a prompt can put there.
  if (reasons.includes("NO_IMAGE") || candidates.some(hasText)) {
    const what = type.slice(0, -1);
    throw new GatewayError(
      "invalid_request",
      400,
      `The model answered in words, without ${what}. Ask for ${what} only.`,
      {
        code: "no_media",
      },
    );
  }
  const why = reasons.length === 0 ? "" : ` (${reasons.join(", ")})`;
  throw failedAnswer(brokenFormat(`The model answered without ${type.slice(0, -1)} data${why}.`));
}

function hasText({ content }: Record<string, unknown>): boolean {
  return records(asRecord(content)?.parts).some(({ text, thought }) => typeof text === "string" && thought !== true);
}

function records(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.map((each: unknown) => asRecord(each) ?? {}) : [];
}
