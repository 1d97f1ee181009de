import type { InputPart, MediaPart, TextPart } from "../../llm/request.ts";
import type { UpstreamTarget } from "../codec.ts";
import { writeDataUrl } from "../data-url.ts";
import { documentText } from "../document-text.ts";
import { refuseMedia } from "../unsupported.ts";

/** A text alone as string, anything else as list of parts: both are the format's own. */
export function writeContent(parts: readonly InputPart[], target: UpstreamTarget): string | unknown[] {
  const written = parts.filter((part) => part.type !== "text" || part.text !== "");
  if (written.length === 0) return "";
  const [only] = written;
  if (written.length === 1 && only?.type === "text") return only.text;
  return written.map((part) => writePart(part, target));
}

export function writePart(part: InputPart, target: UpstreamTarget): unknown {
  switch (part.type) {
    case "text":
      return writeText(part);
    case "image":
      return writeImage(part, target);
    case "file":
      return writeFile(part, target);
    case "audio":
      throw refuseMedia(target, part, "this model's endpoint takes no audio.");
  }
}

function writeText({ text }: Pick<TextPart, "text">) {
  return { type: "input_text", text };
}

/** Typing ImageDetail. */
const DETAILS: ReadonlySet<string | null> = new Set(["low", "high", "auto", "original"]);

function writeImage(part: MediaPart, target: UpstreamTarget): unknown {
  const { source, mediaType, detail } = part;
  const image = { type: "input_image", detail: DETAILS.has(detail) ? detail : "auto" };
  switch (source.kind) {
    case "url":
      return { ...image, image_url: source.url };
    case "data":
      return { ...image, image_url: writeDataUrl(mediaType ?? "image/png", source.base64) };
    case "file_id":
      return { ...image, file_id: ownFileId(source.id, part, target) };
    case "copy":
      return { ...image, file_id: source.reference };
    case "text":
      return writeText(source);
  }
}

function writeFile(part: MediaPart, target: UpstreamTarget): unknown {
  const { source, mediaType, name } = part;
  switch (source.kind) {
    case "url":
      return { type: "input_file", file_url: source.url };
    case "data": {
      const type = mediaType ?? "application/pdf";
      // A file given as data needs a name; its end tells OpenAI the kind.
      return {
        type: "input_file",
        filename: name ?? `document.${type === "application/pdf" ? "pdf" : "txt"}`,
        file_data: writeDataUrl(type, source.base64),
      };
    }
    case "file_id":
      return { type: "input_file", file_id: ownFileId(source.id, part, target) };
    case "copy":
      return { type: "input_file", file_id: source.reference };
    case "text":
      return writeText({ text: documentText(name, source.text) });
  }
}

/** OpenAI's ids begin with "file-"; Anthropic's ("file_…") and Gemini's ("files/…") are names of files that OpenAI does not have. */
function ownFileId(id: string, part: MediaPart, target: UpstreamTarget): string {
  if (id.startsWith("file_") || id.includes("/")) {
    throw refuseMedia(target, part, `the file "${id}" is stored at another vendor; send its content.`);
  }
  return id;
}
