/** What somebody else sent; null when it is no JSON. Never throws. */
export function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
