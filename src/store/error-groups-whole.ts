import type { Reader } from "./reader.ts";
import type { ErrorGroup, ErrorGroupQuery } from "./reports.ts";
import { StoreError } from "./store-error.ts";

const PATIENCE_MS = 10_000;
const NOT_YET = "Older days of the log are being indexed: try again in a minute, or choose a shorter time.";

/** A list of groups cannot say that it is partial: while days are without index, it is asked again, others in between. */
export async function wholeErrorGroups(
  reader: Reader,
  query: ErrorGroupQuery,
  patienceMs = PATIENCE_MS,
): Promise<readonly ErrorGroup[]> {
  const startedMs = performance.now();
  do {
    const { groups, isPartial } = await reader.ask("errorGroups", query);
    if (!isPartial) return groups;
  } while (performance.now() - startedMs < patienceMs);
  throw new StoreError("days of the log have no index yet", undefined, NOT_YET);
}
