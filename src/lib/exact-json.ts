/** From TC39's "JSON.parse source text access", which the libraries of TypeScript do not know yet. */
interface SourceTextJson {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
}

/**
 * Parses for a text that is written again: numbers that would not come out as they were (2^53+1, 1.0, -0) become values that
 * JSON.stringify writes word for word, and that nobody may calculate with.
 */
export function parseExactly(text: string): unknown {
  const { parse, rawJSON } = JSON as unknown as SourceTextJson;
  return parse(text, (_, value, { source }) =>
    typeof value === "number" && source !== undefined && source !== JSON.stringify(value) ? rawJSON(source) : value,
  );
}
