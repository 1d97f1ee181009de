import Anthropic from "@anthropic-ai/sdk";
import type { ContentBlock, Message, MessageParam } from "@anthropic-ai/sdk/resources/messages";
import { type Ask, type Library, type Reply, SCHEMA, TOOL } from "./library.ts";

export const anthropic: Library = {
  name: "@anthropic-ai/sdk",
  format: "anthropic-messages",
  modes: ["whole", "stream", "helper"],
  async ask(ask) {
    const client = new Anthropic({ baseURL: ask.origin, apiKey: ask.key, maxRetries: 0 });
    const body = { model: ask.model, max_tokens: 4000, messages: messagesOf(ask), ...optionsOf(ask) };
    switch (ask.mode) {
      case "whole":
        return readMessage(await client.messages.create(body));
      case "helper":
        return readMessage(await client.messages.stream(body).finalMessage());
      case "stream":
        return readMessage(await assemble(await client.messages.create({ ...body, stream: true })));
    }
  },
};

function messagesOf({ prompt, image, after }: Ask): MessageParam[] {
  const picture =
    image === undefined
      ? []
      : [
          {
            type: "image" as const,
            source:
              "url" in image
                ? { type: "url" as const, url: image.url }
                : { type: "base64" as const, media_type: image.mediaType as "image/png", data: image.base64 },
          },
        ];
  const question: MessageParam = { role: "user", content: [...picture, { type: "text", text: prompt }] };
  if (after === undefined) return [question];
  const content = after.reply.calls.map(
    ({ id }, at) => ({ type: "tool_result", tool_use_id: id, content: after.results[at]! }) as const,
  );
  return [question, { role: "assistant", content: after.reply.echo as ContentBlock[] }, { role: "user", content }];
}

function optionsOf({ hasTools, isStructured, thinks }: Ask) {
  const config = {
    ...(isStructured ? { format: { type: "json_schema" as const, schema: SCHEMA as never } } : {}),
    ...(thinks ? { effort: "low" as const } : {}),
  };
  return {
    ...(hasTools
      ? { tools: [{ name: TOOL.name, description: TOOL.description, input_schema: TOOL.parameters as never }] }
      : {}),
    ...(thinks ? { thinking: { type: "adaptive" as const, display: "summarized" as const } } : {}),
    ...(isStructured || thinks ? { output_config: config } : {}),
  };
}

/** By hand, as programs do that want each piece. */
async function assemble(events: AsyncIterable<Anthropic.RawMessageStreamEvent>): Promise<Message> {
  let message: Message | null = null;
  const inputs = new Map<number, string>();
  for await (const event of events) {
    if (event.type === "message_start") message = event.message;
    if (message === null) throw new Error("the stream does not begin with its message");
    if (event.type === "content_block_start") message.content[event.index] = event.content_block;
    if (event.type === "message_delta") {
      Object.assign(message, event.delta);
      message.usage.input_tokens = event.usage.input_tokens ?? message.usage.input_tokens;
      message.usage.cache_read_input_tokens =
        event.usage.cache_read_input_tokens ?? message.usage.cache_read_input_tokens;
      message.usage.output_tokens = event.usage.output_tokens;
    }
    if (event.type !== "content_block_delta") continue;
    const block = message.content[event.index]!;
    const { delta } = event;
    if (delta.type === "text_delta" && block.type === "text") block.text += delta.text;
    else if (delta.type === "thinking_delta" && block.type === "thinking") block.thinking += delta.thinking;
    else if (delta.type === "signature_delta" && block.type === "thinking") block.signature = delta.signature;
    else if (delta.type === "input_json_delta" && block.type === "tool_use") {
      inputs.set(event.index, (inputs.get(event.index) ?? "") + delta.partial_json);
    } else throw new Error(`${delta.type} in a block of type ${block.type}`);
  }
  for (const [index, input] of inputs) {
    const block = message!.content[index]!;
    if (block.type === "tool_use") block.input = JSON.parse(input === "" ? "{}" : input);
  }
  return message!;
}

function readMessage({ content, usage }: Message): Reply {
  const joined = (type: string, field: string) =>
    content.map((block) => (block.type === type ? (block as unknown as Record<string, string>)[field] : "")).join("");
  return {
    text: joined("text", "text"),
    reasoning: joined("thinking", "thinking"),
    calls: content.flatMap((block) =>
      block.type === "tool_use" ? [{ id: block.id, name: block.name, args: block.input }] : [],
    ),
    usage: {
      input: usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0),
      output: usage.output_tokens,
    },
    echo: content,
  };
}
