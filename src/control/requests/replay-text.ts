import { jsonOrNull } from "../../lib/json-or-null.ts";
/** What an answer says, in whichever client format, whole or as a stream: the texts of its parts, one after the other. */
export function readSaid(answer: string): string {
  const documents = answer.startsWith("{") || answer.startsWith("[") ? [answer] : dataLines(answer);
  return documents.map((document) => saidIn(jsonOrNull(document))).join("");
}

function dataLines(stream: string): string[] {
  return stream.split("\n").flatMap((line) => (line.startsWith("data:") ? [line.slice(5).trim()] : []));
}

/** OpenAI's choices, Anthropic's content and deltas, the parts of Gemini and of Responses; a list is read entry by entry. */
function saidIn(value: unknown): string {
  if (Array.isArray(value)) return value.map(saidIn).join("");
  if (!isObject(value)) return "";
  // The end of a stream of Responses repeats what was said.
  if (typeof value.type === "string" && value.type.startsWith("response.")) {
    return value.type === "response.output_text.delta" && typeof value.delta === "string" ? value.delta : "";
  }
  if (typeof value.text === "string" && value.thought !== true) return value.text;
  if (typeof value.content === "string") return value.content;
  return ["choices", "message", "delta", "content", "output", "candidates", "parts"]
    .map((name) => saidIn(value[name]))
    .join("");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
