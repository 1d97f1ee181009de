import type { TagsOf } from "./key-tags.ts";
import { TAG_DIMENSIONS, type TargetSet, USAGE_DIMENSIONS, type UsageDimension, type UsageQuery } from "./reports.ts";
import type { UsageGroup } from "./usage-group.ts";

type Value = string | null;

/** How the lines of a chart are read from the groups of the roll-ups. */
export interface LineReading {
  /** Where in a group: what its view must tell apart. */
  readonly positions: readonly number[];
  /**
   * Each line's values in the chart's dimensions. Of dimensions there is one, unless a key of the group has several tags: it counts in
   * each. Of sets there may be none.
   */
  linesOf(group: UsageGroup): readonly (readonly Value[])[];
}

const UNTAGGED: readonly Value[] = [null];

export function readLines(
  { groupBy, targetSets }: Pick<UsageQuery, "groupBy" | "targetSets">,
  tagsOf: TagsOf,
): LineReading {
  if (targetSets !== undefined) return readSets(targetSets);
  const readings = groupBy.map((dimension) => readValues(dimension, tagsOf));
  return {
    positions: readings.map(({ position }) => position),
    linesOf: (group) =>
      readings.reduce<readonly (readonly Value[])[]>(
        (lines, { valuesOf }) => {
          const values = valuesOf(group);
          return lines.flatMap((line) => values.map((value) => [...line, value]));
        },
        [[]],
      ),
  };
}

function readValues(dimension: UsageDimension, tagsOf: TagsOf) {
  if (dimension !== "clientTag" && dimension !== "keyTag") {
    const position = USAGE_DIMENSIONS.indexOf(dimension);
    return { position, valuesOf: (group: UsageGroup): readonly Value[] => [group[position] as Value] };
  }
  const tagged = TAG_DIMENSIONS[dimension];
  const position = USAGE_DIMENSIONS.indexOf(tagged);
  return {
    position,
    valuesOf(group: UsageGroup): readonly Value[] {
      const id = group[position];
      const tags = typeof id === "string" ? tagsOf(tagged, id) : [];
      return tags.length === 0 ? UNTAGGED : tags;
    },
  };
}

const PROVIDER = USAGE_DIMENSIONS.indexOf("provider");
const MODEL = USAGE_DIMENSIONS.indexOf("model");
const IN_NO_SET: readonly (readonly Value[])[] = [];

function readSets(sets: readonly TargetSet[]): LineReading {
  const nameOf = (providerId: unknown, model: unknown) => `${providerId} ${model}`;
  const ids = new Map<string, Set<string>>();
  for (const { id, targets } of sets) {
    for (const { providerId, upstreamModel } of targets) {
      const name = nameOf(providerId, upstreamModel);
      ids.set(name, (ids.get(name) ?? new Set()).add(id));
    }
  }
  const lines = new Map([...ids].map(([name, of]) => [name, [...of].map((id) => [id])]));
  return {
    positions: [PROVIDER, MODEL],
    linesOf: (group) => lines.get(nameOf(group[PROVIDER], group[MODEL])) ?? IN_NO_SET,
  };
}

export const LEFT_OUT = -1;
const NOT_SEEN = -2;

/**
 * The lines of a chart under numbers, and which of them each group counts in. Groups that count in the same lines are one kind, under a
 * number of its own; LEFT_OUT when the filter says so. Each group is looked at once.
 */
export class GroupLines {
  /** By a line's number. */
  readonly values: (readonly Value[])[] = [];
  /** By a kind's number: the lines' numbers. */
  readonly kinds: (readonly number[])[] = [];
  readonly #lineNumbers = new Map<string, number>();
  readonly #kindNumbers = new Map<string, number>();
  #ofGroups = new Int32Array(0);

  constructor(
    private readonly known: ReadonlyMap<number, UsageGroup>,
    private readonly reading: LineReading,
    private readonly passes: (group: UsageGroup) => boolean,
  ) {}

  /** Without dimensions there is one line. */
  get isOne(): boolean {
    return this.reading.positions.length === 0;
  }

  /** Whether a group counts in more than one line. */
  get overlap(): boolean {
    return this.kinds.some((lines) => lines.length > 1);
  }

  /** The number of the group's kind. */
  of(id: number): number {
    const known = this.#ofGroups[id] ?? NOT_SEEN;
    return known === NOT_SEEN ? this.#lookAt(id) : known;
  }

  /** Something to sort equals by. */
  textOf(line: number): string {
    return JSON.stringify(this.values[line]);
  }

  #lookAt(id: number): number {
    const group = this.known.get(id);
    const number = group !== undefined && this.passes(group) ? this.#kindOf(group) : LEFT_OUT;
    if (id >= this.#ofGroups.length) {
      const longer = new Int32Array(2 * Math.max(id, this.known.size) + 1).fill(NOT_SEEN);
      longer.set(this.#ofGroups);
      this.#ofGroups = longer;
    }
    this.#ofGroups[id] = number;
    return number;
  }

  #kindOf(group: UsageGroup): number {
    const lines = this.reading.linesOf(group).map((values) => this.#lineOf(values));
    return numberOf(lines, String(lines), this.#kindNumbers, this.kinds);
  }

  #lineOf(values: readonly Value[]): number {
    // Lengths in front keep two different pairs from joining to the same text.
    const text = values.map((value) => (value === null ? "" : `${value.length} ${value}`)).join(",");
    return numberOf(values, text, this.#lineNumbers, this.values);
  }
}

function numberOf<One>(one: One, text: string, numbers: Map<string, number>, all: One[]): number {
  let number = numbers.get(text);
  if (number === undefined) {
    number = all.push(one) - 1;
    numbers.set(text, number);
  }
  return number;
}
