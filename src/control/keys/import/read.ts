import { readJson } from "./json.ts";
import { NO_FIELDS, type RawRow } from "./row.ts";
import { readTable } from "./table.ts";

export const IMPORT_FORMATS = ["TEXT", "CSV", "JSON", "ENV"] as const;
export type ImportFormat = (typeof IMPORT_FORMATS)[number];

export interface ImportedText {
  readonly format: ImportFormat;
  readonly rows: readonly RawRow[];
}

/** Tells the format by looking. Null for JSON that cannot be parsed: nothing in it can be trusted then. */
export function readImport(text: string): ImportedText | null {
  const trimmed = text.replace(/^\uFEFF/, "").trim();
  if (/^[[{]/.test(trimmed)) {
    try {
      return { format: "JSON", rows: readJson(JSON.parse(trimmed)) };
    } catch {
      return null;
    }
  }
  const table = readTable(trimmed);
  if (table !== null) return { format: "CSV", rows: table };
  const environment = readEnvironment(trimmed);
  if (environment !== null) return { format: "ENV", rows: environment };
  return { format: "TEXT", rows: splitKeys(trimmed).map(bare) };
}

const ASSIGNMENT = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/;

/** `NAME=value` lines; a value may list several keys. Comments and empty lines are left out. */
function readEnvironment(text: string): RawRow[] | null {
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  const assignments = lines.map((line) => ASSIGNMENT.exec(line));
  if (lines.length === 0 || assignments.some((each) => each === null)) return null;
  return assignments.flatMap((match) => {
    const [, name = "", value = ""] = match!;
    const keys = splitKeys(value.replace(/^(["'])(.*)\1$/, "$2"));
    return keys.map((secret, index) => ({
      ...bare(secret),
      fields: { name: keys.length > 1 ? `${name} #${index + 1}` : name },
    }));
  });
}

function splitKeys(text: string): string[] {
  return text.split(/[\s,;]+/).filter((each) => each !== "");
}

function bare(secret: string): RawRow {
  return { secret: secret.replace(/^(["'])(.*)\1$/, "$2"), fields: NO_FIELDS, address: null };
}
