import type { FinishReason, LlmEvent } from "../../llm/event.ts";
import type { Signature } from "../../llm/signature.ts";
import type { DecodeContext } from "../codec.ts";
import { standardBase64 } from "../data-url.ts";
import { brokenFormat } from "../upstream-failure.ts";
import { asRecord, readCount } from "../usage.ts";
import { codeText } from "./code-parts.ts";
import { isFinishReason, readFinish } from "./finish.ts";
import { readCitations } from "./grounding.ts";
import { readStatus } from "./status.ts";
import { readGeminiUsage } from "./usage.ts";

type Json = Record<string, unknown>;

/** Reads GenerateContentResponses, the chunks of a stream or one whole answer, into neutral events. */
export interface ResponseReader {
  /** One parsed response, or a list of them. Never throws; after an error it gives nothing more. */
  read(response: unknown): LlmEvent[];
  /** No more will come. Null when a candidate has not finished; `isWhole`: nothing can be missing, so an unnamed end is "other". */
  end(isWhole: boolean): LlmEvent[] | null;
}

interface Candidate {
  /** Stays open after its signature for the sources that may still come; further text begins a new one. */
  open: { readonly block: number; readonly kind: "text" | "reasoning"; isSigned: boolean } | null;
  /** The open text block's text so far: the ranges of citations are in it. */
  text: string;
  hasCalls: boolean;
  hasContent: boolean;
  finish: FinishReason | null;
  /** Where the sources stand; they grow from chunk to chunk, the last ones count. */
  sources: Json | null;
}

