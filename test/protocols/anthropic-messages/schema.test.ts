import { expect, test } from "bun:test";
import { compilableSchema } from "../../../src/protocols/anthropic-messages/schema.ts";
import type { Json } from "./fixture.ts";

const ANYTHING = { anyOf: [{ type: "string" }, { type: "number" }, { type: "boolean" }, { type: "null" }] };

const cases: [string, unknown, Json][] = [
  [
    "objects are closed, down to the last",
    {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      title: "T",
      properties: {
        a: { type: "object", additionalProperties: true },
        b: { type: "array", items: { type: "object" } },
      },
      required: ["a"],
    },
    {
      type: "object",
      title: "T",
      properties: {
        a: { type: "object", properties: {}, additionalProperties: false },
        b: { type: "array", items: { type: "object", properties: {}, additionalProperties: false } },
      },
      required: ["a"],
      additionalProperties: false,
    },
  ],
  [
    "a refused keyword moves into the description",
    { type: "integer", minimum: 0, maximum: 9, description: "age" },
    { type: "integer", description: "age\n\n{minimum: 0, maximum: 9}" },
  ],
  [
    "a map of values is told in words",
    { type: "object", additionalProperties: { type: "number" } },
    {
      type: "object",
      properties: {},
      additionalProperties: false,
      description: '{additionalProperties: {"type":"number"}}',
    },
  ],
  [
    "oneOf is anyOf",
    { oneOf: [{ type: "string" }, { type: "null" }] },
    { anyOf: [{ type: "string" }, { type: "null" }] },
  ],
  [
    "anyOf stays",
    { anyOf: [{ type: "string", minLength: 1 }] },
    { anyOf: [{ type: "string", description: "{minLength: 1}" }] },
  ],
  [
    "allOf stays",
    { allOf: [{ type: "object" }] },
    { allOf: [{ type: "object", properties: {}, additionalProperties: false }] },
  ],
  [
    "a second union is told in words",
    { anyOf: [{ type: "string" }], oneOf: [{ type: "null" }] },
    { anyOf: [{ type: "string" }], description: '{oneOf: [{"type":"null"}]}' },
  ],
  ["an enum says its type itself", { type: "string", enum: ["a", null] }, { enum: ["a", null] }],
  ["a constant too", { const: 3, type: "integer" }, { const: 3 }],
  [
    "an enum of objects is told in words",
    { type: "object", enum: [{}] },
    { type: "object", properties: {}, additionalProperties: false, description: "{enum: [{}]}" },
  ],
  [
    "a reference keeps the definitions beside it",
    { $ref: "#/$defs/n", $defs: { n: { type: "object" } }, definitions: { m: { type: "string" } } },
    {
      $ref: "#/$defs/n",
      $defs: { n: { type: "object", properties: {}, additionalProperties: false } },
      definitions: { m: { type: "string" } },
    },
  ],
  ["a known format stays", { type: "string", format: "date-time" }, { type: "string", format: "date-time" }],
  ["an unknown one is told", { type: "string", format: "iban" }, { type: "string", description: '{format: "iban"}' }],
  [
    "one item at least stays",
    { type: "array", minItems: 1, items: true },
    { type: "array", minItems: 1, items: ANYTHING },
  ],
  ["more is told", { type: "array", minItems: 2 }, { type: "array", description: "{minItems: 2}" }],
  [
    "several types keep what each needs",
    { type: ["object", "null"], properties: {} },
    { type: ["object", "null"], properties: {}, additionalProperties: false },
  ],
  ["properties say object", { properties: {} }, { type: "object", properties: {}, additionalProperties: false }],
  ["items say array", { items: { type: "null" } }, { type: "array", items: { type: "null" } }],
  ["anything is every plain type", {}, ANYTHING],
  ["so is anything with words", { description: "d" }, { ...ANYTHING, description: "d" }],
];

test.each(cases)("%s", (_what, schema, reduced) => {
  const before = JSON.stringify(schema);
  expect(compilableSchema(schema)).toEqual(reduced);
  expect(JSON.stringify(schema)).toBe(before);
  // What was reduced once is not reduced again.
  expect(compilableSchema(reduced)).toEqual(reduced);
});
