import { kindOfMedia, mediaTypeOfName, sniffMediaType } from "../../llm/media-type.ts";
import type { InputPart, MediaPart, TextPart } from "../../llm/request.ts";
import { readCacheMark } from "../cache-mark.ts";
import { isDataUrl, readBase64, readDataUrl, standardBase64 } from "../data-url.ts";
import { type JsonRecord, oneOf, optionalString, readRecord, readString, wrongField } from "../fields.ts";

const USER_PARTS = ["text", "image_url", "input_audio", "file"] as const;

/** Content of a user's or a tool's message: a string is one text part. */
export function readInputParts(value: unknown, path: string): InputPart[] {
  return readContent(value, path, (part, at) => {
    switch (oneOf(part.type, USER_PARTS, `${at}.type`)) {
      case "text":
        return readTextPart(part, at);
      case "image_url":
        return { ...readImage(part.image_url, `${at}.image_url`), path: at, ...readCacheMark(part, at) };
      case "input_audio":
        return { ...readAudio(part.input_audio, `${at}.input_audio`), path: at, ...readCacheMark(part, at) };
      case "file":
        return { ...readFile(part.file, `${at}.file`), path: at, ...readCacheMark(part, at) };
    }
  });
}

/** Content where only text may stand. */
export function readTextParts(value: unknown, path: string): TextPart[] {
  return readContent(value, path, (part, at) => {
    oneOf(part.type, ["text"], `${at}.type`);
    return readTextPart(part, at);
  });
}

export function readContent<T>(
  value: unknown,
  path: string,
  readPart: (part: JsonRecord, path: string) => T,
): (T | TextPart)[] {
  if (typeof value === "string") return [{ type: "text", text: value }];
  if (!Array.isArray(value)) throw wrongField(path, "a string or an array of content parts");
  return value.map((part, index) => readPart(readRecord(part, `${path}[${index}]`), `${path}[${index}]`));
}

export function readTextPart(part: JsonRecord, path: string): TextPart {
  return { type: "text", text: readString(part.text, `${path}.text`), ...readCacheMark(part, path) };
}

/** `image_url`, as an object or (lenient vendors) as the bare address. */
export function readImage(value: unknown, path: string): MediaPart {
  const image = typeof value === "string" ? { url: value } : readRecord(value, path);
  const urlPath = typeof value === "string" ? path : `${path}.url`;
  const url = readString(image.url, urlPath);
  const detail = "detail" in image ? optionalString(image.detail, `${path}.detail`) : null;
  if (!isDataUrl(url)) {
    if (url.trim() === "") throw wrongField(urlPath, "a URL");
    return { type: "image", mediaType: null, source: { kind: "url", url }, name: null, detail };
  }
  const data = readDataUrl(url);
  if (data === null) throw wrongField(urlPath, "a URL or a base64 data URL");
  const { mediaType, base64 } = data;
  if (mediaType === null) throw wrongField(urlPath, "a data URL that names its media type");
  return { type: "image", mediaType, source: { kind: "data", base64 }, name: null, detail };
}

function readAudio(value: unknown, path: string): MediaPart {
  const audio = readRecord(value, path);
  const base64 = readBase64(audio.data, `${path}.data`);
  const mediaType = `audio/${readString(audio.format, `${path}.format`)}`;
  return { type: "audio", mediaType, source: { kind: "data", base64 }, name: null, detail: null };
}

function readFile(value: unknown, path: string): MediaPart {
  const file = readRecord(value, path);
  const name = optionalString(file.filename, `${path}.filename`);
  const id = optionalString(file.file_id, `${path}.file_id`);
  if (id !== null) return { type: "file", mediaType: null, source: { kind: "file_id", id }, name, detail: null };
  const dataPath = `${path}.file_data`;
  const text = readString(file.file_data, dataPath);
  const data = isDataUrl(text) ? readDataUrl(text) : bareData(text);
  if (data === null) throw wrongField(dataPath, "base64 text or a base64 data URL");
  const mediaType = data.mediaType ?? mediaTypeOfName(name ?? "") ?? "application/octet-stream";
  return { ...fileOf(mediaType, data.base64), name, detail: null };
}

function bareData(text: string) {
  const base64 = standardBase64(text);
  return base64 === null ? null : { mediaType: sniffMediaType(base64), base64 };
}

/** Plain text becomes a text document, which every format can carry. */
function fileOf(mediaType: string, base64: string): Pick<MediaPart, "type" | "mediaType" | "source"> {
  if (mediaType.startsWith("text/")) {
    return { type: "file", mediaType, source: { kind: "text", text: Buffer.from(base64, "base64").toString("utf8") } };
  }
  return { type: kindOfMedia(mediaType), mediaType, source: { kind: "data", base64 } };
}
