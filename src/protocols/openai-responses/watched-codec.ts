import type { ClientCodec } from "../codec.ts";
import { isRecord, type JsonRecord } from "../fields.ts";

/** The codec, but that `onResponse` gets each Response object that has come to its end, as the client gets it. */
export function watchResponses(codec: ClientCodec, onResponse: (response: JsonRecord) => void): ClientCodec {
  const take = (response: unknown) => {
    if (isRecord(response)) onResponse(response);
  };
  return {
    ...codec,
    encodeAnswer: (answer, context) => {
      const response = codec.encodeAnswer(answer, context);
      take(response);
      return response;
    },
    encodeStream: (context) => {
      const encoder = codec.encodeStream(context);
      return {
        push: (event) => encoder.push(event),
        end: () => {
          const frames = encoder.end();
          take(terminalResponse(frames));
          return frames;
        },
        get sequence() {
          return encoder.sequence;
        },
      };
    },
  };
}

/** The last frame of a stream carries the whole response. */
function terminalResponse(frames: string): unknown {
  const start = frames.lastIndexOf("\ndata: ");
  return start < 0 ? null : (JSON.parse(frames.slice(start + 7)) as JsonRecord).response;
}
