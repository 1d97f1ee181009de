/**
 * A tool call's arguments as the object that `input` must be. Text that is no JSON object (a call cut off by the token limit, a
 * sloppy model) is wrapped, as Anthropic's guide to fine-grained tool streaming has it, so that nothing is lost and the model
 * can see what it did. Numbers keep their digits: ids beyond 2^53 are common in tool calls.
 */
export function readInput(text: string): unknown {
  if (text.trim() === "") return {};
  try {
    const value: unknown = LONG_NUMBER.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text);
    if (value === null) return {};
    if (typeof value === "object" && !Array.isArray(value)) return value;
  } catch {
    // wrapped below
  }
  return { INVALID_JSON: text };
}

const LONG_NUMBER = /\d{16}/;

/** ES2026 "JSON.parse source text access"; the types do not know it yet. */
const exact = JSON as typeof JSON & { readonly rawJSON: (text: string) => unknown };

function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source;
  return typeof value === "number" && source !== undefined && String(value) !== source ? exact.rawJSON(source) : value;
}
