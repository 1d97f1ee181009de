import { asRecord } from "../usage.ts";

/**
 * Code that Gemini ran itself and what it printed, as text: the neutral model has no place for another vendor's sandbox, and
 * a reader of the answer should see both.
 */
export function codeText(part: Readonly<Record<string, unknown>>): string | null {
  const code = asRecord(part.executableCode);
  if (typeof code?.code === "string") return fenced(languageOf(code.language), code.code);
  const result = asRecord(part.codeExecutionResult);
  return result === null ? null : fenced("", typeof result.output === "string" ? result.output : "");
}

function fenced(language: string, text: string): string {
  return `\n\`\`\`${language}\n${text.replace(/\n$/, "")}\n\`\`\`\n`;
}

function languageOf(value: unknown): string {
  return typeof value === "string" && value !== "LANGUAGE_UNSPECIFIED" ? value.toLowerCase() : "";
}
