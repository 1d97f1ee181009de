/**
 * A stream's frames as bytes, in a form that is odd but right by the WHATWG grammar: CRLF, CR or a mixture, a byte order mark, comments,
 * ids and retry fields, data in several lines, empty lines and frames without data.
 */
export function dress(frames: readonly string[], random: () => number): Uint8Array {
  return write(frames, random, (frame, happens) => {
    if (happens(12)) return `: glued\n${frame}`;
    if (happens(12)) return `id: 7\n${frame}`;
    if (happens(16)) return `${frame}event: keep-alive\n\n`;
    return happens(8) ? inLines(frame) : frame;
  });
}

/** The same, but with nothing at which an official SDK stumbles: for streams that pass as they are. */
export function dressGently(frames: readonly string[], random: () => number): Uint8Array {
  return write(frames, random, (frame) => frame);
}

type Happens = (times: number) => boolean;

function write(
  frames: readonly string[],
  random: () => number,
  change: (frame: string, happens: Happens) => string,
): Uint8Array {
  const happens = (times: number) => random() * times < 1;
  const either = () => (happens(2) ? "\n" : "\r\n");
  const newline = pick([() => "\n", () => "\r\n", () => "\r", either], random);
  const parts: string[] = [happens(3) ? "\ufeff" : ""];
  for (const frame of frames) {
    if (happens(6)) parts.push(": keep-alive\n\n");
    if (happens(8)) parts.push("\n\n");
    if (happens(12)) parts.push("retry: 3000\n\n");
    parts.push(change(frame, happens));
  }
  return Buffer.from(parts.join("").replaceAll("\n", newline));
}

function pick<T>(list: readonly T[], random: () => number): T {
  return list[Math.floor(random() * list.length)]!;
}

/** JSON over several data lines, which the reader puts together again. */
function inLines(frame: string): string {
  return frame.replace(/^data: ?([^\n]*)$/m, (line, data: string) => {
    if (!data.startsWith("{")) return line;
    const lines = JSON.stringify(JSON.parse(data), null, 1).split("\n");
    return lines.map((each) => `data: ${each}`).join("\n");
  });
}

/** The same bytes as a network might bring them. */
export function chop(bytes: Uint8Array, random: () => number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    const size = random() < 0.3 ? 1 + Math.floor(random() * 4) : 1 + Math.floor(random() * 400);
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}
