import type { JobItem } from "../../../store/job-types.ts";
import type { ProviderKeyRow, Written } from "../../../store/types.ts";
import { isRefused, type KeyCheck, wordsOf } from "../key-check.ts";
import type { PlannedRow } from "./plan.ts";

/** What became of a row. `written`: null when there was nothing to write; `check`: null when nobody was asked. */
export function toItem(row: PlannedRow, written: Written<ProviderKeyRow> | null, check: KeyCheck | null): JobItem {
  const item = { index: row.index, secretPreview: row.preview, latencyMs: check?.latencyMs ?? null };
  if (written?.kind === "ok") {
    const outcome = check !== null && isRefused(check) ? "FAILED" : "SUCCEEDED";
    return { ...item, outcome, message: wordsWith(wordsFor(row), check), subjectId: written.row.id };
  }
  // One that was left where it is, among the deleted ones, is nothing to look at.
  const subjectId = "id" in row && row.action !== "restore" ? row.id : null;
  if (written !== null)
    return { ...item, outcome: "FAILED", message: "Somebody else changed it meanwhile.", subjectId };
  if (row.action === "refuse") return { ...item, outcome: "FAILED", message: row.reason, subjectId };
  if (check !== null && isRefused(check)) {
    return { ...item, outcome: "FAILED", message: `left out; ${wordsOf(check)}`, subjectId };
  }
  return { ...item, outcome: "SKIPPED", message: wordsWith(wordsFor(row), check), subjectId };
}

function wordsWith(words: string, check: KeyCheck | null): string {
  if (check === null) return words;
  if (check.failure === null) return `${words}; ${wordsOf(check)}`;
  return isRefused(check) ? `${words}, switched off; ${wordsOf(check)}` : `${words}; not found out: ${wordsOf(check)}`;
}

/** What becomes of a row, in words. */
export function wordsFor(row: PlannedRow): string {
  switch (row.action) {
    case "create":
      return "created";
    case "update":
      return "updated";
    case "restore":
      return "restored";
    case "refuse":
      return row.reason;
    case "repeat":
      return `The same key stands in row ${row.of + 1}.`;
    case "keep":
      return "This provider has the key already.";
  }
}
