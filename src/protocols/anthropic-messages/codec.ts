import type { ClientCodec, UpstreamCodec } from "../codec.ts";
import { encodeAnswer } from "./client-answer.ts";
import { decodeRequest, fieldName } from "./client-request.ts";
import { encodeStream } from "./client-stream.ts";
import { withoutForeignSignatures } from "./foreign-signatures.ts";
import { decodeAnswer } from "./upstream-answer.ts";
import { encodeRequest } from "./upstream-request.ts";
import { decodeStream } from "./upstream-stream.ts";

/** Claude Code and Anthropic's SDKs on other vendors' models. */
export const messagesClient: ClientCodec = {
  decodeRequest,
  fieldName,
  withoutForeignSignatures,
  encodeAnswer,
  encodeStream,
};

/** Clients of other formats on Claude. */
export const messagesUpstream: UpstreamCodec = { encodeRequest, decodeAnswer, decodeStream };
