import { isRecord } from "../fields.ts";
import { type FileParts, isOwnFileId } from "../own-file.ts";

/** `source: { type: "file", file_id }` of images and documents; `container_upload` names a file for code to work on. */
export const anthropicFileParts: FileParts = {
  roots: ["messages", "system"],
  find(part) {
    if (part.type === "container_upload" && isOwnFileId(part.file_id)) return { id: part.file_id, field: "file_id" };
    if ((part.type !== "image" && part.type !== "document") || !isRecord(part.source)) return null;
    const { file_id } = part.source;
    return isOwnFileId(file_id) ? { id: file_id, field: "source.file_id" } : null;
  },
  inline(part, { filename, mediaType, base64, text }) {
    if (part.type === "container_upload") return null;
    const { type, source, title, context, citations, ...rest } = part;
    const data = { type: "base64", media_type: mediaType, data: base64 };
    if (mediaType.startsWith("image/")) return { ...rest, type: "image", source: data };
    const document = {
      ...rest,
      ...(context !== undefined && { context }),
      ...(citations !== undefined && { citations }),
    };
    const content = text === null ? data : { type: "text", media_type: "text/plain", data: text };
    return { ...document, type: "document", title: title ?? filename, source: content };
  },
  refer(part, { reference, mediaType }) {
    if (part.type === "container_upload") return { ...part, file_id: reference };
    const type = mediaType.startsWith("image/") ? "image" : "document";
    return { ...part, type, source: { type: "file", file_id: reference } };
  },
};
