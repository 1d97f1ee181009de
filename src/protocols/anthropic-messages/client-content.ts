import type { Citation, InputPart, MediaPart, TextPart } from "../../llm/request.ts";
import { readCacheControl } from "../cache-mark.ts";
import { readBase64 } from "../data-url.ts";
import {
  isRecord,
  type JsonRecord,
  oneOf,
  optionalList,
  optionalString,
  readList,
  readRecord,
  readString,
  wrongField,
} from "../fields.ts";
import { unsupported } from "../unsupported.ts";
import type { Extra } from "./client-blocks.ts";

/** Content blocks that users, tools and system prompts write (SDK typing ContentBlockParam). */

/** `string | TextBlockParam[]`: a system prompt or a system message. */
export function readTexts(value: unknown, path: string): TextPart[] {
  if (typeof value === "string") return value === "" ? [] : [{ type: "text", text: value }];
  return optionalList(value, path).map((item, index) => {
    const at = `${path}[${index}]`;
    const block = readRecord(item, at);
    oneOf(block.type, ["text"], `${at}.type`);
    return readText(block, at);
  });
}

export function readText(block: JsonRecord, path: string): TextPart {
  const citations = readCitations(block.citations);
  return {
    type: "text",
    text: readString(block.text, `${path}.text`),
    ...readCacheControl(block, path),
    ...(citations.length === 0 ? {} : { citations }),
  };
}

/** One block of a user's turn or a tool's result; a document with context gives two parts. */
export function readInputBlock(block: JsonRecord, path: string, extra: Extra): InputPart[] {
  switch (block.type) {
    case "text":
      return [readText(block, path)];
    case "image":
      return [readImage(block, path)];
    case "document":
      return readDocument(block, path, extra);
    case "search_result":
      return [searchResult(block, path)];
    case "tool_reference": // what a tool search found: all tools are there anyway, so its name says it
      return [{ type: "text", text: readString(block.tool_name, `${path}.tool_name`) }];
    case "compaction":
      return [readCompaction(block, path)];
    case "container_upload":
      throw unsupported(path, "files of a code execution container can only be read by Anthropic's models.");
    default:
      throw wrongField(`${path}.type`, "a content type of the Messages API");
  }
}

/** A summary that stands for earlier turns. Some can be read by Anthropic alone. */
export function readCompaction(block: JsonRecord, path: string): TextPart {
  const text = optionalString(block.content, `${path}.content`);
  if (text === null) throw unsupported(path, "this summary of earlier turns can only be read by Anthropic's models.");
  return { type: "text", text, ...readCacheControl(block, path) };
}

export function readImage(block: JsonRecord, path: string): MediaPart {
  const source = readRecord(block.source, `${path}.source`);
  const common = { type: "image", name: null, detail: null, path, ...readCacheControl(block, path) } as const;
  const at = `${path}.source`;
  switch (oneOf(source.type, ["base64", "url", "file"], `${at}.type`)) {
    case "base64":
      return {
        ...common,
        mediaType: readString(source.media_type, `${at}.media_type`),
        source: { kind: "data", base64: readBase64(source.data, `${at}.data`) },
      };
    case "url":
      return { ...common, mediaType: null, source: { kind: "url", url: readString(source.url, `${at}.url`) } };
    case "file":
      return { ...common, mediaType: null, source: fileSource(source, at) };
  }
}

export function readDocument(block: JsonRecord, path: string, extra: Extra): InputPart[] {
  const at = `${path}.source`;
  const source = readRecord(block.source, at);
  const parts: InputPart[] = [];
  const context = optionalString(block.context, `${path}.context`);
  if (context !== null && context !== "") parts.push({ type: "text", text: context });
  if (isRecord(block.citations) && block.citations.enabled === true) extra[`${path}.citations`] = block.citations;
  const common = {
    type: "file",
    name: optionalString(block.title, `${path}.title`),
    detail: null,
    path,
    ...readCacheControl(block, path),
  } as const;
  switch (oneOf(source.type, ["base64", "text", "url", "content", "file"], `${at}.type`)) {
    case "base64":
      parts.push({
        ...common,
        mediaType: optionalString(source.media_type, `${at}.media_type`) ?? "application/pdf",
        source: { kind: "data", base64: readBase64(source.data, `${at}.data`) },
      });
      break;
    case "text":
      parts.push({
        ...common,
        mediaType: "text/plain",
        source: { kind: "text", text: readString(source.data, `${at}.data`) },
      });
      break;
    case "url": // typing: URLPDFSource
      parts.push({
        ...common,
        mediaType: "application/pdf",
        source: { kind: "url", url: readString(source.url, `${at}.url`) },
      });
      break;
    case "file":
      parts.push({ ...common, mediaType: null, source: fileSource(source, at) });
      break;
    case "content":
      parts.push(...contentDocument(source.content, `${at}.content`, common));
  }
  return parts;
}

/** A document made of blocks: its texts are one document, its images stand behind it. */
function contentDocument(
  content: unknown,
  path: string,
  common: Pick<MediaPart, "name" | "detail" | "path" | "cacheControl"> & { readonly type: "file" },
): InputPart[] {
  if (typeof content === "string") return [textDocument(content, common)];
  const texts: string[] = [];
  const images: MediaPart[] = [];
  readList(content, path).forEach((item, index) => {
    const at = `${path}[${index}]`;
    const block = readRecord(item, at);
    if (oneOf(block.type, ["text", "image"], `${at}.type`) === "image") images.push(readImage(block, at));
    else texts.push(readString(block.text, `${at}.text`));
  });
  return texts.length === 0 ? images : [textDocument(texts.join("\n\n"), common), ...images];
}

function textDocument(
  text: string,
  common: Pick<MediaPart, "name" | "detail" | "path" | "cacheControl"> & { readonly type: "file" },
): MediaPart {
  return { ...common, mediaType: "text/plain", source: { kind: "text", text } };
}

function fileSource(source: JsonRecord, path: string) {
  return { kind: "file_id", id: readString(source.file_id, `${path}.file_id`) } as const;
}

/** Only Claude knows search results as such: others read them as a text with its source. */
function searchResult(block: JsonRecord, path: string): TextPart {
  const texts = readTexts(block.content, `${path}.content`).map(({ text }) => text);
  const title = readString(block.title, `${path}.title`);
  const source = readString(block.source, `${path}.source`);
  return { type: "text", text: [`${title}\n${source}`, ...texts].join("\n\n"), ...readCacheControl(block, path) };
}

/** Citations of the web, in an answer or in its echo; those of documents name no address and are left out. */
export function readCitations(value: unknown): Citation[] {
  return Array.isArray(value) ? value.flatMap(readCitation) : [];
}

export function readCitation(value: unknown): Citation[] {
  if (!isRecord(value)) return [];
  const url =
    value.type === "web_search_result_location"
      ? value.url
      : value.type === "search_result_location"
        ? value.source
        : null;
  if (typeof url !== "string") return [];
  return [
    {
      url,
      title: typeof value.title === "string" ? value.title : null,
      citedText: typeof value.cited_text === "string" ? value.cited_text : null,
      start: null,
      end: null,
    },
  ];
}
