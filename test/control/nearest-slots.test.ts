import { expect, test } from "bun:test";
import { NearestSlots } from "../../src/control/nearest-slots.ts";
import { seededRandom } from "../support/random.ts";

test("the nearest of all that were offered are kept, from either end, in whatever order they came", () => {
  const random = seededRandom(5);
  const below = (limit: number) => Math.floor(random() * limit);
  for (let round = 0; round < 300; round++) {
    const offered = Array.from({ length: below(120) }, (_, slot) => ({ slot, value: below(6), rank: slot }));
    const direction = random() < 0.5 ? 1 : -1;
    const limit = below(40);
    const nearest = new NearestSlots(limit, direction);
    for (const { slot, value, rank } of offered.toSorted(() => random() - 0.5)) nearest.offer(slot, value, rank);
    const sorted = offered.sort((a, b) => direction * (a.value - b.value || a.rank - b.rank));
    expect(nearest.inOrder()).toEqual(sorted.slice(0, limit).map(({ slot }) => slot));
  }
});
