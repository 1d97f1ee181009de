import { z } from "zod";
import { endpoints } from "../../llm/endpoints.ts";
import type { Control } from "../control.ts";
import { idField } from "../fields.ts";
import { formatNanoUsd } from "../usage/money.ts";
import { type Given, invalid, notFound, ok, type Result, readInput, refuse } from "../user-errors.ts";
import { readSaid } from "./replay-text.ts";
import { getRequest, readDetail } from "./request-logs.ts";
import { parseObject } from "./request-snippet.ts";
import { type RequestView, viewDetail } from "./request-view.ts";

/** A mutation has ten seconds: what takes longer goes on, and is found in the log. */
const PATIENCE_MS = 8500;
const LONGEST_MS = 600_000;
const MAX_TEXT_CHARS = 100_000;

export interface ReplaySide {
  readonly request: RequestView;
  /** What was said, in any format; null when the answer was not kept or has not ended. */
  readonly text: string | null;
}
export interface ReplayDifference {
  readonly field: string;
  readonly original: string | null;
  readonly replayed: string | null;
}
export interface Replay {
  readonly original: ReplaySide;
  /** Null when not even its beginning is known. */
  readonly replayed: ReplaySide | null;
  readonly isFinished: boolean;
  readonly differences: readonly ReplayDifference[];
}

const replayInput = z.strictObject({
  requestLogId: idField,
  model: z
    .string()
    .trim()
    .min(1, "A model is needed.")
    .max(256, "A model's name has at most 256 characters.")
    .nullish(),
  providerKeyId: idField.nullish(),
  bodyPatch: z.record(z.string(), z.unknown()).nullish(),
});
type ReplayInput = z.output<typeof replayInput>;

/** The same request by the way of every client's, at another key or model if asked, and what came out differently. */
export async function replayRequest(control: Control, given: Given<typeof replayInput>): Promise<Result<Replay>> {
  const read = readInput(replayInput, given);
  if (!read.ok) return read;
  const detail = await readDetail(control, read.value.requestLogId);
  if (detail === null) return refuse(notFound("requestLogId", "request", read.value.requestLogId));
  const { content, endpoint, requestedModel } = detail;
  const kept = content === null || content.truncated ? null : content.requestBody;
  const body = kept === null || endpoints[endpoint].body !== "json" ? null : parseObject(kept);
  if (body === null) {
    const message =
      "Its body was not kept whole (setting requestContent), or is no JSON: there is nothing to send again.";
    return refuse(invalid("requestLogId", message, "CONFLICT"));
  }
  const { providerKeyId } = read.value;
  if (providerKeyId != null && !(await control.rows.providerKeys()).has(providerKeyId)) {
    return refuse(notFound("providerKeyId", "provider key", providerKeyId));
  }
  const original = { request: viewDetail(detail), text: textOf(content?.responseBody ?? null) };
  const { requestId, response } = control.callGateway({
    origin: "replay",
    endpoint,
    pathModel: endpoints[endpoint].protocol === "gemini" ? (read.value.model ?? requestedModel) : null,
    body: new TextEncoder().encode(JSON.stringify(patched(body, endpoints[endpoint].protocol, read.value))),
    clientKeyId: null,
    pins: providerKeyId == null ? null : { keyId: providerKeyId },
    signal: AbortSignal.timeout(LONGEST_MS),
  });
  const said = response.then((answer) => answer.text()).then(readSaid, () => "");
  const text = await Promise.race([said, Bun.sleep(PATIENCE_MS).then(() => null)]);
  const request = await getRequest(control, requestId);
  const replayed = request === null ? null : { request, text: text?.slice(0, MAX_TEXT_CHARS) ?? null };
  const isFinished = text !== null;
  const differences = replayed !== null && isFinished ? compareReplay(original, replayed) : [];
  return ok({ original, replayed, isFinished, differences });
}

/** A merge patch (RFC 7396) of the body's own fields: null takes one away. */
function patched(body: Record<string, unknown>, protocol: string, { model, bodyPatch }: ReplayInput) {
  const merged = mergePatch(body, bodyPatch ?? {}) as Record<string, unknown>;
  return model == null || protocol === "gemini" ? merged : { ...merged, model };
}

function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = mergePatch(merged[name], value);
  }
  return merged;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(body: Uint8Array | null): string | null {
  return body === null ? null : readSaid(new TextDecoder().decode(body)).slice(0, MAX_TEXT_CHARS);
}

/** Pure: only what differs, in the order in which people ask. A text that was not kept is not compared. */
function compareReplay(original: ReplaySide, replayed: ReplaySide): ReplayDifference[] {
  const [before, after] = [factsOf(original), factsOf(replayed)];
  return Object.keys(before).flatMap((field) => {
    const difference = { field, original: before[field]!, replayed: after[field]! };
    const isUnknown = field === "text" && (original.text === null || replayed.text === null);
    return isUnknown || difference.original === difference.replayed ? [] : [difference];
  });
}

function factsOf({ request, text }: ReplaySide): Record<string, string | null> {
  const { usage, receivedAtMs, firstTokenAtMs, endedAtMs, costNanoUsd } = request;
  const number = (value: number | null | undefined) => (value == null ? null : String(value));
  const since = (atMs: number | null) => (atMs === null ? null : (atMs - receivedAtMs).toFixed(1));
  return {
    status: request.status,
    httpStatus: number(request.httpStatus),
    errorClass: request.errorClass,
    errorMessage: request.errorText,
    requestedModel: request.requestedModel,
    servedModel: request.servedModel,
    providerId: request.providerId,
    providerKeyId: request.keyId,
    inputTokens: number(usage?.inputTokens),
    cacheReadTokens: number(usage?.cacheReadTokens),
    cacheWriteTokens: number(usage?.cacheWriteTokens),
    outputTokens: number(usage?.outputTokens),
    reasoningTokens: number(usage?.reasoningTokens),
    cost: costNanoUsd === null ? null : formatNanoUsd(costNanoUsd),
    latencyMs: since(endedAtMs),
    firstTokenMs: since(firstTokenAtMs),
    text,
  };
}
