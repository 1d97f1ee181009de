import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, jsonSchema, type LanguageModel, type ModelMessage, Output, streamText, tool } from "ai";
import type { ProtocolId } from "../../../src/llm/names.ts";
import { type Ask, type Gap, type Library, type Reply, SCHEMA, TOOL } from "./library.ts";

interface Provider {
  readonly name: string;
  readonly format: ProtocolId;
  readonly model: (ask: Ask) => LanguageModel;
  readonly gaps?: readonly Gap[];
}

const DOWNLOADS: Gap = { what: "a picture's address", why: "it fetches the picture itself and sends its bytes" };

/** The Vercel AI SDK: one face over providers that each speak their vendor's format. */
const PROVIDERS: readonly Provider[] = [
  {
    name: "@ai-sdk/openai, responses",
    format: "openai-responses",
    model: ({ origin, key, model }) => createOpenAI({ baseURL: `${origin}/v1`, apiKey: key })(model),
    gaps: [{ what: "signature", wire: "openai-responses", why: "it refers to the items that OpenAI has stored" }],
  },
  {
    name: "@ai-sdk/openai, chat",
    format: "openai-chat",
    model: ({ origin, key, model }) => createOpenAI({ baseURL: `${origin}/v1`, apiKey: key }).chat(model),
    gaps: [{ what: "reasoning", why: "OpenAI's own chat completions have none" }],
  },
  {
    name: "@ai-sdk/openai-compatible",
    format: "openai-chat",
    model: ({ origin, key, model }) =>
      createOpenAICompatible({
        name: "sluice",
        baseURL: `${origin}/v1`,
        apiKey: key,
        includeUsage: true,
        supportsStructuredOutputs: true,
      })(model),
    gaps: [DOWNLOADS],
  },
  {
    name: "@ai-sdk/anthropic",
    format: "anthropic-messages",
    model: ({ origin, key, model }) => createAnthropic({ baseURL: `${origin}/v1`, apiKey: key })(model),
  },
  {
    name: "@ai-sdk/google",
    format: "gemini",
    model: ({ origin, key, model }) => createGoogleGenerativeAI({ baseURL: `${origin}/v1beta`, apiKey: key })(model),
    gaps: [DOWNLOADS],
  },
];

export const aiSdk: readonly Library[] = PROVIDERS.map(({ model, ...rest }) => ({
  ...rest,
  modes: ["whole", "stream"],
  ask: async (ask) => {
    const options = { model: model(ask), messages: messagesOf(ask), maxRetries: 0, ...optionsOf(ask) };
    if (ask.mode === "whole") return read(await generateText(options));
    const result = streamText({ ...options, onError: () => {} });
    for await (const part of result.fullStream) {
      if (part.type === "error") throw part.error instanceof Error ? part.error : new Error(JSON.stringify(part.error));
    }
    return read({
      text: await result.text,
      reasoningText: await result.reasoningText,
      toolCalls: await result.toolCalls,
      usage: await result.usage,
      response: await result.response,
    });
  },
}));

function messagesOf({ prompt, image, after }: Ask): ModelMessage[] {
  const picture =
    image === undefined
      ? []
      : [
          "url" in image
            ? { type: "image" as const, image: new URL(image.url) }
            : { type: "image" as const, image: image.base64, mediaType: image.mediaType },
        ];
  const question: ModelMessage = { role: "user", content: [{ type: "text", text: prompt }, ...picture] };
  if (after === undefined) return [question];
  const content = after.reply.calls.map(({ id, name }, at) => ({
    type: "tool-result" as const,
    toolCallId: id,
    toolName: name,
    output: { type: "text" as const, value: after.results[at]! },
  }));
  return [question, ...(after.reply.echo as ModelMessage[]), { role: "tool", content }];
}

function optionsOf({ hasTools, isStructured, thinks }: Ask) {
  const { name, description, parameters } = TOOL;
  return {
    ...(hasTools ? { tools: { [name]: tool({ description, inputSchema: jsonSchema(parameters as never) }) } } : {}),
    ...(isStructured ? { output: Output.object({ schema: jsonSchema(SCHEMA as never) }) } : {}),
    ...(thinks ? { reasoning: "low" as const } : {}),
  };
}

interface Result {
  readonly text: string;
  readonly reasoningText: string | undefined;
  readonly toolCalls: readonly { readonly toolCallId: string; readonly toolName: string; readonly input: unknown }[];
  readonly usage: { readonly inputTokens: number | undefined; readonly outputTokens: number | undefined };
  readonly response: { readonly messages: unknown };
}

function read({ text, reasoningText, toolCalls, usage, response }: Result): Reply {
  return {
    text,
    reasoning: reasoningText ?? "",
    calls: toolCalls.map(({ toolCallId, toolName, input }) => ({ id: toolCallId, name: toolName, args: input })),
    usage: { input: usage.inputTokens ?? 0, output: usage.outputTokens ?? 0 },
    echo: response.messages,
  };
}
