import type { ProviderKeyRow } from "../../store/types.ts";
import type { Control } from "../control.ts";
import type { KeyColumns } from "./key-columns.ts";
import { nameCounts, PROVIDER_KEY_STATUSES, type ProviderKeyCounts } from "./key-status.ts";
import type { KeyTable } from "./key-table.ts";
import { observedTests, type ProviderKeyFilter, rowTests, searchedWords } from "./provider-key-filter.ts";

/** The keys that match, as they are in this turn of the event loop. */
export interface MatchingKeys {
  readonly table: KeyTable;
  readonly columns: KeyColumns;
  /** By slot: 1 for those that match. */
  readonly marks: Uint8Array;
  /** By slot: the place of the status among PROVIDER_KEY_STATUSES. */
  readonly statuses: Uint8Array;
  /** By status, over everything that the filter without `statuses` matches. */
  readonly counts: ProviderKeyCounts;
}

/** What is awaited comes first: from then on nothing may change under the reader's hands. */
export async function matchKeys(control: Control, filter: ProviderKeyFilter): Promise<MatchingKeys> {
  const words = searchedWords(filter);
  if (words !== null) {
    const { text, columns } = await control.rows.keyTable();
    await text.prepare(() => columns.end);
  }
  const table = await control.rows.keyTable();
  const columns = table.observed();
  const nowMs = control.now();
  const marks = columns.isThere.slice(0, columns.end);
  for (const test of [...rowTests(filter, table), ...observedTests(filter, columns, nowMs)]) {
    for (let slot = 0; slot < marks.length; slot++) if (marks[slot] === 1 && !test(slot)) marks[slot] = 0;
  }
  if (words !== null) table.text.narrow(marks, words);
  const statuses = columns.shownStatuses(nowMs);
  const counts = countMarked(marks, statuses);
  if (filter.statuses) narrowToStatuses(marks, statuses, new Set(filter.statuses));
  return { table, columns, marks, statuses, counts };
}

/** All that match, by id. */
export async function findProviderKeys(control: Control, filter: ProviderKeyFilter): Promise<ProviderKeyRow[]> {
  const { table, marks } = await matchKeys(control, filter);
  const rows: ProviderKeyRow[] = [];
  for (const slot of table.byId.slots) if (marks[slot] === 1) rows.push(table.rowAt(slot));
  return rows;
}

function countMarked(marks: Uint8Array, statuses: Uint8Array): ProviderKeyCounts {
  const numbers = new Uint32Array(PROVIDER_KEY_STATUSES.length);
  for (let slot = 0; slot < marks.length; slot++) numbers[statuses[slot]!]! += marks[slot]!;
  return nameCounts(numbers);
}

function narrowToStatuses(marks: Uint8Array, statuses: Uint8Array, wanted: ReadonlySet<string>): void {
  const isWanted = PROVIDER_KEY_STATUSES.map((status) => wanted.has(status));
  for (let slot = 0; slot < marks.length; slot++) if (!isWanted[statuses[slot]!]) marks[slot] = 0;
}
