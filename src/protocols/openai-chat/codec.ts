import type { ClientCodec, UpstreamCodec } from "../codec.ts";
import { encodeChatAnswer } from "./client-answer.ts";
import { CHAT_FIELD_NAMES, decodeChatRequest } from "./client-request.ts";
import { encodeChatStream } from "./client-stream.ts";
import { withoutForeignSignatures } from "./foreign-signatures.ts";
import { decodeChatAnswer } from "./upstream-answer.ts";
import { encodeChatRequest } from "./upstream-request.ts";
import { decodeChatStream } from "./upstream-stream.ts";

/** Chat completions on their way to and from another format. */
export const chatClient: ClientCodec = {
  decodeRequest: decodeChatRequest,
  fieldName: (field) => CHAT_FIELD_NAMES[field],
  withoutForeignSignatures,
  encodeAnswer: encodeChatAnswer,
  encodeStream: encodeChatStream,
};

export const chatUpstream: UpstreamCodec = {
  encodeRequest: encodeChatRequest,
  decodeAnswer: decodeChatAnswer,
  decodeStream: decodeChatStream,
};
