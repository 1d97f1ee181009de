import type { OutputPart } from "../../llm/request.ts";
import { type Signature, writeSignature } from "../../llm/signature.ts";
import { parseRecord } from "../answer.ts";

export type WrittenPart = Readonly<Record<string, unknown>>;

/** Parts of an answer as a Gemini client reads them; none when a call's arguments are no JSON object: Gemini has only objects. */
export function writePart(part: OutputPart): readonly WrittenPart[] {
  switch (part.type) {
    case "text":
      if (part.text === "" && part.signature === undefined) return [];
      return [{ text: part.text, ...thoughtSignature(part.signature) }];
    case "refusal":
      return part.text === "" ? [] : [{ text: part.text }];
    case "reasoning":
      if (part.text === "" && part.signature === null) return [];
      return [{ text: part.text, thought: true, ...thoughtSignature(part.signature, part.redacted) }];
    case "tool_call": {
      const args = parseRecord(part.arguments === "" ? "{}" : part.arguments);
      if (args === null) return [];
      return [{ functionCall: { id: part.id, name: part.name, args }, ...thoughtSignature(part.signature) }];
    }
    case "image":
    case "audio":
    case "file":
      // Named by its address, as in a stream (llm/answer.ts).
      if (part.source.kind !== "data") return part.source.kind === "url" ? [{ text: part.source.url }] : [];
      return [
        {
          inlineData: { mimeType: part.mediaType ?? "application/octet-stream", data: part.source.base64 },
          ...thoughtSignature(part.signature),
        },
      ];
  }
}

export function thoughtSignature(signature: Signature | null | undefined, redacted = false): WrittenPart {
  return signature === null || signature === undefined
    ? {}
    : { thoughtSignature: writeSignature(signature, "gemini", redacted ? "redacted" : null) };
}
