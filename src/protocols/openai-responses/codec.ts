import type { ClientCodec, UpstreamCodec } from "../codec.ts";
import { encodeAnswer } from "./client-answer.ts";
import { decodeRequest } from "./client-request.ts";
import { encodeStream } from "./client-stream.ts";
import { fieldName } from "./field-names.ts";
import { withoutForeignSignatures } from "./foreign-signatures.ts";
import { decodeAnswer } from "./upstream-answer.ts";
import { encodeRequest } from "./upstream-request.ts";
import { decodeStream } from "./upstream-stream.ts";

/** Codex, the Agents SDK and everybody else who calls /v1/responses, on any upstream. */
export const responsesClient: ClientCodec = {
  decodeRequest,
  fieldName,
  withoutForeignSignatures,
  encodeAnswer,
  encodeStream,
};

/** OpenAI's models that take tools and reasoning only at /v1/responses, for clients of any other format (wire.md fact 2). */
export const responsesUpstream: UpstreamCodec = { encodeRequest, decodeAnswer, decodeStream };
