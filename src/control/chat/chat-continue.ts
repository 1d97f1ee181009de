import { newId } from "../../lib/id.ts";
import type { LlmRequest } from "../../llm/request.ts";
import type { ChatAttachment, ChatParams, ConversationRow, MessageRow, NewMessage } from "../../store/chat-types.ts";
import type { LogDetail } from "../../store/reports.ts";
import type { Control } from "../control.ts";
import type { Principal } from "../people/principal.ts";
import { type ExchangeMessage, type RequestExchange, readExchange } from "../requests/request-exchange.ts";
import { readDetail } from "../requests/request-logs.ts";
import { invalid, notFound, ok, type Result, refuse } from "../user-errors.ts";
import { ownerOf } from "./chat-owner.ts";
import { blank, titleFrom } from "./chat-rows.ts";

const MAX_MESSAGES = 2000;
const MAX_MEDIA_BYTES = 8 * 1_048_576;

/** Makes a conversation of one's own of what a client and a model said, as far as it was kept. */
export async function continueInChat(
  control: Control,
  principal: Principal,
  requestId: string,
): Promise<Result<ConversationRow>> {
  if (!principal.scopes.has("LOGS_CONTENT")) {
    return refuse(invalid("requestId", "This needs the scope LOGS_CONTENT.", "FORBIDDEN"));
  }
  const detail = await readDetail(control, requestId);
  if (detail === null) return refuse(notFound("requestId", "request", requestId));
  const exchange = readExchange(control, detail);
  if (exchange === null || exchange.request === null) {
    const message = "Nothing that can be continued was kept of this request.";
    return refuse(invalid("requestId", message, "CONFLICT"));
  }
  if (exchange.messages.length > MAX_MESSAGES) {
    return refuse(invalid("requestId", `At most ${MAX_MESSAGES} messages can be continued.`, "OUT_OF_RANGE"));
  }
  const id = newId("cnv");
  const createdBy = ownerOf(principal);
  const said = exchange.messages.filter(({ role }) => role !== "system");
  const conversation = await control.store.chats.addMessages(
    {
      id,
      values: {
        createdBy,
        title: titleFrom(said.find(({ role }) => role === "user")?.text ?? "", detail.requestedModel),
        pinned: false,
        systemPrompt: systemPromptOf(exchange),
        params: paramsOf(exchange.request),
      },
    },
    chain(id, said, { exchange, detail, now: control.now() }),
  );
  if (conversation === null) return refuse(notFound("requestId", "request", requestId));
  control.chats.note({ kind: "CREATED", conversationId: id, createdBy, messageId: null });
  return ok(conversation);
}

function systemPromptOf({ messages }: RequestExchange): string | null {
  const texts = messages.filter(({ role }) => role === "system").map(({ text }) => text);
  return texts.length === 0 ? null : texts.join("\n\n");
}

function paramsOf(request: LlmRequest): ChatParams {
  const { temperature, topP, topK, maxOutputTokens, seed, frequencyPenalty, presencePenalty, verbosity } = request;
  const { reasoning, responseFormat, stop, tools } = request;
  const plain = { temperature, topP, topK, maxOutputTokens, seed, frequencyPenalty, presencePenalty, verbosity };
  const said = {
    ...plain,
    responseFormat,
    reasoningEffort: reasoning?.effort ?? null,
    stop: stop.length === 0 ? null : stop,
    tools:
      tools.length === 0 ? null : tools.map(({ name, description, parameters }) => ({ name, description, parameters })),
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== null));
}

function chain(
  conversationId: string,
  said: readonly ExchangeMessage[],
  { exchange, detail, now }: { readonly exchange: RequestExchange; readonly detail: LogDetail; readonly now: number },
): NewMessage[] {
  let parentId: string | null = null;
  let room = MAX_MEDIA_BYTES;
  return said.map((message) => {
    const row: MessageRow = {
      ...blank(conversationId, parentId, now),
      role: message.role === "system" ? "user" : message.role,
      state: "done",
      text: message.text,
      reasoning: message.reasoning,
      toolCalls: message.toolCalls,
      toolResults: message.toolResults,
      layout: layoutOf(message),
      endedAt: now,
      ...(message === exchange.answer ? factsOf(detail) : {}),
    };
    parentId = row.id;
    const attachments = attachmentsOf(message).filter(({ bytes }) => {
      room -= bytes.length;
      return room >= 0;
    });
    return { row, attachments };
  });
}

/** Thoughts before words before calls: the order in which models answer. */
function layoutOf({ text, reasoning, toolCalls }: ExchangeMessage): MessageRow["layout"] {
  return [
    ["reasoning", reasoning.length] as const,
    ["text", text.length] as const,
    ...toolCalls.flatMap((call, index) => [
      ["call", 1, index] as const,
      ["arguments", call.arguments.length, index] as const,
    ]),
  ].filter(([, units]) => units > 0);
}

function factsOf({ id, requestedModel, protocol, clientKeyId, usage, costNanoUsd }: LogDetail) {
  return { requestId: id, model: requestedModel, format: protocol, clientKeyId, usage, costNanoUsd };
}

function attachmentsOf({ media }: ExchangeMessage): ChatAttachment[] {
  return media.flatMap(({ source, mediaType, name }) => {
    if (source.kind !== "data" || mediaType === null) return [];
    const bytes = Buffer.from(source.base64, "base64");
    return [{ name, mediaType, size: bytes.length, fileId: null, bytes }];
  });
}
