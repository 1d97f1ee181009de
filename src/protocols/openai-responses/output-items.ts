import type { Citation } from "../../llm/request.ts";
import type { ImageFormat } from "./image-format.ts";
import type { ItemStatus } from "./response-object.ts";

/** The output items that this codec writes; typing: openai 7 ResponseOutputItem. */
export type OutputItem =
  | {
      readonly type: "message";
      readonly id: string;
      readonly status: ItemStatus;
      readonly role: "assistant";
      readonly content: readonly ContentPart[];
    }
  | {
      readonly type: "reasoning";
      readonly id: string;
      readonly summary: readonly SummaryPart[];
      readonly encrypted_content?: string;
    }
  | {
      readonly type: "function_call";
      readonly id: string;
      readonly call_id: string;
      readonly name: string;
      readonly namespace?: string;
      readonly arguments: string;
      readonly status: ItemStatus;
    }
  | {
      readonly type: "custom_tool_call";
      readonly id: string;
      readonly call_id: string;
      readonly name: string;
      readonly namespace?: string;
      readonly input: string;
      readonly status: ItemStatus;
    }
  | {
      readonly type: "image_generation_call";
      readonly id: string;
      readonly status: "completed";
      readonly result: string;
      readonly output_format: ImageFormat | null;
    };

export type ContentPart =
  | {
      readonly type: "output_text";
      readonly text: string;
      readonly annotations: readonly Annotation[];
      readonly logprobs: readonly never[];
    }
  | { readonly type: "refusal"; readonly refusal: string };

export interface SummaryPart {
  readonly type: "summary_text";
  readonly text: string;
}

export interface Annotation {
  readonly type: "url_citation";
  readonly url: string;
  readonly title: string;
  readonly start_index: number;
  readonly end_index: number;
}

export function contentPart(kind: "text" | "refusal", text: string, annotations: readonly Annotation[]): ContentPart {
  if (kind === "refusal") return { type: "refusal", refusal: text };
  return { type: "output_text", text, annotations, logprobs: [] };
}

/** Vendors that do not say where mean the whole text: Anthropic makes a block of its own of each text that it cites for. */
export function annotationOf({ url, title, start, end }: Citation, textLength: number): Annotation {
  return { type: "url_citation", url, title: title ?? "", start_index: start ?? 0, end_index: end ?? textLength };
}
