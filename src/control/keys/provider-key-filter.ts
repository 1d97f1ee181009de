import type { ErrorClass } from "../../record.ts";
import { parseUsd } from "../usage/money.ts";
import { readRange, type TimeRangeInput } from "../usage/time-range.ts";
import { type KeyColumns, NEVER, NO_BALANCE, numberOfClass } from "./key-columns.ts";
import type { ProviderKeyStatus } from "./key-status.ts";
import type { KeyTable } from "./key-table.ts";

export interface ProviderKeyFilter {
  readonly ids?: readonly string[] | null;
  readonly search?: string | null;
  readonly providers?: readonly string[] | null;
  readonly statuses?: readonly ProviderKeyStatus[] | null;
  readonly tags?: readonly string[] | null;
  readonly importJobId?: string | null;
  readonly reasons?: readonly ErrorClass[] | null;
  readonly lastHttpStatus?: readonly number[] | null;
  readonly failuresAtLeast?: number | null;
  readonly lastUsed?: TimeRangeInput | null;
  readonly balance?: { readonly gte?: string | null; readonly lte?: string | null } | null;
}

/** Whether the key in a slot passes one of the filter's conditions. */
export type KeyTest = (slot: number) => boolean;

/** Null: the filter searches for nothing. */
export function searchedWords({ search }: ProviderKeyFilter): string | null {
  return search?.trim().toLowerCase() || null;
}

/** The part of the filter that stands in the row, but the search. */
export function rowTests(filter: ProviderKeyFilter, table: KeyTable): KeyTest[] {
  const { columns } = table;
  const tests: KeyTest[] = [];
  if (filter.ids) {
    const slots = new Set(filter.ids.map((id) => table.slotOf(id)));
    tests.push((slot) => slots.has(slot));
  }
  if (filter.providers) {
    const wanted = new Set(filter.providers);
    tests.push(
      oneOf(
        columns.provider,
        columns.providers.select((id) => wanted.has(id)),
      ),
    );
  }
  if (filter.importJobId != null) {
    tests.push(
      oneOf(
        columns.importJob,
        columns.importJobs.select((id) => id === filter.importJobId),
      ),
    );
  }
  if (filter.tags) {
    const wanted = new Set(filter.tags);
    tests.push(
      oneOf(
        columns.tags,
        columns.tagLists.select((tags) => tags.some((tag) => wanted.has(tag))),
      ),
    );
  }
  return tests;
}

/** The part that is observed and moves by itself (the status is seen apart). Throws on a range that cannot be meant. */
export function observedTests(filter: ProviderKeyFilter, columns: KeyColumns, nowMs: number): KeyTest[] {
  const { errorClass, httpStatus, failures, lastUsedAt, balance } = columns;
  const tests: KeyTest[] = [];
  if (filter.reasons) {
    const wanted = new Set(filter.reasons.map(numberOfClass));
    tests.push((slot) => wanted.has(errorClass[slot]!));
  }
  if (filter.lastHttpStatus) {
    const wanted = new Set(filter.lastHttpStatus.filter((status) => status > 0));
    tests.push((slot) => wanted.has(httpStatus[slot]!));
  }
  const least = filter.failuresAtLeast ?? null;
  if (least !== null) tests.push((slot) => failures[slot]! >= least);
  if (filter.lastUsed) {
    const { fromMs, toMs } = readRange(filter.lastUsed, { timeZone: "UTC", nowMs });
    tests.push((slot) => lastUsedAt[slot]! > NEVER && lastUsedAt[slot]! >= fromMs && lastUsedAt[slot]! < toMs);
  }
  const from = filter.balance?.gte == null ? null : parseUsd(filter.balance.gte);
  const to = filter.balance?.lte == null ? null : parseUsd(filter.balance.lte);
  if (from !== null) tests.push((slot) => balance[slot]! > NO_BALANCE && balance[slot]! >= from);
  if (to !== null) tests.push((slot) => balance[slot]! > NO_BALANCE && balance[slot]! <= to);
  return tests;
}

function oneOf(column: Uint32Array, wanted: Uint8Array): KeyTest {
  return (slot) => wanted[column[slot]!] === 1;
}
