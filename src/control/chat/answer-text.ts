import { z } from "zod";
import { jsonOrNull } from "../../lib/json-or-null.ts";

/** What an answer of chat completions says, whole or as a stream; nothing for what is no such answer. */
export function readAnswerText(answer: string, isStream: boolean): string {
  if (!isStream) return textOf(answer);
  return answer
    .split("\n")
    .filter((line) => line.startsWith("data: {"))
    .map((line) => textOf(line.slice(6)))
    .join("");
}

/** The message of an error in OpenAI's shape, which may also be the last event of a stream; null when there is none. */
export function readAnswerError(answer: string): string | null {
  const last = answer.startsWith("{") ? answer : answer.slice(answer.lastIndexOf("\ndata: {") + 7);
  return errorShape.safeParse(jsonOrNull(last)).data?.error.message ?? null;
}

const said = z.object({ content: z.string().nullish() });
const answerShape = z.object({ choices: z.array(z.object({ message: said.optional(), delta: said.optional() })) });
const errorShape = z.object({ error: z.object({ message: z.string() }) });

function textOf(json: string): string {
  const choice = answerShape.safeParse(jsonOrNull(json)).data?.choices[0];
  return (choice?.message ?? choice?.delta)?.content ?? "";
}
