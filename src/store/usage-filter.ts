import type { TaggedDimension, TagsOf } from "./key-tags.ts";
import type { UsageQuery } from "./reports.ts";
import type { UsageGroup } from "./usage-group.ts";
import { matchesAny } from "./wildcard.ts";

/** Whether a group passes, by position in the group; null where the filter does not ask. */
type Tests = readonly (((part: UsageGroup[number]) => boolean) | null)[];

type Test = Tests[number];

function testsOf(filter: UsageQuery["filter"], tagsOf: TagsOf): Tests {
  const oneOf = (allowed: readonly string[] | undefined) => {
    const set = allowed && new Set(allowed);
    return set ? (part: UsageGroup[number]) => typeof part === "string" && set.has(part) : null;
  };
  const tagged = (of: TaggedDimension, wanted: readonly string[] | undefined) => {
    const set = wanted && new Set(wanted);
    return set
      ? (part: UsageGroup[number]) => typeof part === "string" && tagsOf(of, part).some((tag) => set.has(tag))
      : null;
  };
  const { models } = filter;
  return [
    oneOf(filter.providerIds),
    both(oneOf(filter.keyIds), tagged("key", filter.keyTags)),
    models ? (part) => typeof part === "string" && matchesAny(models, part) : null,
    both(oneOf(filter.clientKeyIds), tagged("client", filter.clientTags)),
    oneOf(filter.statuses),
    oneOf(filter.errorClasses),
    oneOf(filter.protocols),
  ];
}

function both(one: Test, other: Test): Test {
  return one === null || other === null ? (one ?? other) : (part) => one(part) && other(part);
}

/** The positions that the filter asks about, and what it says to a group: one of a view that tells these apart. */
export function compileUsageFilter(
  filter: UsageQuery["filter"],
  tagsOf: TagsOf,
): {
  readonly dimensions: readonly number[];
  passes(group: UsageGroup): boolean;
} {
  const tests = testsOf(filter, tagsOf);
  const asked = tests.flatMap((test, at) => (test === null ? [] : [{ at, test }]));
  return {
    dimensions: asked.map(({ at }) => at),
    passes: (group) => asked.every(({ at, test }) => test(group[at]!)),
  };
}
