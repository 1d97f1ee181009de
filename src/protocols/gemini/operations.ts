import { utf8 } from "../../lib/bytes.ts";
import { textTokens } from "../../llm/estimate-tokens.ts";
import { NO_USAGE, type Usage } from "../../llm/usage.ts";
import type { OperationAnswer, OperationEncoder } from "../operation.ts";
import {
  embedContentFromOpenAi,
  embedContentToOpenAi,
  embeddingsFromGemini,
  embeddingsToGemini,
} from "./openai-embeddings.ts";
import { imagesFromGemini, imagesToGemini } from "./openai-images.ts";
import { speechFromGemini, speechToGemini } from "./openai-speech.ts";

/** OpenAI's /v1/embeddings on Gemini. */
export const embeddingsOnGemini: OperationEncoder = (body, { model, requestedModel }) => {
  const { texts, format, ...asked } = embeddingsToGemini(body, model);
  return {
    endpoint: "gemini.batchEmbedContents",
    ...asked,
    estimateUsage: () => inputOf(texts),
    readAnswer: (answer, usage) => {
      const promptTokens = usage?.inputTokens ?? 0;
      return jsonAnswer(
        embeddingsFromGemini(answer, { model: requestedModel, format, promptTokens, count: texts.length }),
      );
    },
  };
};

/** OpenAI's /v1/audio/speech on Gemini's speech models. */
export const speechOnGemini: OperationEncoder = (body, { model }) => {
  const { format, ...asked } = speechToGemini(body, model);
  return {
    endpoint: "gemini.generateContent",
    ...asked,
    estimateUsage: () => null,
    readAnswer: (answer) => speechFromGemini(answer, format),
  };
};

/** OpenAI's /v1/images/generations on Gemini's picture models, or on Imagen. */
export const imagesOnGemini: OperationEncoder = (body, { model, createdAtMs }) => {
  const { verb, ...asked } = imagesToGemini(body, model);
  return {
    endpoint: `gemini.${verb}`,
    ...asked,
    estimateUsage: () => null,
    readAnswer: (answer) => jsonAnswer(imagesFromGemini(answer, verb, createdAtMs)),
  };
};

/** Gemini's :embedContent and :batchEmbedContents on OpenAI's /v1/embeddings. */
export function embedContentOnOpenAi(verb: "embedContent" | "batchEmbedContents"): OperationEncoder {
  return (body, { model }) => {
    const { texts, ...asked } = embedContentToOpenAi(body, model);
    return {
      endpoint: "embeddings",
      ...asked,
      estimateUsage: () => inputOf(texts),
      readAnswer: (answer) => jsonAnswer(embedContentFromOpenAi(answer, verb, texts.length)),
    };
  };
}

/** The caller's texts as a tokenizer would count them, roughly (llm/estimate-tokens). */
function inputOf(texts: readonly string[]): Usage {
  return { ...NO_USAGE, inputTokens: Math.ceil(texts.reduce((sum, text) => sum + textTokens(text), 0)) };
}

function jsonAnswer(value: unknown): OperationAnswer {
  return { bytes: utf8(JSON.stringify(value)), contentType: "application/json" };
}
