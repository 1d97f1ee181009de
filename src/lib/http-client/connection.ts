import { isIP } from "node:net";
import { checkServerIdentity } from "node:tls";
import type { Socket } from "bun";
import { Microbatch } from "../microbatch.ts";
import { HttpError } from "./errors.ts";
import type { Peer } from "./types.ts";

/** The call that a connection works for. */
export interface ConnectionUser {
  /** Connected, and for TLS: the peer has proved who it is. */
  onReady(connection: Connection): void;
  onData(block: Buffer): void;
  /** Whether what comes next may be handed over together with that of other connections: the parts of a stream may not wait. */
  readonly canWait: boolean;
  /** What was written is out of our hands. */
  onFlushed(): void;
  /** Over; called once. Before `onReady` it is the reason why there is no connection, after it the peer's end of it. */
  onClosed(error: HttpError): void;
}

/** Whoever keeps connections. */
export interface ConnectionKeeper {
  /** It is of no use any more, whoever ended it. */
  forget(connection: Connection): void;
  /** Attempts to connect that were given up and still hang in the kernel: Bun has no way to end them (1.4.5). */
  countLingering(peer: Peer, change: 1 | -1): void;
}

export interface DialOptions {
  readonly timeoutMs: number;
  readonly ca: string | readonly string[] | undefined;
}

type State = "dialling" | "open" | "closed";

/** One socket: dialling, TLS, writes that the kernel takes only in part, and the word of its end. Knows nothing of HTTP. */
export class Connection {
  /** Calls begun on it. */
  uses = 0;
  idleSinceMs = 0;
  #state: State = "dialling";
  /** Bun was asked to connect and has not said yet how that went. */
  #isPending = false;
  #socket: Socket<Connection> | null = null;
  #user: ConnectionUser | null;
  /** Null once it is connected: thousands of connections stand for hours. */
  #timer: ReturnType<typeof setTimeout> | null;
  /** What goes out soon; null: nothing. */
  #head: string | null = null;
  #body: Uint8Array | null = null;
  /** What the kernel has not taken yet. */
  #unsent: Uint8Array[] = [];
  /** What has come in this turn of the event loop. */
  #arrived: Buffer | null = null;

  private constructor(
    readonly peer: Peer,
    user: ConnectionUser,
    private readonly keeper: ConnectionKeeper,
    timeoutMs: number,
  ) {
    this.#user = user;
    this.#timer = setTimeout(expire, timeoutMs, this);
  }

