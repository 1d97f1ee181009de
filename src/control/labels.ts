import type { Control } from "./control.ts";

/** What an id stands for, by the name it has, or had when it was deleted. */
export interface ObjectLabel {
  readonly id: string;
  /** The id itself when nobody knows any more. */
  readonly name: string;
  readonly isDeleted: boolean;
}

/** Of a provider, a provider key, a client key or a model; null for no id. */
export async function labelObject({ rows }: Pick<Control, "rows">, id: string | null): Promise<ObjectLabel | null> {
  if (id === null || id === "") return null;
  const known = await rowsOf(rows, id.slice(0, 3));
  const name = known?.get(id)?.name;
  return { id, name: name ?? (await rows.lastName(id)), isDeleted: known !== null && name === undefined };
}

/** Null for what has no rows of its own: that cannot have been deleted. */
async function rowsOf(
  rows: Control["rows"],
  prefix: string,
): Promise<ReadonlyMap<string, { readonly name: string }> | null> {
  switch (prefix) {
    case "prv":
      return rows.providers();
    case "pky":
      return rows.providerKeys();
    case "cky":
      return rows.clientKeys();
    case "mdl":
      return rows.models();
    default:
      return null;
  }
}
