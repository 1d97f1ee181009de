import { chatBody } from "./gateway.ts";
import { CLIENT_KEY } from "./sluice.ts";

/**
 * One HTTP/1.1 connection by hand: fetch would queue from 256 requests on, pool connections, and read as fast as it can.
 */
export interface Connection {
  /** Everything that came so far. */
  readonly text: string;
  readonly closed: Promise<void>;
  post(content: string, stream?: boolean): void;
  get(path: string): void;
  /** Resolves when `pattern` has come. Rejects when the connection closes before. */
  until(pattern: RegExp): Promise<string>;
  /** Stops and goes on reading: what is sent meanwhile waits in the sockets' buffers. */
  pause(): void;
  resume(): void;
  end(): void;
}

export async function connect(url: string): Promise<Connection> {
  const { hostname, port } = new URL(url);
  const decoder = new TextDecoder();
  const closed = Promise.withResolvers<void>();
  let text = "";
  let waiting: { pattern: RegExp; resolve: (text: string) => void; reject: (error: Error) => void }[] = [];
  const socket = await Bun.connect({
    hostname,
    port: Number(port),
    socket: {
      data(_, chunk) {
        text += decoder.decode(chunk, { stream: true });
        waiting = waiting.filter(({ pattern, resolve }) => !pattern.test(text) || resolve(text));
      },
      close() {
        closed.resolve();
        for (const { pattern, reject } of waiting) reject(new Error(`closed before ${pattern}: ${text.slice(-500)}`));
      },
      error() {},
    },
  });
  return {
    get text() {
      return text;
    },
    closed: closed.promise,
    post(content, stream = false) {
      const body = chatBody(content, stream);
      const head = ["POST /v1/chat/completions HTTP/1.1", "Host: sluice", `Authorization: Bearer ${CLIENT_KEY}`];
      head.push("Content-Type: application/json", `Content-Length: ${Buffer.byteLength(body)}`);
      socket.write(`${head.join("\r\n")}\r\n\r\n${body}`);
    },
    get: (path) => void socket.write(`GET ${path} HTTP/1.1\r\nHost: sluice\r\n\r\n`),
    until(pattern) {
      if (pattern.test(text)) return Promise.resolve(text);
      return new Promise((resolve, reject) => waiting.push({ pattern, resolve, reject }));
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    end: () => void socket.end(),
  };
}
