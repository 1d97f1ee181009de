/** True when one of the patterns is the text; `*` stands for any characters. In linear time: patterns come from people. */
export function matchesAny(patterns: readonly string[], text: string): boolean {
  return patterns.some((pattern) => matches(pattern, text));
}

function matches(pattern: string, text: string): boolean {
  const parts = pattern.split("*");
  const first = parts.shift()!;
  const last = parts.pop();
  if (last === undefined) return first === text;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
