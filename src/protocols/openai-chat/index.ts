import type { JsonObject } from "../../lib/json-object.ts";
import { JsonTail } from "../../lib/json-tail.ts";
import { readAnswerEnd, readJsonAnswer } from "../answer.ts";
import type { Protocol } from "../protocol.ts";
import { openAiErrorObject } from "./errors.ts";
import { watchOpenAiStream } from "./stream.ts";
import { readOpenAiUsage } from "./usage.ts";

/**
 * OpenAI's endpoints other than /responses: chat and legacy completions, embeddings, images, audio, moderations. They share
 * their errors, their usage object and their model list.
 */
export const openAiChat: Protocol = {
  id: "openai-chat",
  ping: ": ping\n\n",
  encodeError: (error) => JSON.stringify({ error: openAiErrorObject(error) }),
  // No [DONE] behind it: a client must not take the answer for complete.
  encodeStreamError: (error) => `data: ${JSON.stringify({ error: openAiErrorObject(error) })}\n\n`,
  readAnswer: (body) => readAnswerEnd(body, USAGE, READ_END) ?? readJsonAnswer(body, READ_ALL),
  watchStream: watchOpenAiStream,
  listModels: (models) => ({ object: "list", data: models.map(modelObject) }),
  showModel: modelObject,
};

export function modelObject(model: { name: string; ownedBy: string; createdAtMs: number }) {
  return {
    id: model.name,
    object: "model",
    created: Math.floor(model.createdAtMs / 1000),
    owned_by: model.ownedBy,
  };
}

const USAGE = new JsonTail("usage");
const READ_END = { readUsage: readOpenAiUsage, unless: [Buffer.from('"error"'), Buffer.from('"audio"')] };
const READ_ALL = { usageField: "usage", readUsage: readOpenAiUsage, boundIds };

/** Stored completions and audio answers are fetched again by id, from the key that made them. */
function boundIds(answer: JsonObject): readonly string[] {
  const id = answer.includes('"audio"') ? answer.get("id") : null;
  return typeof id === "string" ? [id] : [];
}
