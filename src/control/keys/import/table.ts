import { isSecretName, type RawRow, readNamed } from "./row.ts";

/** Comma, semicolon or tab separated values whose first line names a column for the secret; null when this is none. */
export function readTable(text: string): RawRow[] | null {
  const head = text.slice(0, text.search(/\r?\n|$/));
  const separator = [",", ";", "\t"].find((each) => splitLines(head, each)[0]?.some(isSecretName));
  if (separator === undefined) return null;
  const [names = [], ...lines] = splitLines(text, separator);
  if (lines.length === 0) return null; // One line that reads "key" is no table.
  return lines.map((cells) => {
    const named = readNamed(Object.fromEntries(names.map((name, index) => [name, cells[index] ?? ""])));
    return { secret: named?.secret.trim() ?? "", fields: named?.fields ?? {}, address: null };
  });
}

/** RFC 4180: a quoted cell may hold separators, line ends and doubled quotes. Empty lines are left out. */
function splitLines(text: string, separator: string): string[][] {
  const lines: string[][] = [];
  let cells: string[] = [];
  let cell = "";
  let isQuoted = false;
  const endCell = () => {
    cells.push(cell);
    cell = "";
  };
  const endLine = () => {
    endCell();
    if (cells.some((each) => each.trim() !== "")) lines.push(cells);
    cells = [];
  };
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (isQuoted) {
      if (char !== '"') cell += char;
      else if (text[at + 1] === '"') cell += text[++at];
      else isQuoted = false;
    } else if (char === '"' && cell === "") isQuoted = true;
    else if (char === separator) endCell();
    else if (char === "\n") endLine();
    else if (char !== "\r") cell += char;
  }
  endLine();
  return lines;
}
