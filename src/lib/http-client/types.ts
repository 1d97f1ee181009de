/** Where a connection goes: an address that has been checked already. Two peers with equal `key` share connections. */
export interface Peer {
  readonly key: string;
  /** IPv4 or IPv6, without brackets. */
  readonly address: string;
  readonly port: number;
  /** Null: no TLS. Otherwise the name (or address) that the certificate must be for; a name is also sent as SNI. */
  readonly tlsName: string | null;
}

export interface HttpRequest {
  readonly peer: Peer;
  readonly method: string;
  /** Path and query, percent-encoded. */
  readonly target: string;
  /**
   * Lower-case names, `host` among them. `content-length` and `transfer-encoding` are written from the body; only a stream may
   * bring its own `content-length`, else it goes chunked. What is given for many requests is frozen: it is written once.
   */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | ReadableStream<Uint8Array> | null;
}

export interface SendOptions {
  /** For TCP and TLS together. */
  readonly connectTimeoutMs: number;
  /** Never take an idle connection: for the second try after one that had gone stale. */
  readonly fresh?: boolean;
}

export interface HeaderView {
  /** By lower-case name; repeated fields joined by ", ". */
  get(name: string): string | null;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: HeaderView;
  readonly body: HttpBody;
}

/** One reader, one read at a time. Blocks belong to the reader: nobody writes to them again. */
export interface HttpBody {
  /** By content-length; 0 where there is no body, null when unknown. */
  readonly length: number | null;
  /**
   * Everything that has come and was not read yet, as one block; null at the proper end. A promise only when nothing is there.
   * Throws or rejects with HttpError when it broke off, after what came before has been read.
   */
  read(): Uint8Array | null | Promise<Uint8Array | null>;
  /**
   * The same without promises, for who reads thousands of bodies block by block: undefined when nothing is there yet; then
   * `whenReadable` calls back once there is something to poll for (bytes, the end, or what broke off).
   */
  poll(): Uint8Array | null | undefined;
  whenReadable(callback: () => void): void;
  /**
   * The whole rest; at once when all of it is there, the usual case of a short answer. Throws or rejects with HttpError,
   * "too_large" beyond `limit` bytes (the connection is closed then).
   */
  readAll(limit: number): Uint8Array | Promise<Uint8Array>;
  /** Not interested any more: closes the connection unless the end has come. Nothing may be read after. */
  cancel(): void;
}
