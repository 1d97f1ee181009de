import { GatewayError } from "../../errors.ts";
import { withResultNames } from "../../llm/pairing.ts";
import type { InputPart, LlmRequest, MediaPart, OutputPart, TextPart, ToolResult } from "../../llm/request.ts";
import type { Signature } from "../../llm/signature.ts";
import { parseRecord } from "../answer.ts";
import type { UpstreamTarget } from "../codec.ts";
import { documentText } from "../document-text.ts";
import type { ToolNames } from "../tool-names.ts";
import { refuseMedia } from "../unsupported.ts";
import { isGemini3 } from "./generation.ts";
import { isGeminiFile, mediaTypeOf } from "./media.ts";

export type Part = Record<string, unknown>;
export interface Content {
  readonly role: "user" | "model";
  parts: Part[];
}

/** In place of a signature that nobody has any more; for a call of the current turn only (ai.google.dev thought-signatures). */
export const SKIP_SIGNATURE = "skip_thought_signature_validator";

/**
 * Messages as `contents`, in which user and model alternate. System texts within the conversation stay where they are, marked, for
 * `systemInstruction` stands before everything.
 */
export function encodeContents(request: LlmRequest, target: UpstreamTarget, names: ToolNames): Content[] {
  const contents: Content[] = [];
  const isStrict = isGemini3(target);
  const add = (role: Content["role"], parts: readonly Part[]) => {
    if (parts.length === 0) return;
    const last = contents.at(-1);
    if (last?.role === role) last.parts.push(...parts);
    else contents.push({ role, parts: [...parts] });
  };
  for (const message of withResultNames(request).messages) {
    switch (message.role) {
      case "system":
      case "developer":
        add("user", message.parts.flatMap(markedText));
        break;
      case "user":
        add(
          "user",
          message.parts.flatMap((part) => inputPart(part, target)),
        );
        break;
      case "assistant":
        add("model", outputParts(message.parts, { target, names, isStrict }));
        break;
      case "tool":
        for (const result of message.results) add("user", resultParts(result, { target, names, isStrict }));
        break;
    }
  }
  for (const content of contents) if (content.role === "user") content.parts = responsesFirst(content.parts);
  if (isStrict) signCurrentTurn(contents);
  return contents;
}

interface Writing {
  readonly target: UpstreamTarget;
  readonly names: ToolNames;
  readonly isStrict: boolean;
}

function markedText({ text }: TextPart): Part[] {
  return text === "" ? [] : [{ text: `<system>\n${text}\n</system>` }];
}

function inputPart(part: InputPart, target: UpstreamTarget): Part[] {
  if (part.type !== "text") return [mediaPart(part, target)];
  return part.text === "" ? [] : [{ text: part.text }]; // an empty text is a 400
}

