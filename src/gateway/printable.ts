/** A client's text inside an error message: short, one line. */
export function printable(text: string): string {
  const line = text.replace(/[^\x20-\x7e\u00a0-\uffff]/g, "");
  return line.length > 80 ? `${line.slice(0, 80)}…` : line;
}
