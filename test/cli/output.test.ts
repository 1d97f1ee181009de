import { expect, test } from "bun:test";
import { align, show } from "../../src/cli/output.ts";

test("columns are as wide as their longest cell, numbers stand to the right", () => {
  expect(
    align([
      ["model", "requests"],
      ["gpt", 5],
      ["模型", 12_345],
      ["x", null],
    ]),
  ).toEqual(["model  requests", "gpt           5", "模型     12,345", "x             -"]);
});

test("what others wrote cannot move the cursor", () => {
  expect(show("a\u001b[31mb\nc\u202e")).toBe("a [31mb c ");
});
