import { JsonObject } from "../lib/json-object.ts";
import type { Usage } from "../llm/usage.ts";
import type { AnswerFacts } from "./protocol.ts";
import { asRecord } from "./usage.ts";

/** Answers may nest deeper than requests (schemas inside tool calls), but not without end. */
const MAX_ANSWER_DEPTH = 512;

/**
 * What every JSON answer tells: its usage field, and whether it is an error in disguise. Long answers are scanned, not parsed. Throws JsonScanError when the text is not a JSON object.
 */
export function readJsonAnswer(
  body: Uint8Array,
  options: {
    readonly usageField: string;
    readonly readUsage: (value: unknown) => Usage | null;
    readonly boundIds?: (answer: JsonObject) => readonly string[];
  },
): AnswerFacts {
  const answer = JsonObject.read(body, MAX_ANSWER_DEPTH);
  if (answer.has("error") && isErrorValue(answer.get("error"))) {
    return { usage: null, rawUsage: null, isError: true, boundIds: NONE };
  }
  const value = answer.has(options.usageField) ? asRecord(answer.get(options.usageField)) : null;
  const usage = value === null ? null : options.readUsage(value);
  return {
    usage,
    rawUsage: value === null ? null : JSON.stringify(value),
    isError: false,
    boundIds: options.boundIds?.(answer) ?? NONE,
  };
}

const NONE: readonly string[] = [];

/** JSON object text to a record; null when it is none. */
export function parseRecord(text: string): Record<string, unknown> | null {
  try {
    return asRecord(JSON.parse(text));
  } catch {
    return null;
  }
}

function isErrorValue(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
  return typeof value === "string" && value !== "";
}
