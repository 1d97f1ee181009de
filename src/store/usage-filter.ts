import type { UsageQuery } from "./reports.ts";
import type { UsageGroup } from "./usage-group.ts";
import { matchesAny } from "./wildcard.ts";

/** Whether a group passes, by position in the group; null where the filter does not ask. */
type Tests = readonly (((part: UsageGroup[number]) => boolean) | null)[];

function testsOf(filter: UsageQuery["filter"]): Tests {
  const oneOf = (allowed: readonly string[] | undefined) => {
    const set = allowed && new Set(allowed);
    return set ? (part: UsageGroup[number]) => typeof part === "string" && set.has(part) : null;
  };
  const { models } = filter;
  return [
    oneOf(filter.providerIds),
    oneOf(filter.keyIds),
    models ? (part) => typeof part === "string" && matchesAny(models, part) : null,
    oneOf(filter.clientKeyIds),
    oneOf(filter.statuses),
    oneOf(filter.errorClasses),
    oneOf(filter.protocols),
  ];
}

/** The positions that the filter asks about, and what it says to a group: one of a view that tells these apart. */
export function compileUsageFilter(filter: UsageQuery["filter"]): {
  readonly dimensions: readonly number[];
  passes(group: UsageGroup): boolean;
} {
  const tests = testsOf(filter);
  const asked = tests.flatMap((test, at) => (test === null ? [] : [{ at, test }]));
  return {
    dimensions: asked.map(({ at }) => at),
    passes: (group) => asked.every(({ at, test }) => test(group[at]!)),
  };
}
