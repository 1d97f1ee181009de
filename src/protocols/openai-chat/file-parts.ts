import type { InlineFile } from "../../llm/inline-file.ts";
import { writeDataUrl } from "../data-url.ts";
import { documentText } from "../document-text.ts";
import { isRecord, type JsonRecord } from "../fields.ts";
import { type FileParts, isOwnFileId } from "../own-file.ts";
import { AUDIO_FORMATS } from "./audio-formats.ts";

/** `file.file_id`; pictures are also named where their address stands, and as in OpenAI's assistants. */
export const chatFileParts: FileParts = {
  roots: ["messages"],
  find(part) {
    const holder = typeof part.type === "string" ? part[part.type] : undefined;
    if (part.type !== "file" && part.type !== "image_url" && part.type !== "image_file") return null;
    if (isOwnFileId(holder)) return { id: holder, field: part.type };
    if (!isRecord(holder)) return null;
    if (isOwnFileId(holder.file_id)) return { id: holder.file_id, field: `${part.type}.file_id` };
    return isOwnFileId(holder.url) ? { id: holder.url, field: `${part.type}.url` } : null;
  },
  inline(part, file) {
    const { type, file: _file, image_url, image_file, ...rest } = part;
    const picture = image_url ?? image_file;
    const detail = isRecord(picture) && typeof picture.detail === "string" ? { detail: picture.detail } : {};
    return { ...rest, ...contentPart(file, detail) };
  },
  refer: (part, { reference, mediaType }) => (mediaType.startsWith("image/") ? null : fileOnly(part, reference)),
};

/** Chat's pictures have no ids. */
function fileOnly(part: JsonRecord, reference: string): JsonRecord | null {
  return part.type === "file" ? { ...part, file: { file_id: reference } } : null;
}

/** OpenAI takes PDF as a file, so a text goes as text. */
function contentPart(file: InlineFile, detail: JsonRecord): JsonRecord {
  const { filename, mediaType, base64, text } = file;
  const url = writeDataUrl(mediaType, base64);
  const format = AUDIO_FORMATS[mediaType];
  if (mediaType.startsWith("image/")) return { type: "image_url", image_url: { url, ...detail } };
  if (text !== null) return { type: "text", text: documentText(filename, text) };
  if (format !== undefined) return { type: "input_audio", input_audio: { data: base64, format } };
  return { type: "file", file: { filename, file_data: url } };
}
