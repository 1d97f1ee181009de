import { z } from "zod";
import { EFFORTS } from "../../llm/request.ts";
import type { ChatParams } from "../../store/chat-types.ts";
import { definedOnly } from "../writes.ts";

const MAX_SCHEMA_CHARS = 100_000;

const jsonSchema = z
  .record(z.string(), z.unknown(), "A JSON Schema is an object.")
  .refine((schema) => JSON.stringify(schema).length <= MAX_SCHEMA_CHARS, "This JSON Schema is too large.");

const toolField = z.strictObject({
  name: z.string().regex(/^[\w.-]{1,64}$/, "A tool's name has 1 to 64 letters, digits, `_`, `-` and `.`."),
  description: z.string().max(10_000, "A tool's description has at most 10,000 characters.").nullish(),
  parameters: z.unknown().pipe(jsonSchema.nullish()).optional(),
});

const responseFormat = z.discriminatedUnion(
  "type",
  [
    z.strictObject({ type: z.enum(["text", "json_object"]) }),
    z.strictObject({
      type: z.literal("json_schema"),
      name: z.string().max(64, "A name has at most 64 characters.").nullable().default(null),
      description: z.string().max(10_000, "A description has at most 10,000 characters.").nullable().default(null),
      schema: jsonSchema,
      strict: z.boolean().nullable().default(null),
    }),
  ],
  "`type` is text, json_object or json_schema.",
);

const between = (low: number, high: number) =>
  z.number().min(low, `At least ${low}.`).max(high, `At most ${high}.`).nullish();

/** What may be said to a model beside the words; every field may be left out. */
export const chatParamsField = z
  .strictObject({
    temperature: between(0, 2),
    topP: between(0, 1),
    topK: z.int().min(1, "At least 1.").max(10_000, "At most 10,000.").nullish(),
    maxOutputTokens: z.int().min(1, "At least 1.").max(10_000_000, "At most 10,000,000.").nullish(),
    reasoningEffort: z.enum(EFFORTS).nullish(),
    stop: z
      .array(z.string().min(1, "A stop sequence is not empty.").max(500, "A stop sequence has at most 500 characters."))
      .max(16, "At most 16 stop sequences.")
      .nullish(),
    seed: z.int("A whole number is needed.").nullish(),
    frequencyPenalty: between(-2, 2),
    presencePenalty: between(-2, 2),
    verbosity: z.enum(["low", "medium", "high"]).nullish(),
    responseFormat: z.unknown().pipe(responseFormat.nullish()).optional(),
    tools: z.array(toolField, "Tools are a list.").max(128, "At most 128 tools.").nullish(),
    toolChoice: z.string().max(64, "`auto`, `none`, `required` or a tool's name.").nullish(),
  })
  .transform((params): ChatParams => {
    const said = Object.entries(definedOnly(params)).filter(([, value]) => value !== null);
    return Object.fromEntries(said) as ChatParams;
  });
