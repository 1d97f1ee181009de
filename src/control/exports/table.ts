export const EXPORT_FORMATS = ["CSV", "JSONL"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export type Cell = string | number | boolean | null;
/** By column, in the order of the table. */
export type Row = Readonly<Record<string, Cell>>;

export function headOf(format: ExportFormat, columns: readonly string[]): string {
  return format === "CSV" ? `${columns.map(csvCell).join(",")}\r\n` : "";
}

export function lineOf(format: ExportFormat, columns: readonly string[], row: Row): string {
  if (format === "JSONL") return `${JSON.stringify(row)}\n`;
  return `${columns.map((column) => csvCell(row[column] ?? null)).join(",")}\r\n`;
}

/**
 * RFC 4180. A text that a spreadsheet would take for a formula gets an apostrophe in front: error messages, model names and user agents
 * come from strangers (OWASP, CSV injection).
 */
export function csvCell(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell !== "string") return String(cell);
  const safe = /^[=+\-@\t\r\n]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
