import { describe, expect, test } from "bun:test";
import { budgetOfEffort, effortOfBudget, fitEffort, wantedBudget, wantedEffort } from "../../src/llm/effort.ts";
import { EFFORTS, type Effort } from "../../src/llm/request.ts";

const rank = (effort: Effort) => EFFORTS.indexOf(effort);

describe("the ladder", () => {
  test("rises in both directions", () => {
    for (const [index, effort] of EFFORTS.entries()) {
      const below = EFFORTS[index - 1];
      if (below !== undefined) expect(budgetOfEffort(effort)).toBeGreaterThanOrEqual(budgetOfEffort(below));
    }
    let last: Effort = "none";
    for (let tokens = 0; tokens <= 70_000; tokens += 7) {
      const effort = effortOfBudget(tokens);
      expect(rank(effort)).toBeGreaterThanOrEqual(rank(last));
      last = effort;
    }
    expect(last).toBe("max");
  });

  test("reads each step back as itself; minimal and low are one step, as they are Google's", () => {
    for (const effort of EFFORTS) {
      expect(effortOfBudget(budgetOfEffort(effort))).toBe(effort === "minimal" ? "low" : effort);
    }
  });

  test.each([
    [0, "none"],
    [1, "low"],
    [1_024, "low"],
    [4_000, "low"],
    [8_000, "medium"],
    [10_000, "medium"],
    [16_000, "medium"],
    [20_000, "high"],
    [31_999, "high"],
    [48_000, "xhigh"],
    [128_000, "max"],
  ] as const)("takes a budget of %d for %s", (tokens, effort) => {
    expect(effortOfBudget(tokens)).toBe(effort);
  });
});

test.each([
  [null, null, null],
  [{ effort: null, budgetTokens: null }, null, null],
  [{ effort: null, budgetTokens: -1 }, null, -1],
  [{ effort: null, budgetTokens: 0 }, "none", 0],
  [{ effort: null, budgetTokens: 9_000 }, "medium", 9_000],
  [{ effort: "max", budgetTokens: 9_000 }, "max", 9_000],
  [{ effort: "none", budgetTokens: 9_000 }, "none", 0],
  [{ effort: "high", budgetTokens: null }, "high", 24_576],
] as const)("%j is wanted as %p and %p tokens", (wish, effort, tokens) => {
  const reasoning = wish === null ? null : { ...wish, visible: null };
  expect([wantedEffort(reasoning), wantedBudget(reasoning)]).toEqual([effort, tokens]);
});

describe("an effort that is not known", () => {
  const some: readonly Effort[] = ["none", "low", "high"];
  test.each([
    [null, null, null],
    ["none", "none", "none"],
    ["minimal", "low", "low"],
    ["medium", "low", "high"],
    ["max", "high", "high"],
  ] as const)("%p becomes a neighbour", (wanted, lower, higher) => {
    expect([fitEffort(wanted, some), fitEffort(wanted, some, "higher")]).toEqual([lower, higher]);
  });

  test("is the least one where there is no none, and nothing where nothing is known", () => {
    expect(fitEffort("none", ["medium", "high"])).toBe("medium");
    expect(fitEffort("none", ["medium", "high"], "higher")).toBe("medium");
    expect(fitEffort("high", [])).toBeNull();
    expect(fitEffort("high", ["none"], "higher")).toBeNull();
  });
});
