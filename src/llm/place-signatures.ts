import type { MediaPart, Message, OutputPart, TextPart } from "./request.ts";
import type { CarriedSignature, Signature, SignaturePlace } from "./signature.ts";

/** A signature on its way back to what it belongs to, while a client's conversation is read. */
export interface CarriedPart extends CarriedSignature {
  readonly type: "carried";
  readonly place: Exclude<SignaturePlace, "redacted">;
}

export type DraftPart = OutputPart | CarriedPart;
export type DraftMessage =
  | Exclude<Message, { readonly role: "assistant" }>
  | { readonly role: "assistant"; readonly parts: readonly DraftPart[] };

/** What a field for thoughts holds: thoughts, with their own signature or none, and perhaps a signature that belongs elsewhere. */
export function readThoughts(text: string, carried: CarriedSignature | null, isRedacted = false): DraftPart[] {
  const place = carried?.place ?? null;
  if (carried === null || place === null || place === "redacted") {
    const signature = carried?.signature ?? null;
    const redacted = signature !== null && (isRedacted || place === "redacted");
    return text === "" && signature === null ? [] : [{ type: "reasoning", text, signature, redacted }];
  }
  return [...readThoughts(text, null), { type: "carried", signature: carried.signature, place }];
}

/**
 * Gives all carried signatures to what they belong to. A text's whose text is not there stands for a text without characters; a
 * call's is looked for in its own turn first, for ids are not unique with every vendor, and forgotten when there is none.
 */
export function placeSignatures(messages: readonly DraftMessage[]): Message[] {
  const strayed = new Map<string, Signature>();
  const placed = messages.map((message): Message => {
    if (message.role !== "assistant") return message;
    const { parts, calls } = placeInTurn(message.parts);
    const signed = signCalls(parts, calls);
    for (const [id, signature] of calls) {
      if (!parts.some((part) => part.type === "tool_call" && part.id === id)) strayed.set(id, signature);
    }
    return { role: "assistant", parts: signed };
  });
  if (strayed.size === 0) return placed;
  return placed.map((message) =>
    message.role === "assistant" ? { role: "assistant", parts: signCalls(message.parts, strayed) } : message,
  );
}

interface PlacedTurn {
  readonly parts: readonly OutputPart[];
  /** By the id of the call they belong to. */
  readonly calls: ReadonlyMap<string, Signature>;
}

function placeInTurn(drafts: readonly DraftPart[]): PlacedTurn {
  const parts: OutputPart[] = [];
  const calls = new Map<string, Signature>();
  let waiting: Signature | null = null;
  const release = () => {
    if (waiting !== null) parts.push(emptyText(waiting));
    waiting = null;
  };
  for (const part of drafts) {
    if (part.type !== "carried") {
      const isMeant = waiting !== null && isSignable(part);
      if (!isMeant) release();
      parts.push(isMeant && waiting !== null ? { ...part, signature: waiting } : part);
      waiting = null;
      continue;
    }
    const { place, signature } = part;
    if (place.startsWith(CALL)) {
      calls.set(place.slice(CALL.length), signature);
      continue;
    }
    release();
    const last = parts.at(-1);
    if (place === "next") waiting = signature;
    else if (place === "previous" && isSignable(last)) parts[parts.length - 1] = { ...last, signature };
    else parts.push(emptyText(signature));
  }
  release();
  return { parts, calls };
}

const CALL = "call:";

function signCalls(parts: readonly OutputPart[], calls: ReadonlyMap<string, Signature>): readonly OutputPart[] {
  if (calls.size === 0) return parts;
  return parts.map((part) =>
    part.type === "tool_call" ? { ...part, signature: part.signature ?? calls.get(part.id) ?? null } : part,
  );
}

function isSignable(part: OutputPart | undefined): part is TextPart | MediaPart {
  if (part === undefined || part.type === "reasoning" || part.type === "tool_call" || part.type === "refusal")
    return false;
  return part.signature === undefined;
}

function emptyText(signature: Signature): TextPart {
  return { type: "text", text: "", signature };
}
