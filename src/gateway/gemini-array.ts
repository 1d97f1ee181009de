import { latin1 } from "../lib/bytes.ts";
import { frameData, splitFrames } from "../lib/sse.ts";

/**
 * Gemini's stream without `alt=sse` is one JSON array whose elements come one by one. Upstreams are always asked for events, so
 * that every stream can be watched the same way; this writes them as the array.
 */
export class GeminiArray {
  #begun = false;

  /** Event frames in, array elements out. */
  write(block: Uint8Array): Uint8Array {
    const text = latin1(block);
    let out = "";
    for (const frame of splitFrames(text)) {
      const data = frameData(text, frame);
      if (data !== null) out += this.#element(data);
    }
    return Buffer.from(out, "latin1");
  }

  /** White space is a sign of life, before the array as well as inside it. */
  ping(): Uint8Array {
    return Buffer.from("\n");
  }

  end(): Uint8Array {
    return Buffer.from(this.#begun ? "]" : "[]");
  }

  /** The error object as the last element. */
  error(json: string): string {
    return `${this.#element(json)}]`;
  }

  #element(json: string): string {
    const before = this.#begun ? ",\r\n" : "[";
    this.#begun = true;
    return before + json;
  }
}
