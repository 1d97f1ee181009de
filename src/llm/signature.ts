/**
 * A vendor's proof of its own reasoning (Anthropic's `signature` and redacted data, Gemini's `thoughtSignature`, OpenAI's
 * `encrypted_content`). It is worth something only to the vendor and the upstream key that made it, and only byte for byte.
 */
export interface Signature {
  readonly vendor: SignatureVendor;
  readonly value: string;
  /** The vendor's id of the reasoning item (OpenAI's `rs_…`), where it has one. */
  readonly id?: string;
}

/**
 * Coze signs nothing, but its tool calls can only be answered in the chat that made them: that chat travels as the calls'
 * signature (protocols/coze/chat-reference.ts).
 */
export type SignatureVendor = "anthropic" | "gemini" | "openai" | "coze";

/**
 * What a carried signature belongs to, when that is not the part in whose field it stands. Formats have fields for some signatures
 * only (Anthropic and Responses for thoughts), but Gemini signs calls, texts and pictures too: those travel in a field beside and
 * say where they belong. The words are the same in all formats, so that a conversation may move between them; `placeSignatures`
 * (llm/place-signatures.ts) puts them back.
 */
export type SignaturePlace =
  /** Thoughts whose text is withheld: formats tell them apart from empty ones in different ways, or not at all. */
  | "redacted"
  /** The text, picture or file that comes next. */
  | "next"
  /** The one before: a stream learns a text's signature at the text's end. */
  | "previous"
  /** A text without characters, which most formats cannot hold, at this place. */
  | "empty_text"
  /** The call with this id. */
  | `call:${string}`;

export function placeOfCall(id: string): SignaturePlace {
  return `call:${id}`;
}

export interface CarriedSignature {
  readonly signature: Signature;
  /** Null: it belongs to the part in whose field it stands. */
  readonly place: SignaturePlace | null;
}

/** Where a client's format has a field for signatures, another vendor's travels in it under this mark. */
const MARK = "sluice.sig.1.";

/** One string for a field of another vendor's format; base64url text of `[vendor, value, id?, place?]`, so it survives every such field. */
export function packSignature({ vendor, value, id }: Signature, place: SignaturePlace | null = null): string {
  const parts =
    place !== null ? [vendor, value, id ?? null, place] : id === undefined ? [vendor, value] : [vendor, value, id];
  return MARK + Buffer.from(JSON.stringify(parts)).toString("base64url");
}

/** Null for what is not ours or is broken: such a signature is skipped, never guessed at. */
export function unpackSignature(text: string): CarriedSignature | null {
  if (!text.startsWith(MARK)) return null;
  try {
    const parts: unknown = JSON.parse(Buffer.from(text.slice(MARK.length), "base64url").toString());
    if (!Array.isArray(parts)) return null;
    const [vendor, value, id, place] = parts as unknown[];
    if (!isVendor(vendor) || typeof value !== "string" || value === "") return null;
    const signature: Signature = typeof id === "string" ? { vendor, value, id } : { vendor, value };
    return { signature, place: isPlace(place) ? place : null };
  } catch {
    return null;
  }
}

/** A signature as a client sent it back in a field of `native`'s format: its own, or a packed one. Null: skip it. */
export function readCarried(text: string, native: SignatureVendor): CarriedSignature | null {
  if (text === "") return null;
  return text.startsWith(MARK) ? unpackSignature(text) : { signature: { vendor: native, value: text }, place: null };
}

/** The same from a field that only what it belongs to can have: a call's own. */
export function readSignature(text: string, native: SignatureVendor): Signature | null {
  return readCarried(text, native)?.signature ?? null;
}

/** The field's text for a client whose format is `native`'s: its own value as it is, any other and any that is out of place packed. */
export function writeSignature(
  signature: Signature,
  native: SignatureVendor,
  place: SignaturePlace | null = null,
): string {
  const isPlain = signature.vendor === native && signature.id === undefined && place === null;
  return isPlain ? signature.value : packSignature(signature, place);
}

/** Latin1 or UTF-8 body text that holds a packed signature cannot go upstream as it is: no vendor knows ours. */
export function holdsPackedSignature(body: { includes(text: string): boolean }): boolean {
  return body.includes(MARK);
}

function isVendor(value: unknown): value is SignatureVendor {
  return value === "anthropic" || value === "gemini" || value === "openai" || value === "coze";
}

function isPlace(value: unknown): value is SignaturePlace {
  return typeof value === "string" && /^(?:redacted|next|previous|empty_text)$|^call:./s.test(value);
}
