import type { PartHead } from "../../lib/multipart-stream.ts";
import { mediaTypeOfName } from "../../llm/media-type.ts";
import { invalidRequest } from "../refusals.ts";

/** OpenAI's FilePurpose. */
const PURPOSES: ReadonlySet<string> = new Set(["assistants", "batch", "fine-tune", "vision", "user_data", "evals"]);
/** OpenAI's bounds of `expires_after[seconds]`. */
const HOUR_S = 3600;
const MONTH_S = 30 * 86_400;

/** `isAnthropic`: its clients say no purpose and name their time in another field. */
export function readPurpose(fields: ReadonlyMap<string, string>, isAnthropic: boolean): string {
  if (isAnthropic) return "user_data";
  const purpose = fields.get("purpose");
  if (purpose === undefined) throw invalidRequest("The field `purpose` is missing, e.g. `user_data`.", "purpose");
  if (!PURPOSES.has(purpose)) {
    throw invalidRequest(`The field \`purpose\` must be one of ${[...PURPOSES].join(", ")}.`, "purpose");
  }
  return purpose;
}

/** Null: until somebody deletes it, or retention does. */
export function readExpiry(
  fields: ReadonlyMap<string, string>,
  { isAnthropic, nowMs }: { readonly isAnthropic: boolean; readonly nowMs: number },
): number | null {
  const name = isAnthropic ? "expires_in_seconds" : "expires_after[seconds]";
  const given = fields.get(name);
  const anchor = isAnthropic ? undefined : fields.get("expires_after[anchor]");
  if (given === undefined && anchor === undefined) return null;
  if (anchor !== undefined && anchor !== "created_at") {
    throw invalidRequest("The anchor must be `created_at`.", "expires_after[anchor]");
  }
  const seconds = Number(given);
  if (!Number.isInteger(seconds) || seconds < HOUR_S || seconds > MONTH_S) {
    throw invalidRequest(`A file expires after ${HOUR_S} to ${MONTH_S} seconds.`, name);
  }
  return nowMs + seconds * 1000;
}

/** What the client says, unless it says nothing: then the name's ending tells. */
export function mediaTypeOfPart({ contentType, filename }: PartHead): string {
  const said = contentType?.split(";")[0]?.trim().toLowerCase() ?? "";
  const isSaid = /^[a-z0-9][\w.+-]*\/[\w.+-]+$/.test(said) && said.length <= 100 && said !== "application/octet-stream";
  return isSaid ? said : (mediaTypeOfName(filename ?? "") ?? "application/octet-stream");
}
