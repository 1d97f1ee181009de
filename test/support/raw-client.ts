import { connect, type Socket } from "node:net";

/** What came back on a connection that a test writes to by hand. `status` 0: it was closed without an answer. */
export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Sends bytes that no HTTP library would and reads the first answer to its end (by length, by chunks, or by the close). */
export async function talk(
  url: string,
  send: string | Uint8Array,
  more?: (socket: Socket) => void,
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const { promise, resolve } = Promise.withResolvers<void>();
  let text = "";
  const socket = connect({ host: hostname, port: Number(port) }, () => {
    socket.write(send);
    more?.(socket);
  });
  socket.on("data", (bytes: Buffer) => {
    text = (text + bytes.toString("latin1")).replace(/^HTTP\/1\.1 100 [^\r]*\r\n\r\n/, "");
    if (isWhole(text)) resolve();
  });
  socket.on("error", () => resolve());
  socket.on("close", () => resolve());
  await promise;
  socket.destroy();
  const end = text.indexOf("\r\n\r\n");
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0),
    head: end < 0 ? text : text.slice(0, end),
    body: end < 0 ? "" : text.slice(end + 4),
  };
}

function isWhole(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end + 2))?.[1];
  if (length !== undefined) return text.length >= end + 4 + Number(length);
  return text.endsWith("\r\n0\r\n\r\n");
}

/** A request as bytes: `headers` go in as they are written. */
export function request(
  line: string,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array = "",
): Uint8Array {
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`${line}\r\n${head.join("")}\r\n`, "latin1"), Buffer.from(body as string)]);
}
