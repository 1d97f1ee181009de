import { mediaTypeOfName, sniffMediaType } from "../../llm/media-type.ts";
import type { InputPart, MediaPart, OutputPart, TextPart } from "../../llm/request.ts";
import { readCacheMark } from "../cache-mark.ts";
import { isDataUrl, readBase64, readDataUrl } from "../data-url.ts";
import { type JsonRecord, optionalString, readList, readRecord, readString, wrongField } from "../fields.ts";

/** What a user, or a tool's result, says: a string or a list of parts. */
export function readInputParts(value: unknown, path: string): InputPart[] {
  if (typeof value === "string") return textOf(value);
  return readList(value, path).map((part, index) =>
    readInputPart(readRecord(part, `${path}[${index}]`), `${path}[${index}]`),
  );
}

/** System and developer messages are text alone. */
export function readTextParts(value: unknown, path: string): TextPart[] {
  return readInputParts(value, path).map((part, index) => {
    if (part.type !== "text") throw wrongField(`${path}[${index}].type`, '"input_text"');
    return part;
  });
}

/** What the assistant said: also refusals. Texts without characters, which an empty answer has, were never said. */
export function readOutputParts(value: unknown, path: string): OutputPart[] {
  if (typeof value === "string") return textOf(value);
  return readList(value, path).flatMap((each, index): OutputPart[] => {
    const at = `${path}[${index}]`;
    const part = readRecord(each, at);
    if (part.type === "refusal") return [{ type: "refusal", text: readString(part.refusal, `${at}.refusal`) }];
    const read = readInputPart(part, at);
    return read.type === "text" && read.text === "" ? [] : [read];
  });
}

function textOf(text: string): TextPart[] {
  return text === "" ? [] : [{ type: "text", text }];
}

function readInputPart(part: JsonRecord, path: string): InputPart {
  const cached = readCacheMark(part, path);
  switch (part.type) {
    case "input_text":
    case "output_text":
    case "text": // chat's spelling, which OpenAI's own helpers let through
      return { type: "text", text: readString(part.text, `${path}.text`), ...cached };
    case "input_image":
      return { ...readImage(part, path), path, ...cached };
    case "input_file":
      return { ...readFile(part, path), path, ...cached };
    case "input_audio":
      return { ...readAudio(part, path), path, ...cached };
    default:
      throw wrongField(
        `${path}.type`,
        'one of "input_text", "input_image", "input_file", "input_audio", "output_text", "refusal"',
      );
  }
}

function readImage(part: JsonRecord, path: string): MediaPart {
  const detail = optionalString(part.detail, `${path}.detail`);
  const fileId = optionalString(part.file_id, `${path}.file_id`);
  if (fileId !== null) return media("image", null, { kind: "file_id", id: fileId }, { detail });
  return mediaAt("image", readString(part.image_url, `${path}.image_url`), `${path}.image_url`, { detail });
}

function readFile(part: JsonRecord, path: string): MediaPart {
  const name = optionalString(part.filename, `${path}.filename`);
  const fileId = optionalString(part.file_id, `${path}.file_id`);
  if (fileId !== null) return media("file", null, { kind: "file_id", id: fileId }, { name });
  const url = optionalString(part.file_url, `${path}.file_url`);
  if (url !== null) return mediaAt("file", url, `${path}.file_url`, { name });
  const data = readString(part.file_data, `${path}.file_data`);
  if (isDataUrl(data)) return mediaAt("file", data, `${path}.file_data`, { name });
  // Bare base64 says nothing of itself but by its name or its first bytes.
  const base64 = readBase64(data, `${path}.file_data`);
  const mediaType = mediaTypeOfName(name ?? "") ?? sniffMediaType(base64);
  return media("file", mediaType, { kind: "data", base64 }, { name });
}

function readAudio(part: JsonRecord, path: string): MediaPart {
  const audio = readRecord(part.input_audio, `${path}.input_audio`);
  const format = readString(audio.format, `${path}.input_audio.format`);
  const base64 = readBase64(audio.data, `${path}.input_audio.data`);
  return media("audio", format === "mp3" ? "audio/mpeg" : `audio/${format}`, { kind: "data", base64 });
}

function mediaAt(
  type: MediaPart["type"],
  url: string,
  path: string,
  rest: { name?: string | null; detail?: string | null },
): MediaPart {
  if (!isDataUrl(url)) return media(type, null, { kind: "url", url }, rest);
  const data = readDataUrl(url);
  if (data === null) throw wrongField(path, "a URL, or a data URL with base64 content");
  return media(type, data.mediaType, { kind: "data", base64: data.base64 }, rest);
}

function media(
  type: MediaPart["type"],
  mediaType: string | null,
  source: MediaPart["source"],
  { name = null, detail = null }: { name?: string | null; detail?: string | null } = {},
): MediaPart {
  return { type, mediaType, source, name, detail };
}
