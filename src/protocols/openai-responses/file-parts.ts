import { writeDataUrl } from "../data-url.ts";
import { documentText } from "../document-text.ts";
import { AUDIO_FORMATS } from "../openai-chat/audio-formats.ts";
import { type FileParts, isOwnFileId } from "../own-file.ts";

/** `file_id` of input_file and input_image, in messages and in what tools gave. */
export const responsesFileParts: FileParts = {
  roots: ["input"],
  find(part) {
    if (part.type !== "input_file" && part.type !== "input_image") return null;
    if (isOwnFileId(part.file_id)) return { id: part.file_id, field: "file_id" };
    return isOwnFileId(part.image_url) ? { id: part.image_url, field: "image_url" } : null;
  },
  inline(part, { filename, mediaType, base64, text }) {
    const { type, file_id, image_url, filename: given, detail = "auto", ...rest } = part;
    const url = writeDataUrl(mediaType, base64);
    const name = typeof given === "string" ? given : filename;
    const format = AUDIO_FORMATS[mediaType];
    if (mediaType.startsWith("image/")) return { ...rest, type: "input_image", detail, image_url: url };
    if (text !== null) return { ...rest, type: "input_text", text: documentText(name, text) };
    if (format !== undefined) return { ...rest, type: "input_audio", input_audio: { data: base64, format } };
    return { ...rest, type: "input_file", filename: name, file_data: url };
  },
  refer(part, { reference, mediaType }) {
    const { image_url, filename, ...rest } = part;
    return { ...rest, type: mediaType.startsWith("image/") ? "input_image" : "input_file", file_id: reference };
  },
};
