import { type CountedDimension, TAG_DIMENSIONS, type UsageDimension } from "../../store/reports.ts";
import type { Control } from "../control.ts";
import type { GroupTotals } from "./group-counters.ts";
import { addTotals } from "./second-counters.ts";

type Value = string | null;
/** What a counted value stands for in the dimension that is asked for: itself, or the tags of the key that it names. */
export type ValuesOf = (counted: Value) => readonly Value[];

const UNTAGGED: readonly Value[] = [null];

/** Live counters tell keys apart, not their tags: those are looked up when somebody asks. */
export function countedBy(dimension: UsageDimension): CountedDimension {
  return isOfTags(dimension) ? TAG_DIMENSIONS[dimension] : dimension;
}

/** With the tags that keys have now; null: counted values stand for themselves. */
export async function readValuesOf({ rows }: Control, dimension: UsageDimension | null): Promise<ValuesOf | null> {
  if (dimension === null || !isOfTags(dimension)) return null;
  const keys = await (dimension === "clientTag" ? rows.clientKeys() : rows.providerKeys());
  return (id) => {
    const tags = (id === null ? undefined : keys.get(id)?.tags) ?? [];
    return tags.length === 0 ? UNTAGGED : tags;
  };
}

/** The same by the values they stand for: what stands for several counts in each. */
export function regroup(sums: readonly GroupTotals[], valuesOf: ValuesOf): GroupTotals[] {
  const grouped = new Map<Value, GroupTotals>();
  for (const sum of sums) {
    for (const value of valuesOf(sum.value)) {
      const group = grouped.get(value) ?? { value, requests: 0, errors: 0, tokens: 0, costNanoUsd: 0 };
      addTotals(group, sum);
      grouped.set(value, group);
    }
  }
  return [...grouped.values()];
}

function isOfTags(dimension: UsageDimension): dimension is keyof typeof TAG_DIMENSIONS {
  return dimension in TAG_DIMENSIONS;
}
