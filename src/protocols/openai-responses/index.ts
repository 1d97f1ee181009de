import { decodeLatin1 } from "../../lib/bytes.ts";
import type { JsonObject } from "../../lib/json-object.ts";
import { parseRecord, readJsonAnswer } from "../answer.ts";
import { openAiErrorObject } from "../openai-chat/errors.ts";
import { modelObject } from "../openai-chat/index.ts";
import { isError } from "../openai-chat/stream.ts";
import { readOpenAiUsage } from "../openai-chat/usage.ts";
import type { Protocol, StreamWatcher } from "../protocol.ts";
import { createWatcher, type FrameView, type MutableFacts, type Verdict } from "../stream.ts";
import { asRecord } from "../usage.ts";
import { responseId } from "./response-object.ts";

/** OpenAI's /v1/responses: what Codex and the Agents SDK speak. */
export const openAiResponses: Protocol = {
  id: "openai-responses",
  // The SDK's helper throws at event types it does not know; a comment is invisible to it.
  ping: ": ping\n\n",
  encodeError: (error) => JSON.stringify({ error: openAiErrorObject(error) }),
  encodeStreamError: (error, requestId, { sequence, boundIds }) => {
    const { message, code } = openAiErrorObject(error);
    const response = {
      // Of a native stream the vendor's own id has passed: the response keeps it to its end.
      id: boundIds[0] ?? responseId(requestId),
      object: "response",
      created_at: 0,
      status: "failed",
      error: { code, message },
      incomplete_details: null,
      output: [],
      usage: null,
    };
    const event = { type: "response.failed", sequence_number: sequence, response };
    return `event: response.failed\ndata: ${JSON.stringify(event)}\n\n`;
  },
  readAnswer: (body) => readJsonAnswer(body, { usageField: "usage", readUsage: readOpenAiUsage, boundIds }),
  watchStream: watchResponses,
  listModels: (models) => ({ object: "list", data: models.map(modelObject) }),
  showModel: modelObject,
};

const TERMINAL = new Set(["response.completed", "response.incomplete", "response.failed"]);
const PREAMBLE = new Set(["response.created", "response.in_progress", "response.queued"]);
const SEQUENCE = /"sequence_number":\s*(\d+)/;

/**
 * The terminal event carries the whole response with its usage. `response.failed` is the format's own end of a failed answer:
 * before any output it counts as a failed attempt, afterwards it passes as it is.
 */
function watchResponses(): StreamWatcher {
  return createWatcher(stepResponses, (facts) => (facts.finished ? "" : null));
}

function stepResponses(frame: FrameView, facts: MutableFacts): Verdict {
  const { data } = frame;
  const sequence = SEQUENCE.exec(data);
  if (sequence !== null) facts.sequence = Number(sequence[1]) + 1;
  const type = typeOf(frame);
  if (type === "response.failed" && !facts.hasContent) {
    facts.error = data;
    return "error";
  }
  if (type === "error" || (type === null && isError(data, facts))) {
    facts.error = data;
    return "error";
  }
  if (type !== null && TERMINAL.has(type)) readTerminal(data, facts);
  else if (type === "response.created") readCreated(data, facts);
  if (type === null || !PREAMBLE.has(type)) facts.hasContent = true;
  return "keep";
}

/** The event's own type. Never searched for inside: the first events echo the client's JSON, which may say anything. */
function typeOf(frame: FrameView): string | null {
  const { data } = frame;
  if (data.startsWith('{"type":"')) return data.slice(9, data.indexOf('"', 9));
  const type = frame.event() ?? parseRecord(decodeLatin1(data))?.type;
  return typeof type === "string" ? type : null;
}

function readTerminal(data: string, facts: MutableFacts): void {
  const response = asRecord(parseRecord(decodeLatin1(data))?.response);
  if (response === null) return;
  facts.finished = true;
  facts.usage = readOpenAiUsage(response.usage);
  facts.rawUsage = facts.usage === null ? null : JSON.stringify(response.usage);
}

function readCreated(data: string, facts: MutableFacts): void {
  const response = asRecord(parseRecord(decodeLatin1(data))?.response);
  const id = response?.id;
  if (typeof id === "string") facts.boundIds.push(id);
  const conversation = asRecord(response?.conversation)?.id;
  if (typeof conversation === "string") facts.boundIds.push(conversation);
}

/** A response and its conversation can only be continued, read or deleted with the key that made them. */
function boundIds(answer: JsonObject): readonly string[] {
  const ids = [answer.get("id"), asRecord(answer.get("conversation"))?.id];
  return ids.filter((id) => typeof id === "string");
}
