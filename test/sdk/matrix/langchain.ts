import { ChatAnthropic } from "@langchain/anthropic";
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import {
  type AIMessage,
  type AIMessageChunk,
  type BaseMessage,
  HumanMessage,
  ToolMessage,
} from "@langchain/core/messages";
import { ChatGoogleGenerativeAI } from "@langchain/google-genai";
import { ChatOpenAI } from "@langchain/openai";
import type { ProtocolId } from "../../../src/llm/names.ts";
import { type Ask, type Gap, type Library, type Picture, type Reply, SCHEMA, TOOL, urlOf } from "./library.ts";

const asUrl: Integration["picture"] = (picture) => ({ type: "image_url", image_url: { url: urlOf(picture) } });

interface Integration {
  readonly name: string;
  readonly format: ProtocolId;
  readonly model: (ask: Ask) => BaseChatModel;
  readonly picture: (picture: Picture) => { readonly type: string; readonly [field: string]: unknown };
  readonly gaps?: readonly Gap[];
}

/** LangChain: one face over integrations, some of which embed older SDKs. */
const INTEGRATIONS: readonly Integration[] = [
  {
    name: "@langchain/openai, chat",
    format: "openai-chat",
    model: (ask) => openAi(ask, false),
    picture: asUrl,
    gaps: [{ what: "reasoning", why: "OpenAI's own chat completions have none" }],
  },
  {
    name: "@langchain/openai, responses",
    format: "openai-responses",
    model: (ask) => openAi(ask, true),
    picture: asUrl,
    gaps: [{ what: "a stream's error", why: "it passes over response.failed, OpenAI's own too" }],
  },
  {
    name: "@langchain/anthropic",
    format: "anthropic-messages",
    picture: asUrl,
    gaps: [{ what: "usage", mode: "stream", why: "it adds up message_start's counters and message_delta's" }],
    model: ({ origin, key, model, thinks }) =>
      new ChatAnthropic({
        model,
        apiKey: key,
        anthropicApiUrl: origin,
        maxRetries: 0,
        maxTokens: 4000,
        ...(thinks ? { thinking: { type: "enabled" as const, budget_tokens: 1024 } } : {}),
      }),
  },
  {
    name: "@langchain/google-genai",
    format: "gemini",
    picture: (picture) =>
      "url" in picture
        ? { type: "media", mimeType: "image/png", fileUri: picture.url }
        : { type: "media", mimeType: picture.mediaType, data: picture.base64 },
    gaps: [
      ...(["anthropic-messages", "openai-responses"] as const).map(
        (wire) =>
          ({
            what: "signature",
            mode: "stream",
            wire,
            why: "it drops thoughts without words and ids of calls",
          }) as const,
      ),
      { what: "usage", why: "it does not count thoughts" },
      { what: "a stream's error", why: "the SDK it embeds, @google/generative-ai 0.24, does not look for any" },
    ],
    model: ({ origin, key, model, thinks }) =>
      new ChatGoogleGenerativeAI({
        model,
        apiKey: key,
        baseUrl: origin,
        maxRetries: 0,
        ...(thinks ? { thinkingConfig: { includeThoughts: true, thinkingBudget: 1024 } } : {}),
      }),
  },
];

function openAi({ origin, key, model, thinks }: Ask, useResponsesApi: boolean): BaseChatModel {
  return new ChatOpenAI({
    model,
    apiKey: key,
    useResponsesApi,
    maxRetries: 0,
    configuration: { baseURL: `${origin}/v1` },
    ...(useResponsesApi ? { zdrEnabled: true } : {}),
    ...(thinks ? { reasoning: { effort: "low" as const, summary: "auto" as const } } : {}),
  });
}

export const langChain: readonly Library[] = INTEGRATIONS.map(({ model, ...rest }) => ({
  ...rest,
  modes: ["whole", "stream"],
  ask: async (ask) => {
    const bare = model(ask);
    const messages = messagesOf(ask, rest);
    if (ask.isStructured) return structured(bare, messages);
    const bound = ask.hasTools ? bare.bindTools!([{ type: "function", function: TOOL }]) : bare;
    if (ask.mode === "whole") return read((await bound.invoke(messages)) as AIMessage);
    let whole: AIMessageChunk | null = null;
    for await (const chunk of await bound.stream(messages)) {
      whole = whole === null ? (chunk as AIMessageChunk) : whole.concat(chunk as AIMessageChunk);
    }
    if (whole === null) throw new Error("the stream was empty");
    return read(whole);
  },
}));

async function structured(model: BaseChatModel, messages: BaseMessage[]): Promise<Reply> {
  const options = { name: "weather", method: "jsonSchema" as const, includeRaw: true as const };
  const { raw, parsed } = await model.withStructuredOutput(SCHEMA as never, options).invoke(messages);
  return { ...read(raw as AIMessage), text: JSON.stringify(parsed) };
}

function messagesOf({ prompt, image, after }: Ask, { picture: write }: Pick<Integration, "picture">): BaseMessage[] {
  const picture = image === undefined ? [] : [write(image)];
  const question = new HumanMessage({ content: [{ type: "text", text: prompt }, ...picture] });
  if (after === undefined) return [question];
  const results = after.reply.calls.map(
    ({ id, name }, at) => new ToolMessage({ tool_call_id: id, name, content: after.results[at]! }),
  );
  return [question, after.reply.echo as AIMessage, ...results];
}

function read(message: AIMessage | AIMessageChunk): Reply {
  const { usage_metadata: usage, tool_calls: calls = [] } = message;
  return {
    text: message.text,
    reasoning: reasoningOf(message),
    calls: calls.map(({ id, name, args }) => ({ id: id ?? "", name, args })),
    usage: { input: usage?.input_tokens ?? 0, output: usage?.output_tokens ?? 0 },
    echo: message,
  };
}

/** Standard blocks where the integration has them, else its own. */
function reasoningOf({ content, contentBlocks }: AIMessage | AIMessageChunk): string {
  const standard = contentBlocks.map((block) => (block.type === "reasoning" ? String(block.reasoning) : "")).join("");
  if (standard !== "" || typeof content === "string") return standard;
  return content.map((block) => (block.type === "thinking" ? String(block.thinking) : "")).join("");
}
