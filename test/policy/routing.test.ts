import { describe, expect, test } from "bun:test";
import { orderTargets } from "../../src/policy/routing.ts";
import { seededRandom } from "../support/random.ts";

const target = (name: string, priority: number, weight = 1) => ({ name, priority, weight });
const names = (targets: readonly { name: string }[]) => targets.map(({ name }) => name).join("");

describe("the order of targets", () => {
  test("one target, or none, costs nothing: the list itself comes back", () => {
    const one = [target("a", 0)];
    expect(orderTargets(one, () => 0.5)).toBe(one);
    const none: typeof one = [];
    expect(orderTargets(none, () => 0.5)).toBe(none);
  });

  test("goes by priority, lower numbers first, whatever the given order", () => {
    const targets = [target("c", 9), target("a", -1), target("b", 3)];
    for (let seed = 0; seed < 50; seed++) expect(names(orderTargets(targets, seededRandom(seed)))).toBe("abc");
  });

  test("leaves its argument alone", () => {
    const targets = Object.freeze([target("b", 1), target("a", 0)]);
    expect(names(orderTargets(targets, Math.random))).toBe("ab");
    expect(names(targets)).toBe("ba");
  });

  test("is random by weight inside a priority, without losing or repeating any", () => {
    const random = seededRandom(3);
    const targets = [target("a", 0, 6), target("b", 0, 3), target("c", 0, 1), target("z", 1)];
    const first: Record<string, number> = {};
    const second: Record<string, number> = {};
    for (let round = 0; round < 20_000; round++) {
      const order = names(orderTargets(targets, random));
      expect([...order].sort().join("")).toBe("abcz");
      expect(order.endsWith("z")).toBe(true);
      first[order[0]!] = (first[order[0]!] ?? 0) + 1;
      if (order[0] === "a") second[order[1]!] = (second[order[1]!] ?? 0) + 1;
    }
    expect(first.a! / 20_000).toBeWithin(0.58, 0.62);
    expect(first.b! / 20_000).toBeWithin(0.28, 0.32);
    expect(first.c! / 20_000).toBeWithin(0.08, 0.12);
    expect(second.b! / (second.b! + second.c!)).toBeWithin(0.72, 0.78);
  });

  test("a target of weight 0 comes last in its priority, but before the next", () => {
    const targets = [target("x", 0, 0), target("a", 0, 1), target("z", 1, 5)];
    for (let seed = 0; seed < 100; seed++) expect(names(orderTargets(targets, seededRandom(seed)))).toBe("axz");
  });

  test("targets without any weight share evenly", () => {
    const random = seededRandom(4);
    let first = 0;
    for (let round = 0; round < 4000; round++) {
      if (orderTargets([target("a", 0, 0), target("b", 0, 0)], random)[0]!.name === "a") first++;
    }
    expect(first / 4000).toBeWithin(0.46, 0.54);
  });

  test("survives a random source at its edges", () => {
    const targets = [target("a", 0, 0.1), target("b", 0, 0.2), target("c", 0, 0)];
    for (const edge of [0, 1 - Number.EPSILON / 2]) {
      const order = names(orderTargets(targets, () => edge));
      expect([...order].sort().join("")).toBe("abc");
      expect(order.endsWith("c")).toBe(true);
    }
  });
});
