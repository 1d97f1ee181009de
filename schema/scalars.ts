import { GraphQLError } from "graphql";
import { builder } from "./builder.ts";

// Refusals never repeat the value: it may be a secret in the wrong field.
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/;

builder.scalarType("DateTime", {
  description: "ISO 8601 instant, always UTC, millisecond precision.",
  serialize: (ms) => new Date(Math.floor(ms)).toISOString(),
  parseValue: (value) => {
    const ms = typeof value === "string" && INSTANT.test(value) ? Date.parse(value) : Number.NaN;
    if (Number.isNaN(ms)) throw new GraphQLError("DateTime is an ISO 8601 instant with a zone.");
    return ms;
  },
});

builder.scalarType("Decimal", {
  description:
    'Exact decimal as a JSON string ("0.004215"). Money is US dollars; prices are US dollars per million tokens.',
  serialize: (text) => text,
  parseValue: (value) => {
    if (typeof value !== "string" || !/^-?\d{1,15}(\.\d{1,12})?$/.test(value)) {
      throw new GraphQLError("Decimal is a string of digits with at most one point.");
    }
    return value;
  },
});

builder.scalarType("Long", {
  description: "Integer up to 2^53-1 as a JSON number: token and request totals outgrow Int's 32 bits.",
  serialize: (value) => Math.round(value),
  parseValue: (value) => {
    if (!Number.isSafeInteger(value)) throw new GraphQLError("Long is an integer of at most 53 bits.");
    return value as number;
  },
});

builder.scalarType("JSON", { description: "Any JSON value.", serialize: (value) => value });
