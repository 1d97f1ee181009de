import { type Json, parsed } from "./said.ts";

/** One event of a stream as the WHATWG grammar reads it. */
export interface SseFrame {
  readonly event: string | null;
  /** Null: a frame without data, such as a comment alone. */
  readonly data: string | null;
  /** The data as JSON; undefined when it is none. */
  readonly json: Json;
  readonly hasComment: boolean;
  /** Ended by an empty line. */
  readonly isWhole: boolean;
}

/** Written apart from src/lib/sse.ts on purpose: what reads the gateway's output must not share its mistakes. */
export function readFrames(text: string): SseFrame[] {
  const frames: SseFrame[] = [];
  let lines: string[] = [];
  const take = (isWhole: boolean) => {
    if (lines.length === 0) return;
    const fields = lines.map((line) => {
      const colon = line.indexOf(":");
      if (colon < 0) return { name: line, value: "" };
      return { name: line.slice(0, colon), value: line.slice(colon + 1).replace(/^ /, "") };
    });
    lines = [];
    const data = fields.filter(({ name }) => name === "data").map(({ value }) => value);
    const whole = data.length === 0 ? null : data.join("\n");
    frames.push({
      event: fields.findLast(({ name }) => name === "event")?.value ?? null,
      data: whole,
      json: whole === null ? undefined : parsed(whole),
      hasComment: fields.some(({ name }) => name === ""),
      isWhole,
    });
  };
  for (const line of text.replace(/^\ufeff/, "").split(/\r\n|\n|\r/)) {
    if (line === "") take(true);
    else lines.push(line);
  }
  take(false);
  return frames;
}
