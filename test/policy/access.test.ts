import { describe, expect, test } from "bun:test";
import { checkClient, mayUseModel } from "../../src/policy/access.ts";
import { cpuMs } from "../support/timing.ts";

describe("a client key", () => {
  const NOW = 1_000;
  test("may call while it is enabled and not expired", () => {
    expect(checkClient({ enabled: true, expiresAt: null }, NOW)).toBeNull();
    expect(checkClient({ enabled: true, expiresAt: NOW + 1 }, NOW)).toBeNull();
  });
  test("ends at the very instant of its expiry", () => {
    expect(checkClient({ enabled: true, expiresAt: NOW }, NOW)).toBe("expired");
  });
  test("that was switched off is called disabled, expired or not", () => {
    expect(checkClient({ enabled: false, expiresAt: null }, NOW)).toBe("disabled");
    expect(checkClient({ enabled: false, expiresAt: 1 }, NOW)).toBe("disabled");
  });
});

describe("a model scope", () => {
  test("that is empty allows everything", () => {
    expect(mayUseModel([], "anything")).toBe(true);
  });

  const table: [pattern: string, name: string, allowed: boolean][] = [
    ["gpt-4.1", "gpt-4.1", true],
    ["gpt-4.1", "gpt-4.1-mini", false],
    ["gpt-4.1", "gpt-4x1", false],
    ["gpt-4.1", "GPT-4.1", false],
    ["*", "", true],
    ["*", "anything/at:all", true],
    ["gpt-4*", "gpt-4", true],
    ["gpt-4*", "gpt-4.1-mini", true],
    ["gpt-4*", "xgpt-4", false],
    ["*-mini", "gpt-4.1-mini", true],
    ["*-mini", "gpt-4.1-mini-2", false],
    ["openai/*", "openai/gpt-4.1", true],
    ["openai/*", "azure/openai/x", false],
    ["*/gpt-*-mini", "openai/gpt-4.1-mini", true],
    ["*/gpt-*-mini", "openai/gpt-mini", false],
    ["a*a", "a", false],
    ["a*a", "aa", true],
    ["a*b*c", "abc", true],
    ["a*b*c", "a-b-b-c", true],
    ["a*b*c", "acb", false],
    ["a*bc*c", "abc", false],
    ["**", "x", true],
    ["a**b", "ab", true],
    ["gpt-?", "gpt-4", false],
    ["gpt-(4|5)*", "gpt-4", false],
    ["[a-z]*", "gpt", false],
    ["*.*", "gpt-4.1", true],
    ["*.*", "gpt-4", false],
  ];
  for (const [pattern, name, allowed] of table) {
    test(`"${pattern}" ${allowed ? "allows" : "refuses"} "${name}"`, () => {
      expect(mayUseModel([pattern], name)).toBe(allowed);
      expect(mayUseModel(["something-else", pattern], name)).toBe(allowed);
    });
  }

  test("agrees with a regular expression on 20,000 random pairs", () => {
    const letters = ["a", "b", "*"];
    for (let index = 0; index < 20_000; index++) {
      const pattern = Array.from(
        { length: 1 + (index % 6) },
        (_, at) => letters[(index * 7 + at * 13 + (index >> at)) % 3],
      ).join("");
      const name = Array.from(
        { length: index % 7 },
        (_, at) => letters[(index * 5 + at * 11 + (index >> at)) % 2],
      ).join("");
      const oracle = new RegExp(`^${pattern.replaceAll("*", ".*")}$`).test(name);
      expect(`${pattern} ${name} ${mayUseModel([pattern], name)}`).toBe(`${pattern} ${name} ${oracle}`);
    }
  });

  test("cannot be blown up by a pattern: 2,000 stars on 100,000 characters", () => {
    const spentMs = cpuMs(() => {
      mayUseModel([`${"a*".repeat(2000)}b`], "a".repeat(100_000));
      mayUseModel(["*a".repeat(2000)], "a".repeat(100_000));
    });
    expect(spentMs).toBeLessThan(100);
  });
});
