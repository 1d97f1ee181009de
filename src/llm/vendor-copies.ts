import type { InputPart, LlmRequest, MediaPart, ToolResult } from "./request.ts";

/** Files of this gateway as the vendor that will be asked knows them, by our ids. */
export type VendorCopies = ReadonlyMap<string, NamedCopy>;

export interface NamedCopy {
  /** What the vendor's requests name it by: an id, with Gemini an address. */
  readonly reference: string;
  readonly mediaType: string;
}

/** The same request with the vendor's names in the place of ours. Parts of other files stay as they are. */
export function withVendorCopies(request: LlmRequest, copies: VendorCopies): LlmRequest {
  const parts = (all: readonly InputPart[]) => all.map((part) => (part.type === "text" ? part : named(part, copies)));
  const results = (all: readonly ToolResult[]) => all.map((result) => ({ ...result, parts: parts(result.parts) }));
  const messages = request.messages.map((message) => {
    if (message.role === "user") return { ...message, parts: parts(message.parts) };
    return message.role === "tool" ? { ...message, results: results(message.results) } : message;
  });
  return { ...request, messages };
}

/** Gemini's clients may write "files/" before it, or a whole address. */
const OURS = /(?:^|\/)(fil_[^/?#]*)$/;

function named(part: MediaPart, copies: VendorCopies): MediaPart {
  const { source } = part;
  const given = source.kind === "file_id" ? source.id : source.kind === "url" ? source.url : "";
  const copy = copies.get(OURS.exec(given)?.[1] ?? "");
  if (copy === undefined) return part;
  const { reference, mediaType } = copy;
  const type = mediaType.startsWith("image/") ? "image" : mediaType.startsWith("audio/") ? "audio" : "file";
  return { ...part, type, mediaType, source: { kind: "copy", reference } };
}
