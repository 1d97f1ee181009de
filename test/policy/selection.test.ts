import { describe, expect, test } from "bun:test";
import { STRATEGIES, type Strategy } from "../../src/llm/names.ts";
import type { Candidate, Filter } from "../../src/policy/candidate.ts";
import { hashText } from "../../src/policy/rendezvous.ts";
import { Cursor, makeField, selectCandidate } from "../../src/policy/selection.ts";
import { seededRandom } from "../support/random.ts";

interface Key extends Candidate {
  readonly id: string;
  inFlight: number;
  slowness: number;
}

function key(id: string, rest: Partial<Key> = {}): Key {
  return { id, weight: 1, priority: 0, hash: hashText(id), inFlight: 0, slowness: 0, balance: 0, ...rest };
}
const keys = (count: number, rest: (index: number) => Partial<Key> = () => ({})) =>
  Array.from({ length: count }, (_, index) => key(`k${index}`, rest(index)));

const all: Filter<Key> = { accepts: () => true };
const without = (...ids: string[]): Filter<Key> => ({ accepts: ({ id }) => !ids.includes(id) });

function chooser(candidates: Key[], strategy: Strategy, random = seededRandom(1)) {
  const field = makeField(candidates, strategy);
  const cursor = new Cursor();
  return (filter: Filter<Key> = all, stickyId: string | null = null) =>
    selectCandidate({ field, filter, cursor, stickyHash: stickyId === null ? null : hashText(stickyId), random });
}

function tally(times: number, choose: (index: number) => Key | null): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let index = 0; index < times; index++) {
    const id = choose(index)?.id ?? "none";
    counts[id] = (counts[id] ?? 0) + 1;
  }
  return counts;
}

describe("every strategy", () => {
  for (const strategy of STRATEGIES) {
    test(`${strategy} chooses nobody from nothing, and nobody when none is accepted`, () => {
      expect(chooser([], strategy)()).toBeNull();
      expect(chooser(keys(5), strategy)({ accepts: () => false })).toBeNull();
      expect(chooser(keys(400), strategy)({ accepts: () => false }, "s")).toBeNull();
    });

    test(`${strategy} finds the only one that is accepted, wherever it stands`, () => {
      for (const count of [1, 2, 20, 700]) {
        for (const only of new Set([0, count >> 1, count - 1])) {
          const choose = chooser(
            keys(count, (index) => ({ weight: 1 + (index % 3), priority: index % 4 })),
            strategy,
          );
          const filter = { accepts: ({ id }: Key) => id === `k${only}` };
          for (let turn = 0; turn < 3; turn++) expect(choose(filter, "session")?.id).toBe(`k${only}`);
        }
      }
    });

    test(`${strategy} never chooses what the filter refuses (2,000 random pools)`, () => {
      const random = seededRandom(7);
      for (let round = 0; round < 2000; round++) {
        const candidates = keys(1 + Math.floor(random() * 30), () => ({
          weight: Math.floor(random() * 4),
          priority: Math.floor(random() * 3),
          inFlight: Math.floor(random() * 5),
          slowness: random() < 0.3 ? 0 : random() * 3,
        }));
        const accepted = new Set(candidates.filter(() => random() < 0.4).map(({ id }) => id));
        const choose = chooser(candidates, strategy, random);
        for (let turn = 0; turn < 3; turn++) {
          const chosen = choose({ accepts: ({ id }) => accepted.has(id) }, `s${round}`);
          expect(chosen === null ? accepted.size === 0 : accepted.has(chosen.id)).toBe(true);
        }
      }
    });

    test(`${strategy} does not starve a pool of keys without weight`, () => {
      expect(
        chooser(
          keys(3, () => ({ weight: 0 })),
          strategy,
        )(all, "s"),
      ).not.toBeNull();
    });
  }
});

