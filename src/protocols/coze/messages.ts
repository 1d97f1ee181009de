import type { InputPart, LlmRequest, MediaPart, OutputPart, TextPart, ToolResult } from "../../llm/request.ts";
import type { UpstreamTarget } from "../codec.ts";
import { documentText } from "../document-text.ts";
import { refuseMedia } from "../unsupported.ts";

/**
 * `EnterMessage` of @coze/api. `type` is given because the two that are (question with role user, answer with role assistant)
 * are those that both settings of auto_save_history take (docs.coze.cn/developer_guides_message_type).
 */
export interface CozeMessage {
  readonly role: "user" | "assistant";
  readonly type: "question" | "answer";
  readonly content: string;
  readonly content_type: "text" | "object_string";
}

/** `ObjectStringItem` of @coze/api, by URL only: file ids belong to uploads of the vendor that made them. */
type ObjectItem =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: MediaPart["type"]; readonly file_url: string };

/**
 * The conversation as Coze takes it: users and assistants, text and files by URL. System texts stand before the next user
 * message, since there is no such role. Calls and results of tools are told as text: message types for them exist, but not
 * together with auto_save_history, which the next call needs (docs.coze.cn … chat_submit_tool_outputs).
 */
export function encodeMessages(request: LlmRequest, target: UpstreamTarget): CozeMessage[] {
  const messages: CozeMessage[] = [];
  let system: readonly TextPart[] = request.system;
  for (const message of request.messages) {
    switch (message.role) {
      case "system":
      case "developer":
        system = [...system, ...message.parts];
        break;
      case "user":
        messages.push(userMessage(system, message.parts, target));
        system = [];
        break;
      case "assistant": {
        const content = assistantText(message.parts, target);
        if (content !== "") messages.push({ role: "assistant", type: "answer", content, content_type: "text" });
        break;
      }
      case "tool":
        messages.push(textMessage(message.results.map((result) => resultText(result, target)).join("\n\n")));
    }
  }
  if (system.length > 0) messages.push(textMessage(joinTexts(system)));
  return messages;
}

function userMessage(system: readonly TextPart[], parts: readonly InputPart[], target: UpstreamTarget): CozeMessage {
  const texts: string[] = [];
  const items: ObjectItem[] = [];
  for (const part of parts) {
    if (part.type === "text") texts.push(part.text);
    else if (part.source.kind === "text") texts.push(documentText(part.name, part.source.text));
    else items.push({ type: part.type, file_url: publicUrl(part, target) });
  }
  const lead = joinTexts(system);
  const text = [...(lead === "" ? [] : [lead]), texts.join("\n")].filter((each) => each !== "").join("\n\n");
  if (items.length === 0) return textMessage(text);
  // An object_string holds at most one text beside its files (docs.coze.cn/developer_guides_chat_v3).
  const content = JSON.stringify(text === "" ? items : [{ type: "text", text }, ...items]);
  return { role: "user", type: "question", content, content_type: "object_string" };
}

function textMessage(content: string): CozeMessage {
  return { role: "user", type: "question", content, content_type: "text" };
}

function joinTexts(parts: readonly TextPart[]): string {
  return parts
    .map((part) => part.text)
    .filter((text) => text !== "")
    .join("\n\n");
}

/** Coze fetches files itself; bytes would have to be uploaded first, with the same key. */
function publicUrl(part: MediaPart, target: UpstreamTarget): string {
  const { source } = part;
  if (source.kind === "url" && /^https?:\/\//i.test(source.url)) return source.url;
  const what = source.kind === "file_id" ? "ids of uploaded files" : "embedded files (data: URLs, base64)";
  throw refuseMedia(target, part, `Coze takes images and files by an http(s) URL only, no ${what}.`);
}

/** Reasoning stays out: Coze has no place for it, and it is no part of the answer. */
function assistantText(parts: readonly OutputPart[], target: UpstreamTarget): string {
  const texts: string[] = [];
  for (const part of parts) {
    if (part.type === "text" || part.type === "refusal") texts.push(part.text);
    else if (part.type === "tool_call") texts.push(`[Called ${part.name} with ${part.arguments}]`);
    else if (part.type !== "reasoning") texts.push(publicUrl(part, target));
  }
  return texts.filter((text) => text !== "").join("\n");
}

function resultText(result: ToolResult, target: UpstreamTarget): string {
  const output = outputText(result, target);
  return `[Result of ${result.name ?? result.callId}]\n${output}`;
}

/** A tool's result as the one string that Coze takes; a failure says so. */
export function outputText({ parts, isError }: ToolResult, target: UpstreamTarget): string {
  const text = parts
    .map((part) => {
      if (part.type === "text") return part.text;
      return part.source.kind === "text" ? documentText(part.name, part.source.text) : publicUrl(part, target);
    })
    .join("\n");
  return isError ? `Error: ${text}` : text;
}
