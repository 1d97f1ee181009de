import type { Wire } from "../../../src/llm/names.ts";
import { chatVendor } from "./chat.ts";
import { cozeVendor } from "./coze.ts";
import { geminiVendor } from "./gemini.ts";
import { messagesVendor } from "./messages.ts";
import { responsesVendor } from "./responses.ts";
import type { Vendor } from "./speech.ts";

/** A stand-in for every wire that an upstream may speak. */
export const vendors: Readonly<Record<Wire, Vendor>> = {
  "openai-chat": chatVendor,
  "openai-responses": responsesVendor,
  "anthropic-messages": messagesVendor,
  gemini: geminiVendor,
  coze: cozeVendor,
};
