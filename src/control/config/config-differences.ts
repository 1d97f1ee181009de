import { formatPath } from "../../config-file.ts";
import type { Cells, ConfigChangeKind, ConfigNoun, ObjectChange, RowChange } from "../../store/config-changes.ts";
import { differencesOf, type FieldDifference, type Step } from "./config-step.ts";

export { CONFIG_CHANGE_KINDS, CONFIG_NOUNS } from "../../store/config-changes.ts";

/** What becomes, or became, of one object. Never holds a secret. */
export interface ConfigDifference {
  readonly noun: ConfigNoun;
  readonly kind: ConfigChangeKind;
  readonly name: string;
  /** Null for what is not made yet. */
  readonly id: string | null;
  /** Where the document says so: "providers[0].keys[1]". */
  readonly path: string | null;
  readonly fields: readonly FieldDifference[];
}

export function differenceOf({ noun, kind, name, id, path, before, after }: Step<unknown>): ConfigDifference {
  return { noun, kind, name, id, path: path && formatPath(path), fields: differencesOf(before, after) };
}

/** What the history holds of a change, row by row, as a person reads it. */
export function differenceInHistory({ noun, kind, name, objectId, rows }: ObjectChange): ConfigDifference {
  const own = rows.filter(({ table }) => table !== "model_name" && table !== "model_target");
  const fields = [...own.flatMap(cellDifferences), ...nameDifferences(rows), ...targetDifferences(rows)];
  return { noun, kind, name, id: noun === "setting" ? null : objectId, path: null, fields };
}

/** Move by themselves with every change, or say the same as another. */
const SILENT = new Set(["id", "key", "created_at", "updated_at", "updated_by", "version", "secret", "proxy_url"]);
/** Nothing can be read from them, but that the secret is another one. `config`: a channel's, sealed. */
const MARKS = new Set(["fingerprint", "hash", "config"]);

function cellDifferences({ before, after }: RowChange): FieldDifference[] {
  const columns = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  const isRenewed = [...MARKS].some((mark) => columns.has(mark)) && before !== null && after !== null;
  const fields = [...columns]
    .filter((column) => !SILENT.has(column) && !MARKS.has(column))
    .map((column) => ({ field: camelCase(column), ...sides(column, before, after) }))
    .filter((each) => each.before !== each.after);
  const renewal = { field: "secret", before: "[secret]", after: "[another secret]" };
  return isRenewed && !columns.has("secret_preview") ? [...fields, renewal] : fields;
}

function sides(column: string, before: Cells | null, after: Cells | null): Pick<FieldDifference, "before" | "after"> {
  return { before: readCell(before?.[column]), after: readCell(after?.[column]) };
}

/** Lists and objects are kept as JSON. */
function readCell(cell: string | number | null | undefined): unknown {
  if (typeof cell !== "string" || !/^[[{"]|^(?:true|false|null|-?\d+)$/.test(cell)) return cell ?? null;
  try {
    return JSON.parse(cell) as unknown;
  } catch {
    return cell;
  }
}

/** The first is the name, the others are aliases. */
function nameDifferences(rows: readonly RowChange[]): FieldDifference[] {
  const names = rows.filter(({ table }) => table === "model_name");
  const list = (side: "before" | "after") => names.filter((row) => row[side] !== null).map(({ key }) => key[0]);
  return names.length === 0 ? [] : [{ field: "names", before: list("before"), after: list("after") }];
}

function targetDifferences(rows: readonly RowChange[]): FieldDifference[] {
  return rows
    .filter(({ table }) => table === "model_target")
    .map(({ key, before, after }) => ({
      field: `targets[${key[1]}]`,
      before: shownTarget(before),
      after: shownTarget(after),
    }));
}

function shownTarget(cells: Cells | null): unknown {
  if (cells === null) return null;
  const fields = Object.entries(cells).filter(([column]) => column !== "model_id" && column !== "position");
  return Object.fromEntries(fields.map(([column, cell]) => [camelCase(column), readCell(cell)]));
}

function camelCase(column: string): string {
  return column.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
