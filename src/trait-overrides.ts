import "./lib/zod-config.ts";
import * as z from "zod/mini";
import { EFFORTS } from "./llm/request.ts";
import { THINKING_STYLES } from "./llm/traits.ts";

const effortList = z.array(z.enum(EFFORTS)).check(
  z.maxLength(EFFORTS.length),
  z.refine((efforts) => new Set(efforts).size === efforts.length, "names an effort twice"),
);

/**
 * What a person knows better than the table of models (providers/traits.ts) about the model behind a target. What is absent stays as
 * the table says. The configuration file, the database and GraphQL read this schema.
 */
export const traitOverridesSchema = z.strictObject({
  thinking: z
    .optional(z.enum(THINKING_STYLES))
    .check(z.describe("How thinking is asked for; none: it has none, or nobody knows how to ask")),
  sampling: z.optional(z.boolean()).check(z.describe("temperature, top_p and top_k are taken")),
  toolsNeedResponses: z
    .optional(z.boolean())
    .check(z.describe("Function tools go to /responses, because chat completions refuse them (OpenAI)")),
  maxOutputTokens: z
    .optional(z.int().check(z.gte(1), z.lte(1_000_000_000)))
    .check(z.describe("The most it gives; asked for where the format demands a number")),
  efforts: z.optional(effortList).check(z.describe("The efforts it understands")),
  structuredOutput: z.optional(z.boolean()).check(z.describe("A JSON schema for the answer is taken")),
});

export type TraitOverrides = z.infer<typeof traitOverridesSchema>;
