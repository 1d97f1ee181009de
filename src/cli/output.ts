/** What a command writes: for people an aligned table, coloured only on a terminal; for programs JSON. */
export interface Output {
  readonly isJson: boolean;
  line(text: string): void;
  /** The whole answer as JSON, with `--json`. */
  json(value: unknown): void;
  table(header: readonly string[], rows: readonly (readonly Cell[])[]): void;
  mark(text: string, colour: Colour): string;
}

export type Cell = string | number | null | undefined;
export type Colour = "red" | "green" | "yellow" | "dim";
const CODES: Record<Colour, number> = { red: 31, green: 32, yellow: 33, dim: 2 };
/** A model's name or an upstream's words must not move the cursor. */
const CONTROL = /[\p{Cc}\p{Cf}]/gu;

export function openOutput(isJson: boolean, stream: NodeJS.WriteStream = process.stdout): Output {
  const isColoured = stream.isTTY === true && process.env.NO_COLOR === undefined;
  const mark = (text: string, colour: Colour) => (isColoured ? `\u001b[${CODES[colour]}m${text}\u001b[0m` : text);
  const line = (text: string) => void stream.write(`${text}\n`);
  return {
    isJson,
    line,
    json: (value) => line(JSON.stringify(value, null, 2)),
    table: (header, rows) => {
      const [first = "", ...others] = align([header, ...rows]);
      line(mark(first, "dim"));
      for (const text of others) line(text);
    },
    mark,
  };
}

/** Columns as wide as their longest cell; numbers to the right. */
export function align(rows: readonly (readonly Cell[])[]): string[] {
  const texts = rows.map((row) => row.map(show));
  const widths = (texts[0] ?? []).map((_, column) => Math.max(...texts.map((row) => width(row[column] ?? ""))));
  const isNumeric = widths.map((_, column) =>
    rows.slice(1).every((row) => typeof row[column] === "number" || row[column] == null),
  );
  return texts.map((row) =>
    row
      .map((text, column) => {
        const gap = " ".repeat(Math.max(0, widths[column]! - width(text)));
        return isNumeric[column] ? gap + text : text + gap;
      })
      .join("  ")
      .trimEnd(),
  );
}

export function show(cell: Cell): string {
  if (cell === null || cell === undefined) return "-";
  if (typeof cell === "number") return cell.toLocaleString("en-US");
  return cell.replace(CONTROL, " ");
}

function width(text: string): number {
  return Bun.stringWidth(text);
}
