import type { InlineFile } from "../llm/inline-file.ts";
import type { JsonRecord } from "./fields.ts";

/** What begins so is an id of this gateway's, rightly or wrongly: no vendor's ids do. */
export const OWN_FILE_PREFIX = "fil_";

export function isOwnFileId(value: unknown): value is string {
  return typeof value === "string" && value.startsWith(OWN_FILE_PREFIX);
}

export interface FileCopy {
  readonly reference: string;
  readonly mediaType: string;
}

/** How a client's format names a file of this gateway, and how it carries the file itself. */
export interface FileParts {
  /** The fields of a body in which parts stand. */
  readonly roots: readonly string[];
  /** Null: this part names none of ours. `field`: where, below the part. */
  find(part: JsonRecord): { readonly id: string; readonly field: string } | null;
  /** The same part with the content in place of the name. Null: such a part cannot carry it. */
  inline(part: JsonRecord, file: InlineFile): JsonRecord | null;
  /** The same part with the name of a vendor's own copy, for a vendor of this format. Null: such a part cannot name one. */
  refer(part: JsonRecord, copy: FileCopy): JsonRecord | null;
}
