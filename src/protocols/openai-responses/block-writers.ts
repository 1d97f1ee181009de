import type { Citation } from "../../llm/request.ts";
import { placeOfCall, type Signature, writeSignature } from "../../llm/signature.ts";
import { parseRecord } from "../answer.ts";
import { type ClientTool, CUSTOM_INPUT } from "./client-tools.ts";
import { formatOf } from "./image-format.ts";
import type { ItemLadder, ItemPlace } from "./item-ladder.ts";
import { annotationOf, contentPart, type SummaryPart } from "./output-items.ts";

/** What is being written of one neutral block. */
export interface BlockWriter {
  delta?(text: string): void;
  citation?(citation: Citation): void;
  /** `signature`: the block's own, which may have come at any time. */
  end(signature: Signature | null): void;
}

/** A content part of a message. Without any text it is none. */
export function writeText({ emit, openMessage, carry }: ItemLadder, kind: "text" | "refusal"): BlockWriter {
  const event = kind === "text" ? "response.output_text" : "response.refusal";
  const logprobs = kind === "text" ? { logprobs: [] } : {};
  const citations: Citation[] = [];
  let text = "";
  let place: (ItemPlace & { readonly content_index: number }) | null = null;
  const begin = () => {
    if (place !== null) return place;
    const { content, item_id, output_index } = openMessage();
    place = { item_id, output_index, content_index: content.length };
    emit("response.content_part.added", { ...place, part: contentPart(kind, "", []) });
    return place;
  };
  return {
    delta: (delta) => {
      const at = begin();
      text += delta;
      emit(`${event}.delta`, { ...at, delta, ...logprobs });
    },
    citation: (citation) => {
      citations.push(citation);
    },
    end: (signature) => {
      if (place === null) {
        if (signature !== null) carry(signature, "empty_text");
        return;
      }
      const at = place;
      const annotations = citations.map((citation) => annotationOf(citation, text.length));
      for (const [annotation_index, annotation] of annotations.entries()) {
        emit("response.output_text.annotation.added", { ...at, annotation_index, annotation });
      }
      emit(`${event}.done`, { ...at, ...(kind === "text" ? { text } : { refusal: text }), ...logprobs });
      const part = contentPart(kind, text, annotations);
      emit("response.content_part.done", { ...at, part });
      openMessage().content.push(part);
      if (signature !== null) carry(signature, "previous");
    },
  };
}

/** SDKs take the text of an answer for granted: one without anything has an empty one. */
export function writeEmptyText({ emit, openMessage }: ItemLadder): void {
  const { content, item_id, output_index } = openMessage();
  const at = { item_id, output_index, content_index: 0 };
  const part = contentPart("text", "", []);
  emit("response.content_part.added", { ...at, part });
  emit("response.output_text.done", { ...at, text: "", logprobs: [] });
  emit("response.content_part.done", { ...at, part });
  content.push(part);
}

/** Thoughts are shown as a summary of one part, as clients show it. Without text and signature there is nothing to show. */
export function writeReasoning({ emit, open }: ItemLadder, redacted: boolean): BlockWriter {
  let text = "";
  let encrypted: string | null = null;
  let place: ItemPlace | null = null;
  const begin = () => {
    place ??= open("rs", { type: "reasoning", summary: [] }, (id) => ({
      type: "reasoning",
      id,
      summary: text === "" ? [] : [summaryPart(text)],
      // Also when `include` does not ask for it: so says the newest typing, and without it the next turn has no thoughts.
      ...(encrypted === null ? {} : { encrypted_content: encrypted }),
    }));
    return place;
  };
  return {
    delta: (delta) => {
      const at = { ...begin(), summary_index: 0 };
      if (text === "") emit("response.reasoning_summary_part.added", { ...at, part: summaryPart("") });
      text += delta;
      emit("response.reasoning_summary_text.delta", { ...at, delta });
    },
    end: (signature) => {
      if (text !== "") {
        const at = { ...begin(), summary_index: 0 };
        emit("response.reasoning_summary_text.done", { ...at, text });
        emit("response.reasoning_summary_part.done", { ...at, part: summaryPart(text) });
      }
      if (signature === null) return;
      encrypted = writeSignature(signature, "openai", redacted ? "redacted" : null);
      begin();
    },
  };
}

/**
 * A call, in the client's own words for the tool. It begins with its first piece: `earlySignature` is asked then, and stands before
 * the call if it is known (scenario L14). A custom tool's text comes whole, since it is wrapped in JSON on its way.
 */
export function writeCall(
  { emit, open, carry }: ItemLadder,
  tool: Pick<ClientTool, "kind" | "name" | "namespace">,
  callId: string,
  earlySignature: () => Signature | null,
): BlockWriter {
  const named = {
    call_id: callId,
    name: tool.name,
    ...(tool.namespace === null ? {} : { namespace: tool.namespace }),
  };
  let text = "";
  let isCarried = false;
  let place: ItemPlace | null = null;
  const carryOnce = (signature: Signature | null) => {
    if (signature === null || isCarried) return;
    isCarried = true;
    carry(signature, placeOfCall(callId));
  };
  const begin = () => {
    if (place !== null) return place;
    carryOnce(earlySignature());
    const status = "in_progress";
    place =
      tool.kind === "custom"
        ? open("ctc", { type: "custom_tool_call", ...named, input: "", status }, (id, end) => {
            return { type: "custom_tool_call", id, ...named, input: customInput(text), status: end };
          })
        : open("fc", { type: "function_call", ...named, arguments: "", status }, (id, end) => {
            return { type: "function_call", id, ...named, arguments: text, status: end };
          });
    return place;
  };
  const delta = (piece: string) => {
    const at = begin();
    text += piece;
    if (tool.kind === "function") emit("response.function_call_arguments.delta", { ...at, delta: piece });
  };
  return {
    delta,
    end: (signature) => {
      if (text === "") delta("{}");
      const at = begin();
      if (tool.kind === "function") {
        emit("response.function_call_arguments.done", { ...at, name: tool.name, arguments: text });
      } else {
        const input = customInput(text);
        if (input !== "") emit("response.custom_tool_call_input.delta", { ...at, delta: input });
        emit("response.custom_tool_call_input.done", { ...at, input });
      }
      carryOnce(signature);
    },
  };
}

/** Images alone: the format has no item for sounds or files that a model makes. */
export function writeMedia({ emit, open, carry }: ItemLadder, mediaType: string, result: string): BlockWriter {
  return {
    end: (signature) => {
      if (!mediaType.startsWith("image/")) return;
      const begun = { type: "image_generation_call", status: "in_progress", result: null };
      const output_format = formatOf(mediaType);
      const at = open("ig", begun, (id) => {
        return { type: "image_generation_call", id, status: "completed", result, output_format };
      });
      emit("response.image_generation_call.in_progress", { ...at });
      emit("response.image_generation_call.completed", { ...at });
      if (signature !== null) carry(signature, "previous");
    },
  };
}

function summaryPart(text: string): SummaryPart {
  return { type: "summary_text", text };
}

/** The free text inside the arguments; the arguments themselves where the model did not keep to the schema. */
function customInput(args: string): string {
  const input = parseRecord(args)?.[CUSTOM_INPUT];
  return typeof input === "string" ? input : args === "{}" ? "" : args;
}
