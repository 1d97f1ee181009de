import { expect, test } from "bun:test";
import { Secret } from "../../src/lib/secret.ts";
import { secretsIn } from "./canary.ts";

test("a secret that the program has worked with is found wherever it stands", () => {
  const secret = "sk-canary-of-the-canary-0123456789";
  expect(secretsIn(`{"text":"${secret}"}`)).toEqual([]);
  new Secret(secret).reveal();
  expect(secretsIn(`{"text":"${secret}"}`)).toEqual(["sk-…6789"]);
  expect(secretsIn("sk-canary-of-the-canary-…")).toEqual([]);
});
