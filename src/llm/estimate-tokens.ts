import type { InputPart, LlmRequest, OutputPart, ToolResult } from "./request.ts";

/**
 * How many input tokens a request has, for clients that ask beforehand where no upstream can count (Anthropic's count_tokens, Gemini's
 * countTokens). It is an estimate: text is read as a byte-pair tokenizer would cut it, without its vocabulary.
 *
 * Measured against o200k (GPT-4o and later) on English, German, Russian, Chinese, Japanese and Korean, source code, JSON, YAML and
 * Markdown: from 17 % below to 12 % above for a page or more (a single sentence may be 40 % off). Claude's newer tokenizers are
 * said to give up to a third more tokens for the same text. Media are constants: off by a factor of three for very large or small
 * ones. Enough to tell how full a context is, never a ground for billing.
 */
export function estimateInputTokens(request: LlmRequest): number {
  let tokens = REQUEST;
  for (const part of request.system) tokens += textTokens(part.text);
  if (request.system.length > 0) tokens += MESSAGE;
  for (const message of request.messages) {
    tokens += MESSAGE;
    if (message.role === "tool") for (const result of message.results) tokens += resultTokens(result);
    else for (const part of message.parts) tokens += partTokens(part);
  }
  for (const { name, description, parameters } of request.tools) {
    tokens += TOOL + textTokens(name) + textTokens(description ?? "") + jsonTokens(parameters ?? {});
  }
  for (const { raw } of request.hostedTools) tokens += TOOL + jsonTokens(raw);
  if (request.tools.length + request.hostedTools.length > 0) tokens += TOOLS;
  if (request.responseFormat?.type === "json_schema") tokens += jsonTokens(request.responseFormat.schema);
  return Math.ceil(tokens);
}

/** What vendors put around what the client wrote: roles, separators, the instructions for calling tools. */
const REQUEST = 3;
const MESSAGE = 4;
const TOOL = 8;
const TOOLS = 40;
const CALL = 8;

/** A picture of about a megapixel: 765 to 1,100 at OpenAI, 1,000 to 1,600 at Anthropic, 258 to 1,120 at Gemini. */
const IMAGE = 1_200;
const SMALL_IMAGE = 85;
/** A page costs 1,500 to 3,000 tokens at Anthropic; 50 KB is a usual one. */
const PDF_PAGE = 2_000;
const PDF_PAGE_BYTES = 50_000;
/** 32 tokens a second at Gemini; 16 KB are a second of MP3. */
const AUDIO_BYTES_PER_TOKEN = 500;
/** What stands behind an address or an id nobody knows. */
const UNSEEN_DOCUMENT = 3_000;

function resultTokens({ parts }: ToolResult): number {
  let tokens = CALL;
  for (const part of parts) tokens += partTokens(part);
  return tokens;
}

function partTokens(part: InputPart | OutputPart): number {
  switch (part.type) {
    case "text":
    case "refusal":
      return textTokens(part.text);
    case "reasoning": // signatures are not read by the model
      return textTokens(part.text);
    case "tool_call":
      return CALL + textTokens(part.name) + textTokens(part.arguments);
    case "image":
      return part.detail === "low" ? SMALL_IMAGE : IMAGE;
    case "audio":
      return part.source.kind === "data" ? bytesOf(part.source.base64) / AUDIO_BYTES_PER_TOKEN : UNSEEN_DOCUMENT;
    case "file":
      return fileTokens(part);
  }
}

function fileTokens({ source, mediaType }: Extract<InputPart, { type: "image" | "audio" | "file" }>): number {
  if (source.kind === "text") return textTokens(source.text);
  if (source.kind !== "data") return UNSEEN_DOCUMENT;
  const bytes = bytesOf(source.base64);
  if (mediaType?.startsWith("text/") || mediaType === "application/json") return bytes / 4;
  return Math.ceil(bytes / PDF_PAGE_BYTES) * PDF_PAGE;
}

function bytesOf(base64: string): number {
  return (base64.length * 3) / 4;
}

function jsonTokens(value: unknown): number {
  return textTokens(JSON.stringify(value));
}

const LETTER = 0;
const DIGIT = 1;
const SPACE = 2;
const SIGN = 3;
const IDEOGRAPH = 4;
const FOREIGN = 5;

/**
 * Words cost by their length, digits go three to a token, a lone space belongs to the word behind it, signs pair up, ideographs
 * and syllables stand nearly alone, letters of other alphabets go by threes.
 */
export function textTokens(text: string): number {
  let tokens = 0;
  let kind = -1;
  let length = 0;
  for (let index = 0; index < text.length; index++) {
    const next = kindOf(text.charCodeAt(index));
    if (next === kind) {
      length++;
      continue;
    }
    tokens += runTokens(kind, length);
    kind = next;
    length = 1;
  }
  return tokens + runTokens(kind, length);
}

function runTokens(kind: number, length: number): number {
  switch (kind) {
    case LETTER:
      return length <= 6 ? 1 : 1 + (length - 6) / 7;
    case DIGIT:
      return Math.ceil(length / 3);
    case SPACE:
      return length === 1 ? 0 : 1;
    case SIGN:
      return length <= 2 ? 0.8 : length / 2.5;
    case IDEOGRAPH:
      return length * 0.8;
    case FOREIGN:
      return length / 3.5;
    default:
      return 0;
  }
}

function kindOf(code: number): number {
  if (code < 128) return ASCII[code] ?? SIGN;
  if (code >= 0x2e80 && code <= 0xdfff) return IDEOGRAPH; // CJK, kana, hangul, and halves of emoji
  return code >= 0x2000 && code <= 0x2e7f ? SIGN : FOREIGN;
}

const ASCII = Uint8Array.from({ length: 128 }, (_, code) => {
  const char = String.fromCharCode(code);
  if (/[a-z]/i.test(char)) return LETTER;
  if (/\d/.test(char)) return DIGIT;
  return /\s/.test(char) ? SPACE : SIGN;
});