  /** Starts to connect; the user hears `onReady` or `onClosed`, never before this has returned. */
  static dial(peer: Peer, user: ConnectionUser, keeper: ConnectionKeeper, options: DialOptions): Connection {
    const connection = new Connection(peer, user, keeper, options.timeoutMs);
    const { tlsName } = peer;
    const tls =
      tlsName === null
        ? undefined
        : {
            serverName: tlsName,
            // Said aloud, since NODE_TLS_REJECT_UNAUTHORIZED=0 would otherwise switch it off.
            rejectUnauthorized: true,
            ALPNProtocols: "http/1.1",
            ...(options.ca === undefined ? {} : { ca: options.ca as string | string[] }),
          };
    const socket = tlsName === null ? PLAIN : SECURE;
    queueMicrotask(() => {
      if (connection.#state === "closed") return;
      try {
        // A name would be resolved here, and lead past the check that the address has been through.
        if (isIP(peer.address) === 0) throw new Error("a peer needs an IP address");
        connection.#isPending = true;
        // Failures come by `connectError`; the promise says the same once more.
        Bun.connect<Connection>({ hostname: peer.address, port: peer.port, data: connection, tls, socket }).catch(
          () => {},
        );
      } catch (error) {
        connection.#isPending = false;
        connection.#end(new HttpError("connect_refused", "not an address to connect to", false, error));
      }
    });
    return connection;
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  get isFlushed(): boolean {
    return this.#head === null && this.#unsent.length === 0;
  }

  /** From now on this user's; null: idle. */
  use(user: ConnectionUser | null): void {
    this.#user = user;
    if (user !== null) this.uses++;
  }

  /** False when the kernel did not take all of it: the rest is kept (not copied) and `onFlushed` follows. */
  write(bytes: Uint8Array): boolean {
    if (this.#unsent.length > 0) {
      this.#unsent.push(bytes);
      return false;
    }
    // -1 means that the connection is ending; `onClosed` is on its way.
    const written = this.#socket?.write(bytes) ?? -1;
    if (written === bytes.length) return true;
    if (written >= 0) this.#unsent.push(bytes.subarray(written));
    return false;
  }

  /**
   * A head (latin1) and what comes with it, together with those of other connections, perhaps at the end of this turn. `onFlushed`
   * follows, or comes before this returns.
   */
  writeSoon(head: string, body: Uint8Array | null): void {
    this.#head = head;
    this.#body = body;
    departures.add(this);
  }

  /** Sends nothing more of what is still unsent. */
  dropUnsent(): void {
    this.#head = null;
    this.#body = null;
    this.#unsent = [];
  }

  pause(): void {
    this.#socket?.pause();
  }

  resume(): void {
    this.#socket?.resume();
  }

  /** Ends it from our side; nobody hears of it. While it is still dialling it ends as soon as Bun hands it over. */
  close(): void {
    this.#user = null;
    this.#end(null);
  }

  /** Ends it from our side; whoever uses it hears that the call was given up. */
  abandon(): void {
    this.#end(new HttpError("aborted", "the client was closed", this.uses > 1));
  }

  /** @internal The socket's events. */
  opened(socket: Socket<Connection>): void {
    this.#answered();
    this.#socket = socket;
    if (this.#state === "closed") {
      socket.terminate();
      return;
    }
    socket.setNoDelay(true);
    if (this.peer.tlsName === null) this.#ready();
  }

  /** @internal */
  shookHands(success: boolean, reason: Error | null): void {
    if (this.#state !== "dialling") return;
    const cause = success ? this.#identityError() : (reason ?? new Error("the handshake failed"));
    if (cause === null) this.#ready();
    else this.#end(new HttpError("tls", "no trusted TLS connection", false, cause));
  }

  /** @internal */
  received(block: Buffer): void {
    if (this.#user === null || this.#state !== "open") {
      // Nobody asked for anything: what comes now could be taken for the answer to the next call.
      this.close();
      return;
    }
    if (this.#arrived !== null) {
      // A second block in one turn is too rare for a list.
      this.deliver();
      this.received(block);
      return;
    }
    this.#arrived = block;
    if (this.#user.canWait) arrivals.add(this);
    else this.deliver();
  }

  /** @internal What has come goes to the call that it is for. */
  deliver(): void {
    const block = this.#arrived;
    this.#arrived = null;
    if (block === null || this.#state !== "open") return;
    try {
      this.#user?.onData(block);
    } catch (error) {
      this.ended(error); // as Bun does when a socket's handler throws
    }
  }

  /** @internal What is to go out goes out. */
  depart(): void {
    const head = this.#head;
    const body = this.#body;
    this.#head = null;
    this.#body = null;
    if (head === null || this.#state !== "open") return;
    try {
      this.#send(head, body ?? NOTHING);
    } catch (error) {
      this.ended(error);
    }
  }

  /** In one write, unless copying the body costs more than a second one. */
  #send(head: string, body: Uint8Array): void {
    const length = head.length + body.length;
    if (length > ONE_WRITE_BYTES) {
      this.#unsent.push(Buffer.from(head, "latin1"), body);
      this.drained();
      return;
    }
    outgoing.write(head, "latin1");
    outgoing.set(body, head.length);
    const written = Math.max(0, this.#socket!.write(outgoing, 0, length));
    if (written < length) this.#unsent.push(new Uint8Array(outgoing.subarray(written, length)));
    else this.#user?.onFlushed();
  }

  /** @internal */
  drained(): void {
    if (this.#state !== "open" || this.#unsent.length === 0) return;
    while (this.#unsent.length > 0) {
      const bytes = this.#unsent[0]!;
      const written = this.#socket!.write(bytes);
      if (written < bytes.length) {
        if (written > 0) this.#unsent[0] = bytes.subarray(written);
        return;
      }
      this.#unsent.shift();
    }
    this.#user?.onFlushed();
  }

  /** @internal */
  ended(cause: unknown): void {
    this.#answered();
    this.deliver();
    if (this.#state === "dialling") this.#end(dialError(this.#socket !== null, cause));
    else this.#end(new HttpError("closed", "the connection ended", this.uses > 1, cause));
  }

  /** @internal */
  expired(): void {
    this.#end(new HttpError("connect_timeout", "no connection within the time allowed", false));
  }

  #ready(): void {
    this.#stopTimer();
    this.#state = "open";
    this.#user?.onReady(this);
  }

  /**
   * Bun 1.4 has checked chain, dates and name by now and would not let us write otherwise; older and newer ones differed in that
   * more than once, and what depends on it is a key. So once more, once a connection.
   */
  #identityError(): Error | null {
    const socket = this.#socket!;
    if (!socket.authorized) return socket.getAuthorizationError() ?? new Error("the certificate was not verified");
    return checkServerIdentity(this.peer.tlsName!, socket.getPeerCertificate()) ?? null;
  }

  #answered(): void {
    if (this.#isPending && this.#state === "closed") this.keeper.countLingering(this.peer, -1);
    this.#isPending = false;
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #end(error: HttpError | null): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#stopTimer();
    this.dropUnsent();
    this.#arrived = null;
    this.#socket?.terminate();
    this.keeper.forget(this);
    if (this.#isPending) this.keeper.countLingering(this.peer, 1);
    const user = this.#user;
    this.#user = null;
    if (error !== null) user?.onClosed(error);
  }
}

/** Head and body go out in one write up to here. */
const ONE_WRITE_BYTES = 20_480;
/** Put together here: a socket has taken or copied everything when its `write` returns. */
const outgoing = Buffer.allocUnsafeSlow(ONE_WRITE_BYTES);
const NOTHING = new Uint8Array(0);

const arrivals = new Microbatch<Connection>((connection) => connection.deliver());
const departures = new Microbatch<Connection>((connection) => connection.depart());

/** One object for all sockets. A data event's Buffer is its own memory (Bun copies it out of the loop's): it may be kept. */
const PLAIN = {
  open(socket: Socket<Connection>) {
    socket.data.opened(socket);
  },
  data(socket: Socket<Connection>, block: Buffer) {
    socket.data.received(block);
  },
  drain(socket: Socket<Connection>) {
    socket.data.drained();
  },
  close(socket: Socket<Connection>, error?: Error) {
    socket.data.ended(error);
  },
  error(socket: Socket<Connection>, error: Error) {
    socket.data.ended(error);
  },
  connectError(socket: Socket<Connection>, error: Error) {
    socket.data.ended(error);
  },
};

/** With a `handshake` handler, `open` means TCP only, and what follows is ours to decide. */
const SECURE = {
  ...PLAIN,
  handshake(socket: Socket<Connection>, success: boolean, reason: Error | null) {
    socket.data.shookHands(success, reason);
  },
};

function expire(connection: Connection): void {
  connection.expired();
}

function dialError(isConnected: boolean, cause: unknown): HttpError {
  return isConnected
    ? new HttpError("tls", "the connection ended during the handshake", false, cause)
    : new HttpError("connect_refused", "no connection", false, cause);
}
