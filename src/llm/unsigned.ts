import type { LlmRequest, Message, OutputPart } from "./request.ts";
import type { SignatureVendor } from "./signature.ts";

export const SIGNATURE_VENDORS: ReadonlySet<SignatureVendor> = new Set(["anthropic", "gemini", "openai", "coze"]);

/** Worth nothing to another key of the same vendor, and refused by it; Anthropic's are good for every key. */
export const KEY_BOUND: ReadonlySet<SignatureVendor> = new Set(["gemini", "openai", "coze"]);

/** The conversation without what these vendors signed; the same object when they signed nothing. */
export function withoutSignatures(request: LlmRequest, vendors: ReadonlySet<SignatureVendor>): LlmRequest {
  const isSigned = (part: OutputPart) =>
    "signature" in part &&
    part.signature !== undefined &&
    part.signature !== null &&
    vendors.has(part.signature.vendor);
  let isChanged = false;
  const messages = request.messages.map((message): Message => {
    if (message.role !== "assistant" || !message.parts.some(isSigned)) return message;
    isChanged = true;
    return { role: "assistant", parts: message.parts.flatMap((part) => (isSigned(part) ? unsigned(part) : [part])) };
  });
  return isChanged ? { ...request, messages } : request;
}

function unsigned(part: OutputPart): OutputPart[] {
  switch (part.type) {
    case "reasoning": // without a signature, withheld thoughts are nothing
      return part.redacted || part.text === "" ? [] : [{ ...part, signature: null }];
    case "tool_call":
      return [{ ...part, signature: null }];
    case "refusal":
      return [part];
    default: {
      const { signature: _signature, ...rest } = part;
      return rest.type === "text" && rest.text === "" ? [] : [rest];
    }
  }
}
