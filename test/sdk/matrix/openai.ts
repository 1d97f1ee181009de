import OpenAI from "openai";
import type { ChatCompletion, ChatCompletionMessageParam } from "openai/resources/chat/completions";
import type { Response, ResponseInput } from "openai/resources/responses/responses";
import { type Ask, type Library, type Reply, SCHEMA, TOOL, urlOf } from "./library.ts";

const clientFor = ({ origin, key }: Ask) => new OpenAI({ baseURL: `${origin}/v1`, apiKey: key, maxRetries: 0 });

/** `reasoning_content` is no field of OpenAI's, but of everybody who speaks its format. */
type Message = ChatCompletion["choices"][number]["message"] & { reasoning_content?: string };

export const openAiChat: Library = {
  name: "openai, chat completions",
  format: "openai-chat",
  modes: ["whole", "stream", "helper"],
  gaps: [
    { what: "reasoning", mode: "helper", why: "its helper keeps the last piece of fields that OpenAI does not have" },
  ],
  async ask(ask) {
    const client = clientFor(ask);
    const body = { model: ask.model, messages: chatMessages(ask), ...chatOptions(ask) };
    const streaming = { ...body, stream: true, stream_options: { include_usage: true } } as const;
    switch (ask.mode) {
      case "whole":
        return readCompletion(await client.chat.completions.create(body));
      case "helper": {
        const stream = client.chat.completions.stream(streaming);
        return readCompletion((await stream.finalChatCompletion()) as ChatCompletion);
      }
      case "stream": {
        const message: Message = { role: "assistant", content: "", refusal: null };
        const calls: { id: string; type: "function"; function: { name: string; arguments: string } }[] = [];
        let usage: ChatCompletion["usage"];
        for await (const chunk of await client.chat.completions.create(streaming)) {
          usage = chunk.usage ?? usage;
          const delta = chunk.choices[0]?.delta as (Partial<Message> & (typeof chunk.choices)[0]["delta"]) | undefined;
          message.content += delta?.content ?? "";
          message.reasoning_content = (message.reasoning_content ?? "") + (delta?.reasoning_content ?? "");
          for (const call of delta?.tool_calls ?? []) {
            const known = calls[call.index];
            if (known !== undefined) known.function.arguments += call.function?.arguments ?? "";
            else {
              const { name = "", arguments: args = "" } = call.function ?? {};
              calls[call.index] = { id: call.id ?? "", type: "function", function: { name, arguments: args } };
            }
          }
        }
        return readMessage({ ...message, ...(calls.length > 0 ? { tool_calls: calls } : {}) }, usage);
      }
    }
  },
};

function chatMessages({ prompt, image, after }: Ask): ChatCompletionMessageParam[] {
  const question: ChatCompletionMessageParam = {
    role: "user",
    content:
      image === undefined
        ? prompt
        : [
            { type: "text", text: prompt },
            { type: "image_url", image_url: { url: urlOf(image) } },
          ],
  };
  if (after === undefined) return [question];
  const results = after.reply.calls.map(
    ({ id }, at) => ({ role: "tool", tool_call_id: id, content: after.results[at]! }) as const,
  );
  return [question, after.reply.echo as ChatCompletionMessageParam, ...results];
}

function chatOptions({ hasTools, isStructured, thinks }: Ask) {
  return {
    ...(hasTools ? { tools: [{ type: "function" as const, function: TOOL as never }] } : {}),
    ...(isStructured
      ? {
          response_format: {
            type: "json_schema" as const,
            json_schema: { name: "weather", schema: SCHEMA as never, strict: true },
          },
        }
      : {}),
    ...(thinks ? { reasoning_effort: "low" as const } : {}),
  };
}

function readCompletion({ choices, usage }: ChatCompletion): Reply {
  return readMessage(choices[0]!.message, usage);
}

/** What stock applications send back: the fields of OpenAI's own typing, nothing else. */
function readMessage(message: Message, usage: ChatCompletion["usage"]): Reply {
  const { content, tool_calls: calls = [], reasoning_content: reasoning } = message;
  return {
    text: content ?? "",
    reasoning: reasoning ?? "",
    calls: calls.flatMap((call) =>
      call.type === "function"
        ? [{ id: call.id, name: call.function.name, args: JSON.parse(call.function.arguments) }]
        : [],
    ),
    usage: { input: usage?.prompt_tokens ?? 0, output: usage?.completion_tokens ?? 0 },
    echo: { role: "assistant", content, ...(calls.length > 0 ? { tool_calls: calls } : {}) },
  };
}

export const openAiResponses: Library = {
  name: "openai, responses",
  format: "openai-responses",
  modes: ["whole", "stream", "helper"],
  async ask(ask) {
    const client = clientFor(ask);
    const body = { model: ask.model, input: responseInput(ask), store: false, ...responseOptions(ask) };
    switch (ask.mode) {
      case "whole":
        return readResponse(await client.responses.create(body));
      case "helper":
        return readResponse((await client.responses.stream(body).finalResponse()) as Response);
      case "stream": {
        let response: Response | null = null;
        for await (const event of await client.responses.create({ ...body, stream: true })) {
          if ("response" in event) response = event.response as Response;
        }
        return readResponse(response!);
      }
    }
  },
};

function responseInput({ prompt, image, after }: Ask): ResponseInput {
  const picture =
    image === undefined ? [] : [{ type: "input_image", image_url: urlOf(image), detail: "auto" } as const];
  const question = { role: "user" as const, content: [{ type: "input_text" as const, text: prompt }, ...picture] };
  if (after === undefined) return [question];
  const results = after.reply.calls.map(
    ({ id }, at) => ({ type: "function_call_output", call_id: id, output: after.results[at]! }) as const,
  );
  return [question, ...(after.reply.echo as ResponseInput), ...results];
}

function responseOptions({ hasTools, isStructured, thinks }: Ask) {
  return {
    ...(hasTools ? { tools: [{ type: "function" as const, ...TOOL, strict: true } as never] } : {}),
    ...(isStructured
      ? { text: { format: { type: "json_schema" as const, name: "weather", schema: SCHEMA as never, strict: true } } }
      : {}),
    ...(thinks
      ? {
          reasoning: { effort: "low" as const, summary: "auto" as const },
          include: ["reasoning.encrypted_content" as const],
        }
      : {}),
  };
}

function readResponse(response: Response): Reply {
  const { output, usage, status, error } = response;
  // A failed response is no exception to this SDK (wire.md section 1): applications look at its status.
  if (status === "failed" || status === "in_progress") throw new Error(error?.message ?? `the response is ${status}`);
  return {
    text: output
      .flatMap((item) => (item.type === "message" ? item.content : []))
      .map((part) => (part.type === "output_text" ? part.text : ""))
      .join(""),
    reasoning: output
      .flatMap((item) => (item.type === "reasoning" ? item.summary : []))
      .map(({ text }) => text)
      .join(""),
    calls: output.flatMap((item) =>
      item.type === "function_call" ? [{ id: item.call_id, name: item.name, args: JSON.parse(item.arguments) }] : [],
    ),
    usage: { input: usage?.input_tokens ?? 0, output: usage?.output_tokens ?? 0 },
    echo: output.map((item) => (item.type === "function_call" ? withoutParsed(item) : item)),
  };
}

/** The helper adds what it parsed, which is no part of the API. */
function withoutParsed(item: object): object {
  const { parsed_arguments: _parsed, ...rest } = item as { parsed_arguments?: unknown };
  return rest;
}
