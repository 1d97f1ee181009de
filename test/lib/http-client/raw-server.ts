import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import type { Peer } from "../../../src/lib/http-client/types.ts";

/** A server that says what a test tells it, byte for byte: connection after connection is handed out, and nothing answers by itself. */
export class RawServer {
  readonly connections: RawConnection[] = [];
  #waiting: { readonly count: number; readonly resolve: (connection: RawConnection) => void }[] = [];
  /** The handshakes that came to nothing. */
  failedHandshakes = 0;

  private constructor(
    private readonly server: Server,
    private readonly tlsName: string | null,
  ) {
    server.on(tlsName === null ? "connection" : "secureConnection", (socket: Socket) => {
      this.connections.push(new RawConnection(socket));
      const count = this.connections.length;
      this.#waiting = this.#waiting.filter(
        (each) => each.count !== count || each.resolve(this.connections[count - 1]!),
      );
    });
    server.on("tlsClientError", () => this.failedHandshakes++);
  }

  static async start(host = "127.0.0.1"): Promise<RawServer> {
    return RawServer.#listen(new RawServer(createServer({ noDelay: true }), null), host);
  }

  /** `tlsName` is what its peers are to ask for. */
  static async startTls(tlsName: string, options: TlsOptions): Promise<RawServer> {
    return RawServer.#listen(new RawServer(createTlsServer({ noDelay: true, ...options }), tlsName), "127.0.0.1");
  }

  static async #listen(raw: RawServer, host: string): Promise<RawServer> {
    await new Promise<void>((resolve) => raw.server.listen(0, host, resolve));
    return raw;
  }

  get peer(): Peer {
    const { address, port } = this.server.address() as { readonly address: string; readonly port: number };
    return { key: `${address}:${port}`, address, port, tlsName: this.tlsName };
  }

  /** The connection that comes as number `count` (1 is the first). */
  connection(count: number): Promise<RawConnection> {
    const known = this.connections[count - 1];
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve) => this.#waiting.push({ count, resolve }));
  }

  async close(): Promise<void> {
    for (const connection of this.connections) connection.socket.destroy();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }
}

export class RawConnection {
  /** Everything that has come on it, as latin1. */
  text = "";
  /** Resolves when the other side has ended it, or it broke. */
  readonly closed: Promise<void>;
  #changed: (() => void)[] = [];

  constructor(readonly socket: Socket) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    socket.on("data", (bytes: Buffer) => {
      this.text += bytes.toString("latin1");
      for (const changed of this.#changed.splice(0)) changed();
    });
    socket.on("error", () => {});
    socket.on("end", resolve);
    socket.on("close", () => resolve());
  }

  /** Resolves when what has come satisfies the test. */
  async until(holds: (text: string) => boolean): Promise<string> {
    while (!holds(this.text)) await new Promise<void>((resolve) => this.#changed.push(resolve));
    return this.text;
  }

  /** Resolves when `count` heads have come. */
  heads(count: number): Promise<string> {
    return this.until((text) => text.split("\r\n\r\n").length > count);
  }

  write(text: string | Uint8Array): void {
    this.socket.write(typeof text === "string" ? Buffer.from(text, "latin1") : text);
  }

  /** Answers with this once the next head has come. */
  async answer(text: string, count = 1): Promise<void> {
    await this.heads(count);
    this.write(text);
  }

  end(): void {
    this.socket.end();
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }
}
