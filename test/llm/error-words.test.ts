import { expect, test } from "bun:test";
import { statusOfError } from "../../src/llm/error-words.ts";

test.each([
  [[429], 429],
  [["503"], 503],
  [[200, 399, 600, 4000, null, undefined, {}, ""], null],
  [["overloaded_error"], 529],
  [["model_overloaded"], 503],
  [["RESOURCE_EXHAUSTED"], 429],
  [["Rate_Limit_Reached"], 429],
  [["invalid_image_format"], 400],
  [["image_too_large", "server_error"], 400],
  [["unknown_word", "permission_error"], 403],
  [["some_invalid_thing", "authentication_error"], 401],
  [["some_invalid_thing"], 400],
  [["InternalServerError"], 500],
  [["payment_required"], 402],
  [["gateway_timeout"], 504],
  [["constructor", "toString"], null],
] as [unknown[], number | null][])("%j stands for %p", (signs, status) => {
  expect(statusOfError(signs)).toBe(status);
});
