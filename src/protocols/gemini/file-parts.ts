import { isRecord, type JsonRecord } from "../fields.ts";
import type { FileParts } from "../own-file.ts";

/** `fileData.fileUri`: the id itself, "files/" and the id, or an address that ends so. */
export const geminiFileParts: FileParts = {
  roots: ["contents", "systemInstruction", "system_instruction", "generateContentRequest"],
  find(part) {
    const named = referenceOf(part);
    return named === null ? null : { id: named.id, field: named.field };
  },
  inline(part, { mediaType, base64 }) {
    const { fileData: _camel, file_data: _snake, ...rest } = part;
    const given = referenceOf(part)?.mediaType;
    return { ...rest, inlineData: { mimeType: typeof given === "string" ? given : mediaType, data: base64 } };
  },
  refer(part, { reference, mediaType }) {
    const { fileData: _camel, file_data: _snake, ...rest } = part;
    const given = referenceOf(part)?.mediaType;
    return { ...rest, fileData: { mimeType: typeof given === "string" ? given : mediaType, fileUri: reference } };
  },
};

const OWN_FILE = /(?:^|\/)(fil_[^/?#]*)$/;

function referenceOf(part: JsonRecord): { id: string; field: string; mediaType: unknown } | null {
  const holder = "fileData" in part ? "fileData" : "file_data";
  const file = part[holder];
  if (!isRecord(file)) return null;
  const name = "fileUri" in file ? "fileUri" : "file_uri";
  const uri = file[name];
  const id = typeof uri === "string" ? OWN_FILE.exec(uri)?.[1] : undefined;
  return id === undefined ? null : { id, field: `${holder}.${name}`, mediaType: file.mimeType ?? file.mime_type };
}
