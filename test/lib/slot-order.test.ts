import { expect, test } from "bun:test";
import { Interned } from "../../src/lib/interned.ts";
import { SlotOrder } from "../../src/lib/slot-order.ts";
import { seededRandom } from "../support/random.ts";

test("an order that is repaired is the one that sorting makes, with each slot's rank", () => {
  const random = seededRandom(99);
  const below = (limit: number) => Math.floor(random() * limit);
  const values: number[] = [];
  const compare = (a: number, b: number) => values[a]! - values[b]! || a - b;
  const order = new SlotOrder(compare);
  const present = new Set<number>();
  for (let round = 0; round < 400; round++) {
    const absent = Array.from({ length: 60 }, (_, slot) => slot).filter((slot) => !present.has(slot));
    const gone = [...present].filter(() => random() < 0.1);
    const moved = [...present].filter((slot) => !gone.includes(slot) && random() < 0.1);
    const added = absent.filter(() => random() < 0.15);
    for (const slot of [...moved, ...added]) values[slot] = below(20);
    order.change([...gone, ...moved], [...moved, ...added]);
    for (const slot of gone) present.delete(slot);
    for (const slot of added) present.add(slot);
    const sorted = [...present].sort(compare);
    expect([...order.slots]).toEqual(sorted);
    expect(sorted.map((slot) => order.ranks[slot]!)).toEqual(sorted.map((_, place) => place));
    const limit = below(20);
    expect(order.countWhile((slot) => values[slot]! < limit)).toBe(
      sorted.filter((slot) => values[slot]! < limit).length,
    );
  }
});

test("a number stands for one value as long as somebody uses it, and for another afterwards", () => {
  const interned = new Interned<string>();
  const numberOf = (value: string) => interned.take(value, value);
  const passing = (value: string) => [...interned.select((each) => each === value)];
  const [a, b] = [numberOf("a"), numberOf("b")];
  expect(numberOf("a")).toBe(a);
  interned.giveBack(a);
  expect(passing("a")[a]).toBe(1);
  interned.giveBack(a);
  expect(passing("a")).toEqual([0, 0]);
  expect(numberOf("c")).toBe(a);
  expect(passing("c")[a]).toBe(1);
  expect(passing("b")[b]).toBe(1);
});
