import type { ModelTraits as ModelTraitsValue } from "../src/llm/traits.ts";
import type { TraitOverrides } from "../src/trait-overrides.ts";
import { builder } from "./builder.ts";
import { ReasoningEffort, ThinkingStyle } from "./enums.ts";

const MEANING = {
  sampling: "temperature, top_p and top_k are taken; else they are left out.",
  toolsNeedResponses: "Function tools go to /responses, because chat completions refuse them (OpenAI).",
  maxOutputTokens: "The most it gives; asked for where the format demands a number and the client said none.",
  efforts: "The efforts it understands.",
  structuredOutput: "A JSON schema for the answer is taken.",
};

export const ModelTraits = builder.objectRef<ModelTraitsValue>("ModelTraits");
builder.objectType(ModelTraits, {
  description: "What a model takes and gives that its format alone does not tell; translation goes by it.",
  fields: (t) => ({
    thinking: t.expose("thinking", { type: ThinkingStyle }),
    sampling: t.exposeBoolean("sampling", { description: MEANING.sampling }),
    toolsNeedResponses: t.exposeBoolean("toolsNeedResponses", { description: MEANING.toolsNeedResponses }),
    maxOutputTokens: t.exposeInt("maxOutputTokens", { description: MEANING.maxOutputTokens }),
    efforts: t.field({
      type: [ReasoningEffort],
      description: MEANING.efforts,
      resolve: ({ efforts }) => [...efforts],
    }),
    structuredOutput: t.exposeBoolean("structuredOutput", { description: MEANING.structuredOutput }),
  }),
});

export const ModelTraitOverrides = builder.objectRef<TraitOverrides>("ModelTraitOverrides");
builder.objectType(ModelTraitOverrides, {
  description: "What a person set; null = as Sluice knows the model.",
  fields: (t) => ({
    thinking: t.expose("thinking", { type: ThinkingStyle, nullable: true }),
    sampling: t.exposeBoolean("sampling", { nullable: true }),
    toolsNeedResponses: t.exposeBoolean("toolsNeedResponses", { nullable: true }),
    maxOutputTokens: t.exposeInt("maxOutputTokens", { nullable: true }),
    efforts: t.expose("efforts", { type: [ReasoningEffort], nullable: true }),
    structuredOutput: t.exposeBoolean("structuredOutput", { nullable: true }),
  }),
});

export const ModelTraitsInput = builder.inputType("ModelTraitsInput", {
  description: "What stands here goes before what Sluice knows of the upstream's model; the rest stays.",
  fields: (t) => ({
    thinking: t.field({ type: ThinkingStyle }),
    sampling: t.boolean({ description: MEANING.sampling }),
    toolsNeedResponses: t.boolean({ description: MEANING.toolsNeedResponses }),
    maxOutputTokens: t.int({ description: MEANING.maxOutputTokens }),
    efforts: t.field({ type: [ReasoningEffort], description: MEANING.efforts }),
    structuredOutput: t.boolean({ description: MEANING.structuredOutput }),
  }),
});