describe("round robin", () => {
  test("takes each key in turn", () => {
    const choose = chooser(keys(3), "round_robin");
    expect(Array.from({ length: 7 }, () => choose()?.id)).toEqual(["k0", "k1", "k2", "k0", "k1", "k2", "k0"]);
  });

  test("passes over parked keys and shares their turns", () => {
    const choose = chooser(keys(4), "round_robin");
    expect(tally(300, () => choose(without("k1")))).toEqual({ k0: 100, k2: 100, k3: 100 });
  });

  test("with weights gives each exactly its share of a round", () => {
    const choose = chooser(
      keys(3, (index) => ({ weight: [5, 1, 1][index]! })),
      "round_robin",
    );
    expect(tally(700, () => choose())).toEqual({ k0: 500, k1: 100, k2: 100 });
  });

  test("with weights spreads the heavy key's turns (nginx's own example: a a b a c a a)", () => {
    const choose = chooser(
      keys(3, (index) => ({ weight: [5, 1, 1][index]! })),
      "round_robin",
    );
    expect(Array.from({ length: 7 }, () => choose()?.id)).toEqual(["k0", "k0", "k1", "k0", "k2", "k0", "k0"]);
  });

  test("a turn in a pool of 10,000 asks one key, not all", () => {
    let asked = 0;
    const choose = chooser(keys(10_000), "round_robin");
    for (let turn = 0; turn < 1000; turn++) {
      choose({
        accepts: () => {
          asked++;
          return true;
        },
      });
    }
    expect(asked).toBe(1000);
  });
});

describe("weighted", () => {
  for (const count of [3, 60]) {
    test(`draws ${count} keys in proportion to their weights`, () => {
      const weightOf = (index: number) => (index % 3) + 1;
      const choose = chooser(
        keys(count, (index) => ({ weight: weightOf(index) })),
        "weighted",
      );
      const draws = 60_000;
      const counts = tally(draws, () => choose());
      const perWeight = draws / (2 * count);
      for (let index = 0; index < count; index++) {
        const share = counts[`k${index}`]! / (perWeight * weightOf(index));
        expect(share).toBeWithin(0.85, 1.15);
      }
    });
  }

  test("never draws a key of weight 0 while another is there", () => {
    for (const count of [4, 40]) {
      const choose = chooser(
        keys(count, (index) => ({ weight: index === 1 ? 0 : 2 })),
        "weighted",
      );
      expect(tally(5000, () => choose()).k1).toBeUndefined();
    }
  });
});

describe("priority", () => {
  const candidates = () => keys(5, (index) => ({ priority: [2, 1, 1, 2, 3][index]! }));

  test("takes turns among the lowest number only", () => {
    const choose = chooser(candidates(), "priority");
    expect(tally(100, () => choose())).toEqual({ k1: 50, k2: 50 });
  });

  test("falls back to the next number when the first has nobody to offer, and returns", () => {
    const choose = chooser(candidates(), "priority");
    expect(tally(100, () => choose(without("k1", "k2")))).toEqual({ k0: 50, k3: 50 });
    expect(choose(without("k0", "k1", "k2", "k3"))?.id).toBe("k4");
    expect(tally(10, () => choose())).toEqual({ k1: 5, k2: 5 });
  });

  test("keeps its turn in the first number while single requests fall back", () => {
    const choose = chooser(candidates(), "priority");
    const counts = tally(400, (index) => (index % 2 === 0 ? choose() : choose(without("k1", "k2"))));
    expect(counts).toEqual({ k0: 100, k1: 100, k2: 100, k3: 100 });
  });

  test("shares by weight inside a number", () => {
    const choose = chooser(
      keys(3, (index) => ({ priority: index === 2 ? 9 : 0, weight: index === 0 ? 3 : 1 })),
      "priority",
    );
    expect(tally(400, () => choose())).toEqual({ k0: 300, k1: 100 });
  });
});

describe("least busy", () => {
  test("takes the key with the least under way per weight", () => {
    const candidates = [key("a", { inFlight: 3 }), key("b", { inFlight: 1 }), key("c", { inFlight: 8, weight: 9 })];
    expect(chooser(candidates, "least_busy")()?.id).toBe("c"); // 9 / 9 = 1, b: 2 / 1, a: 4 / 1
    expect(chooser(candidates, "least_busy")(without("c"))?.id).toBe("b");
  });

  test("takes turns when all are equally busy", () => {
    const choose = chooser(keys(4), "least_busy");
    expect(tally(400, () => choose())).toEqual({ k0: 100, k1: 100, k2: 100, k3: 100 });
  });

  test("fills an idle pool evenly", () => {
    const candidates = keys(7);
    const choose = chooser(candidates, "least_busy");
    for (let index = 0; index < 70; index++) choose()!.inFlight++;
    expect(candidates.map(({ inFlight }) => inFlight)).toEqual(Array(7).fill(10));
  });

  test("fills a large pool evenly too, though a turn looks at a part of it", () => {
    const candidates = keys(2000);
    const choose = chooser(candidates, "least_busy");
    for (let index = 0; index < 6000; index++) choose()!.inFlight++;
    expect(candidates.every(({ inFlight }) => inFlight === 3)).toBe(true);
  });
});

