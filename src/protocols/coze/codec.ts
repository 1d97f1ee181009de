import type { UpstreamCodec } from "../codec.ts";
import { isRecord } from "../fields.ts";
import { brokenFormat, failedAnswer } from "../upstream-failure.ts";
import { readFailure } from "./failure.ts";
import { encodeRequest } from "./upstream-request.ts";
import { decodeStream } from "./upstream-stream.ts";

/** Coze's v3 chat as an upstream; no client speaks it. */
export const cozeUpstream: UpstreamCodec = {
  encodeRequest,
  decodeStream,
  // Every request asks for a stream, so a JSON body is an error with status 200, or nothing that could be read as an answer.
  decodeAnswer: (body) => {
    const isError = isRecord(body) && body.code !== undefined && body.code !== 0;
    throw failedAnswer(
      isError ? readFailure(body) : brokenFormat("The upstream answered a streamed request without a stream."),
    );
  },
};
