import type { ClientCodec, UpstreamCodec } from "../codec.ts";
import { encodeGeminiAnswer } from "./client-answer.ts";
import { decodeGeminiRequest } from "./client-request.ts";
import { encodeGeminiStream } from "./client-stream.ts";
import { geminiFieldName } from "./field-names.ts";
import { withoutForeignSignatures } from "./foreign-signatures.ts";
import { decodeGeminiAnswer } from "./upstream-answer.ts";
import { encodeGeminiRequest } from "./upstream-request.ts";
import { decodeGeminiStream } from "./upstream-stream.ts";

/** Gemini clients on other vendors. */
export const geminiClient: ClientCodec = {
  decodeRequest: decodeGeminiRequest,
  fieldName: geminiFieldName,
  withoutForeignSignatures,
  encodeAnswer: encodeGeminiAnswer,
  encodeStream: encodeGeminiStream,
};

/** Other clients on Gemini. */
export const geminiUpstream: UpstreamCodec = {
  encodeRequest: encodeGeminiRequest,
  decodeAnswer: decodeGeminiAnswer,
  decodeStream: decodeGeminiStream,
};