describe("lowest latency", () => {
  test("takes the fastest, with one request in twenty to look at the others", () => {
    const candidates = keys(4, (index) => ({ slowness: [1.5, 0.5, 1, 2][index]! }));
    const choose = chooser(candidates, "lowest_latency");
    const counts = tally(10_000, () => choose());
    expect(counts.k1! / 10_000).toBeWithin(0.94, 0.98);
    for (const id of ["k0", "k2", "k3"]) expect(counts[id]! / 10_000).toBeWithin(0.008, 0.018);
  });

  test("tries unmeasured keys first, one request at a time", () => {
    const candidates = keys(3, (index) => ({ slowness: index === 1 ? 0 : 0.1 }));
    const choose = chooser(candidates, "lowest_latency", () => 0.9);
    const chosen = choose()!;
    expect(chosen.id).toBe("k1");
    chosen.inFlight++;
    expect(choose()?.id).not.toBe("k1");
  });

  test("does not bury the fastest key under parallel requests", () => {
    const candidates = keys(3, (index) => ({ slowness: [0.5, 1, 1][index]! }));
    const choose = chooser(candidates, "lowest_latency", () => 0.9);
    for (let index = 0; index < 40; index++) choose()!.inFlight++;
    expect(candidates.map(({ inFlight }) => inFlight)).toEqual([20, 10, 10]);
  });
});

describe("sticky", () => {
  const sessions = Array.from({ length: 4000 }, (_, index) => `session-${index}`);

  for (const count of [10, 1000]) {
    test(`sends a session to the same key of ${count} every time`, () => {
      const choose = chooser(keys(count), "sticky");
      const again = chooser(keys(count), "sticky", seededRandom(99));
      for (const session of sessions.slice(0, 500)) expect(again(all, session)?.id).toBe(choose(all, session)!.id);
    });

    test(`moves only the sessions of the key of ${count} that is parked, and spreads them`, () => {
      const choose = chooser(keys(count), "sticky");
      const parked = choose(all, "session-0")!.id;
      const refuge = new Set<string>();
      for (const session of sessions) {
        const before = choose(all, session)!.id;
        const after = choose(without(parked), session)!.id;
        if (before === parked) refuge.add(after);
        else expect(after).toBe(before);
      }
      expect(refuge.has(parked)).toBe(false);
      expect(refuge.size).toBeGreaterThan(count === 10 ? 5 : 0);
    });
  }

  test("spreads sessions evenly over equal keys", () => {
    const choose = chooser(keys(10), "sticky");
    const counts = Object.values(tally(4000, (index) => choose(all, sessions[index]!)));
    for (const count of counts) expect(count).toBeWithin(330, 470);
  });

  test("spreads sessions over a large pool, nobody far above the average", () => {
    const choose = chooser(keys(1000), "sticky");
    const counts = Object.values(tally(50_000, (index) => choose(all, `s${index}`)));
    expect(counts.length).toBeGreaterThan(990);
    expect(Math.max(...counts)).toBeLessThan(120);
  });

  test("gives a key of double weight about double the sessions", () => {
    const choose = chooser(
      keys(4, (index) => ({ weight: index === 0 ? 2 : 1 })),
      "sticky",
    );
    const counts = tally(20_000, (index) => choose(all, `s${index}`));
    expect(counts.k0! / 20_000).toBeWithin(0.38, 0.42);
    expect(counts.k1! / 20_000).toBeWithin(0.18, 0.22);
  });

  test("a key that is added takes its share and moves no other session", () => {
    const before = chooser(keys(9), "sticky");
    const after = chooser(keys(10), "sticky");
    for (const session of sessions) {
      const chosen = after(all, session)!.id;
      if (chosen !== "k9") expect(before(all, session)!.id).toBe(chosen);
    }
  });

  test("takes turns when the request names no session", () => {
    const choose = chooser(keys(3), "sticky");
    expect(tally(300, () => choose())).toEqual({ k0: 100, k1: 100, k2: 100 });
  });
});