export function readResponses(context: DecodeContext): ResponseReader {
  const candidates = new Map<number, Candidate>();
  let blocks = 0;
  let hasStarted = false;
  let hasFailed = false;
  let refusal: FinishReason | null = null;

  const fail = (error: Extract<LlmEvent, { type: "error" }>["error"]): LlmEvent => {
    hasFailed = true;
    return { type: "error", error };
  };

  const candidateAt = (index: number): Candidate => {
    let candidate = candidates.get(index);
    if (candidate === undefined) {
      candidate = { open: null, text: "", hasCalls: false, hasContent: false, finish: null, sources: null };
      candidates.set(index, candidate);
    }
    return candidate;
  };

  const close = (candidate: Candidate, out: LlmEvent[]) => {
    const { open } = candidate;
    if (open === null) return;
    candidate.open = null;
    if (open.kind === "text" && candidate.sources !== null) {
      for (const citation of readCitations(candidate.sources, candidate.text)) {
        out.push({ type: "citation", block: open.block, citation });
      }
      candidate.sources = null;
    }
    out.push({ type: "block_end", block: open.block });
  };

  /** A piece of text or thought; pieces in a row are one block, which a signature ends. */
  const addText = (piece: TextPiece, candidate: Candidate, choice: number, out: LlmEvent[]) => {
    const { text, signature } = piece;
    if (text === "" && signature === null) return;
    // A signature on nothing belongs to what was just said; if nothing was, it stands alone, as reasoning without words.
    const isAdded = candidate.open !== null && !candidate.open.isSigned;
    const kind = text !== "" ? piece.kind : isAdded ? (candidate.open?.kind ?? piece.kind) : "reasoning";
    if (candidate.open === null || candidate.open.isSigned || candidate.open.kind !== kind) {
      close(candidate, out);
      const block = blocks++;
      candidate.open = { block, kind, isSigned: false };
      candidate.text = "";
      const start = { type: "block_start", block, choice } as const;
      out.push(kind === "text" ? { ...start, kind } : { ...start, kind, redacted: false });
    }
    const { block } = candidate.open;
    if (text !== "") {
      if (kind === "text") candidate.text += text;
      out.push({ type: "delta", block, text });
    }
    if (signature !== null) {
      out.push({ type: "signature", block, signature });
      candidate.open.isSigned = true;
    }
  };

  const addCall = (call: Json, signature: Signature | null, candidate: Candidate, choice: number, out: LlmEvent[]) => {
    close(candidate, out);
    candidate.hasCalls = true;
    const block = blocks++;
    const given = typeof call.name === "string" ? call.name : "";
    const id = typeof call.id === "string" && call.id !== "" ? call.id : context.newCallId();
    out.push({
      type: "block_start",
      block,
      choice,
      kind: "tool_call",
      id,
      name: context.toolNames.get(given) ?? given,
    });
    out.push({ type: "delta", block, text: JSON.stringify(asRecord(call.args) ?? {}) });
    if (signature !== null) out.push({ type: "signature", block, signature });
    out.push({ type: "block_end", block });
  };

  const addMedia = (
    media: Json,
    signature: Signature | null,
    candidate: Candidate,
    choice: number,
    out: LlmEvent[],
  ) => {
    if (typeof media.data !== "string" || media.data === "") return;
    close(candidate, out);
    const block = blocks++;
    const mediaType = typeof media.mimeType === "string" ? media.mimeType : "application/octet-stream";
    const base64 = standardBase64(media.data) ?? media.data;
    out.push({ type: "block_start", block, choice, kind: "media", mediaType, base64 });
    if (signature !== null) out.push({ type: "signature", block, signature });
    out.push({ type: "block_end", block });
  };

  const addPart = (part: Json, candidate: Candidate, choice: number, out: LlmEvent[]) => {
    // What Gemini's own tools did on the way is no part of the answer for others; nor is its signature.
    if (part.toolCall !== undefined || part.toolResponse !== undefined) return;
    const signature = signatureOf(part.thoughtSignature);
    const call = asRecord(part.functionCall);
    const media = asRecord(part.inlineData);
    if (call !== null) return addCall(call, signature, candidate, choice, out);
    // Pictures among the thoughts are drafts of those that follow.
    if (media !== null) return part.thought === true ? undefined : addMedia(media, signature, candidate, choice, out);
    const file = asRecord(part.fileData)?.fileUri;
    const words =
      typeof part.text === "string" ? part.text : (codeText(part) ?? (typeof file === "string" ? file : ""));
    addText({ kind: part.thought === true ? "reasoning" : "text", text: words, signature }, candidate, choice, out);
  };

  /** False when the candidate ended in a way that is no answer. */
  const addCandidate = (value: Json, out: LlmEvent[]): boolean => {
    const choice = readCount(value.index) ?? 0;
    const candidate = candidateAt(choice);
    // Before its parts: their text may end within this response.
    if (value.groundingMetadata !== undefined || value.citationMetadata !== undefined) candidate.sources = value;
    const parts = asRecord(value.content)?.parts;
    if (Array.isArray(parts)) {
      for (const each of parts as unknown[]) {
        const part = asRecord(each);
        if (part === null) continue;
        candidate.hasContent = true;
        addPart(part, candidate, choice, out);
      }
    }
    if (!isFinishReason(value.finishReason)) return true;
    const raw = value.finishReason;
    const unified = readFinish(raw);
    const message = typeof value.finishMessage === "string" && value.finishMessage !== "" ? value.finishMessage : null;
    if (unified === "error") {
      out.push(
        fail({ status: 502, code: raw.toLowerCase(), message: message ?? `The model's answer is unusable: ${raw}.` }),
      );
      return false;
    }
    candidate.finish = { unified, raw, ...(message === null ? {} : { explanation: message }) };
    return true;
  };

  const readOne = (value: unknown): LlmEvent[] => {
    const response = asRecord(value);
    if (response === null) return [fail(brokenFormat("The upstream sent something that is no response."))];
    if (response.error !== undefined && response.error !== null) return [fail(readStatus(response.error))];
    const out: LlmEvent[] = [];
    if (!hasStarted) {
      hasStarted = true;
      out.push({ type: "start", id: textOrNull(response.responseId), model: textOrNull(response.modelVersion) });
    }
    for (const each of Array.isArray(response.candidates) ? (response.candidates as unknown[]) : []) {
      const candidate = asRecord(each);
      if (candidate !== null && !addCandidate(candidate, out)) return out;
    }
    const feedback = asRecord(response.promptFeedback);
    const reason = feedback?.blockReason;
    if (typeof reason === "string" && reason !== "" && reason !== "BLOCKED_REASON_UNSPECIFIED") {
      const why = textOrNull(feedback?.blockReasonMessage) ?? `The prompt was blocked: ${reason}.`;
      refusal = { unified: "content_filter", raw: reason, explanation: why };
    }
    const usage = readGeminiUsage(response.usageMetadata);
    if (usage !== null) out.push({ type: "usage", usage, raw: response.usageMetadata });
    return out;
  };

  return {
    read(response) {
      const out: LlmEvent[] = [];
      for (const each of Array.isArray(response) ? (response as unknown[]) : [response]) {
        if (hasFailed) break;
        out.push(...readOne(each));
      }
      return out;
    },
    // Finishes wait until here: some upstreams write STOP in every chunk.
    end(isWhole) {
      if (hasFailed) return [];
      if (candidates.size === 0) return refusal === null ? null : [{ type: "finish", choice: 0, reason: refusal }];
      const out: LlmEvent[] = [];
      for (const [choice, candidate] of [...candidates].sort(([a], [b]) => a - b)) {
        const given = candidate.finish ?? refusal ?? (isWhole && candidate.hasContent ? UNNAMED : null);
        if (given === null) return null;
        close(candidate, out);
        const reason: FinishReason =
          given.unified === "stop" && candidate.hasCalls ? { ...given, unified: "tool_calls" } : given;
        out.push({ type: "finish", choice, reason });
      }
      return out;
    },
  };
}

const UNNAMED: FinishReason = { unified: "other", raw: null };

interface TextPiece {
  readonly kind: "text" | "reasoning";
  readonly text: string;
  readonly signature: Signature | null;
}

function signatureOf(value: unknown): Signature | null {
  return typeof value === "string" && value !== "" ? { vendor: "gemini", value } : null;
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
