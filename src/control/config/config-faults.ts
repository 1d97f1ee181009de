import type { z } from "zod";
import type { DocumentError } from "../../config-file.ts";

/** What an input's own rules have against a part of the document. */
export function faultsIn(error: z.ZodError, path: readonly PropertyKey[]): DocumentError[] {
  return error.issues.map((issue) => ({ path: [...path, ...issue.path], message: issue.message }));
}