function mediaPart(part: MediaPart, target: UpstreamTarget): Part {
  const { source } = part;
  const signature = signatureField(part.signature);
  switch (source.kind) {
    case "data":
      return { inlineData: { mimeType: mediaTypeOf(part), data: source.base64 }, ...signature };
    case "copy":
      return { fileData: { mimeType: mediaTypeOf(part), fileUri: source.reference }, ...signature };
    case "text":
      return { text: documentText(part.name, source.text) };
    case "url":
      // Gemini fetches public and signed HTTPS URLs itself (ai.google.dev file-input-methods). YouTube's have no type.
      if (/^https?:\/\/(?:www\.|m\.)?youtu(?:be\.com|\.be)\//.test(source.url))
        return { fileData: { fileUri: source.url } };
      return { fileData: { mimeType: mediaTypeOf(part), fileUri: source.url }, ...signature };
    case "file_id":
      if (!isGeminiFile(source.id)) {
        throw refuseMedia(target, part, "a file of another provider (file_id) cannot be read by Gemini.");
      }
      return { fileData: { fileUri: source.id, ...(part.mediaType === null ? {} : { mimeType: part.mediaType }) } };
  }
}

/**
 * A turn of the model. Formats whose calls and texts have no field for a signature carry it in a reasoning part before them (J02):
 * there it goes back to where Gemini had put it. Reasoning that Gemini did not sign is left out.
 */
function outputParts(parts: readonly OutputPart[], { target, names, isStrict }: Writing): Part[] {
  const out: Part[] = [];
  let lent: Part = {};
  parts.forEach((part, index) => {
    const borrowed = lent;
    lent = {};
    switch (part.type) {
      case "text": {
        const signature = { ...borrowed, ...signatureField(part.signature) };
        if (part.text !== "" || signature.thoughtSignature !== undefined) out.push({ text: part.text, ...signature });
        break;
      }
      case "refusal":
        if (part.text !== "") out.push({ text: part.text });
        break;
      case "reasoning": {
        if (part.signature?.vendor !== "gemini") break;
        const signature = signatureField(part.signature);
        const isLent = borrows(parts[index + 1], part.text);
        if (isLent) lent = signature;
        if (part.text !== "") out.push({ text: part.text, thought: true, ...(isLent ? {} : signature) });
        else if (!isLent) out.push({ text: "", ...signature });
        break;
      }
      case "tool_call": {
        const id = isStrict ? { id: part.id } : {};
        const functionCall = { ...id, name: names.toUpstream(part.name), args: argumentsOf(part.arguments) };
        out.push({ functionCall, ...borrowed, ...signatureField(part.signature) });
        break;
      }
      default:
        out.push(mediaPart(part, target));
    }
  });
  return out;
}

function borrows(next: OutputPart | undefined, thought: string): boolean {
  if (next?.type === "tool_call") return next.signature?.vendor !== "gemini";
  return thought === "" && next?.type === "text" && next.signature?.vendor !== "gemini";
}

function signatureField(signature: Signature | null | undefined): Part {
  return signature?.vendor === "gemini" ? { thoughtSignature: signature.value } : {};
}

/** `args` is an object. What a model once wrote and no parser reads must not lock the conversation: it goes as one text. */
function argumentsOf(text: string): Record<string, unknown> {
  if (text.trim() === "") return {};
  return parseRecord(text) ?? { arguments: text };
}

/** A result; pictures and documents stand inside it from Gemini 3 on, before that after it. */
function resultParts(result: ToolResult, { target, names, isStrict }: Writing): Part[] {
  if (result.name === null) {
    throw new GatewayError(
      "invalid_request",
      400,
      `The tool result "${result.callId}" answers no call of this conversation.`,
      {
        param: target.fieldName("messages"),
      },
    );
  }
  const written = result.parts.flatMap((part) => (part.type === "text" ? [] : [mediaPart(part, target)]));
  const media = written.filter((part) => part.text === undefined);
  const texts = [
    ...result.parts.flatMap((part) => (part.type === "text" ? [part.text] : [])),
    ...written.flatMap(({ text }) => (typeof text === "string" ? [text] : [])),
  ];
  const functionResponse = {
    ...(isStrict ? { id: result.callId } : {}),
    name: names.toUpstream(result.name),
    response: responseOf(texts.join("\n"), result.isError),
    ...(isStrict && media.length > 0 ? { parts: media } : {}),
  };
  return [{ functionResponse }, ...(isStrict ? [] : media)];
}

/** Keys as the SDK typing of `FunctionResponse.response` names them. An object of the tool's own is the response itself. */
function responseOf(text: string, isError: boolean): Record<string, unknown> {
  if (isError) return { error: text };
  // Numbers beyond 2^53 would come out changed.
  const own = text.trimStart().startsWith("{") && !/\d{16}/.test(text) ? parseRecord(text) : null;
  if (own === null) return { output: text };
  const isMistakable = ("output" in own || "error" in own) && Object.keys(own).length > 1;
  return isMistakable ? { output: own } : own;
}

/** The responses must follow their calls at once; what a client put between them comes after. */
function responsesFirst(parts: readonly Part[]): Part[] {
  const isResponse = (part: Part) => part.functionResponse !== undefined;
  return [...parts.filter(isResponse), ...parts.filter((part) => !isResponse(part))];
}

/**
 * Gemini 3 refuses a call of the current turn whose step has no signature; a step's first call has it. The turn began with the
 * last content in which the user said something instead of answering calls.
 */
function signCurrentTurn(contents: readonly Content[]): void {
  const isAnswer = ({ parts }: Content) => parts.some((part) => part.functionResponse !== undefined);
  const began = contents.findLastIndex((content) => content.role === "user" && !isAnswer(content));
  for (const { role, parts } of contents.slice(began + 1)) {
    if (role !== "model") continue;
    const call = parts.find((part) => part.functionCall !== undefined);
    if (call !== undefined) call.thoughtSignature ??= SKIP_SIGNATURE;
  }
}
