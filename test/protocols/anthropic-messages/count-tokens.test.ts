import { expect, test } from "bun:test";
import { countTokens } from "../../../src/protocols/anthropic-messages/count-tokens.ts";

test("tokens are counted without max_tokens, and more words are more tokens", () => {
  const count = (content: string) => countTokens({ model: "m", messages: [{ role: "user", content }] }).input_tokens;
  expect(count("hello")).toBeWithin(5, 12);
  expect(count("hello world ".repeat(1000))).toBeWithin(1_800, 2_200);
});

test("what is no request is refused", () => {
  expect(() => countTokens({ model: "m" })).toThrow(expect.objectContaining({ status: 400, param: "messages" }));
});
