import { JsonObject } from "../lib/json-object.ts";
import type { JsonTail } from "../lib/json-tail.ts";
import type { Usage } from "../llm/usage.ts";
import type { AnswerFacts } from "./protocol.ts";
import { asRecord } from "./usage.ts";

/** Answers may nest deeper than requests (schemas inside tool calls), but not without end. */
const MAX_ANSWER_DEPTH = 512;

interface AnswerReading {
  readonly usageField: string;
  readonly readUsage: (value: unknown) => Usage | null;
  readonly boundIds?: (answer: JsonObject) => readonly string[];
}

/**
 * What every JSON answer tells: its usage field, and whether it is an error in disguise. Long answers are scanned, not parsed. Throws JsonScanError when the text is not a JSON object.
 */
export function readJsonAnswer(body: Uint8Array, options: AnswerReading): AnswerFacts {
  const answer = JsonObject.read(body, MAX_ANSWER_DEPTH);
  if (answer.has("error") && isErrorValue(answer.get("error"))) {
    return { usage: null, rawUsage: null, isError: true, boundIds: NONE };
  }
  const value = answer.has(options.usageField) ? answer.get(options.usageField) : null;
  return goodAnswer(asRecord(value), options.readUsage, options.boundIds?.(answer) ?? NONE);
}

/** With this in it a name may be spelled otherwise than it is searched for. */
const ESCAPED = Buffer.from("\\u00");
const { includes } = Buffer.prototype;

/**
 * The same of an answer that holds none of the names in `unless` and whose usage stands at its end: most answers, and only that end is
 * read. Null: all of it must be.
 */
export function readAnswerEnd(
  body: Uint8Array,
  usageField: JsonTail,
  options: { readonly readUsage: AnswerReading["readUsage"]; readonly unless: readonly Buffer[] },
): AnswerFacts | null {
  for (const name of options.unless) if (includes.call(body, name)) return null;
  const value = includes.call(body, ESCAPED) ? undefined : usageField.read(body);
  return value === undefined ? null : goodAnswer(asRecord(value), options.readUsage, NONE);
}

function goodAnswer(
  value: Record<string, unknown> | null,
  readUsage: AnswerReading["readUsage"],
  boundIds: readonly string[],
): AnswerFacts {
  return {
    usage: value === null ? null : readUsage(value),
    rawUsage: value === null ? null : JSON.stringify(value),
    isError: false,
    boundIds,
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
