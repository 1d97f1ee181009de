import { createHmac, hkdfSync } from "node:crypto";
import { Seal, type SealKey, type SealPlace } from "./seal.ts";

const inspect = Symbol.for("nodejs.util.inspect.custom");

/** A value that must not be printed: string conversion, JSON and the inspector show a mask. `reveal()` is the only way in. */
export class Secret {
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
  }
  reveal(): string {
    return this.#value;
  }
  /** First 3 and last 4 characters; secrets under 12 characters show nothing. */
  preview(): string {
    return this.#value.length < 12 ? "…" : `${this.#value.slice(0, 3)}…${this.#value.slice(-4)}`;
  }
  toString(): string {
    return "[secret]";
  }
  toJSON(): string {
    return "[secret]";
  }
  [inspect](): string {
    return "[secret]";
  }
}

/** Seals and fingerprints with keys derived from the master key (HKDF-SHA-256, one per purpose). */
export class Vault {
  readonly #seal: Seal;
  readonly #fingerprint: Uint8Array;
  readonly #client: Uint8Array;
  readonly #mac: Uint8Array;
  /** For what people say and send: apart from the key of the secrets. */
  readonly contentKey: SealKey;
  /** First 4 bytes of a hash of the master key: tells a wrong key from damaged data. */
  readonly keyId: Buffer;

  /** `masterKey`: 32 bytes. */
  constructor(masterKey: Uint8Array) {
    if (masterKey.length !== 32) throw new RangeError("the master key must have 32 bytes");
    const derive = (purpose: string) => new Uint8Array(hkdfSync("sha256", masterKey, "", `sluice/${purpose}`, 32));
    this.#fingerprint = derive("fingerprint");
    this.#client = derive("client-key");
    this.#mac = derive("mac");
    this.keyId = Buffer.from(derive("key-id").slice(0, 4));
    this.#seal = new Seal({ key: derive("seal"), keyId: this.keyId });
    this.contentKey = { key: derive("content"), keyId: this.keyId };
  }

  seal(secret: Secret, place: SealPlace): Uint8Array {
    return this.#seal.seal(Buffer.from(secret.reveal(), "utf8"), place);
  }

  /** Throws SealError with a reason that an operator understands. */
  open(sealed: Uint8Array, place: SealPlace): Secret {
    return new Secret(this.#seal.open(sealed, place).toString("utf8"));
  }

  /** Hex; equal provider secrets have equal fingerprints. */
  fingerprint(secret: Secret): string {
    return createHmac("sha256", this.#fingerprint).update(secret.reveal()).digest("hex").slice(0, 32);
  }

  /** Hex HMAC-SHA-256 under which a client key is stored and found. */
  clientKeyHash(credential: string): string {
    return createHmac("sha256", this.#client).update(credential).digest("hex");
  }

  /** Hex HMAC-SHA-256 of `text`, apart for each purpose ("session", "admin-token"): what was made for one proves nothing in another. */
  mac(purpose: string, text: string): string {
    return createHmac("sha256", this.#mac).update(`${purpose}\0${text}`).digest("hex");
  }
}
