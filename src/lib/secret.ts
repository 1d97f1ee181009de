import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";

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

/** Thrown when sealed data cannot be opened: another master key, or damage. */
export class SealError extends Error {
  override readonly name = "SealError";
}

/** Where a sealed value stands; bound to it as additional data, so that it cannot be moved to another row or column. */
export interface SealPlace {
  readonly table: string;
  readonly row: string;
  readonly column: string;
}

/**
 * Seals and fingerprints with keys derived from the master key (HKDF-SHA-256, one per purpose).
 * A sealed value is `version(1) | key id(4) | iv(12) | tag(16) | ciphertext`, AES-256-GCM.
 */
export class Vault {
  readonly #seal: Uint8Array;
  readonly #fingerprint: Uint8Array;
  readonly #client: Uint8Array;
  readonly #mac: Uint8Array;
  /** First 4 bytes of a hash of the master key: tells a wrong key from damaged data. */
  readonly keyId: Buffer;

  /** `masterKey`: 32 bytes. */
  constructor(masterKey: Uint8Array) {
    if (masterKey.length !== 32) throw new RangeError("the master key must have 32 bytes");
    const derive = (purpose: string) => new Uint8Array(hkdfSync("sha256", masterKey, "", `sluice/${purpose}`, 32));
    this.#seal = derive("seal");
    this.#fingerprint = derive("fingerprint");
    this.#client = derive("client-key");
    this.#mac = derive("mac");
    this.keyId = Buffer.from(derive("key-id").slice(0, 4));
  }

  seal(secret: Secret, place: SealPlace): Uint8Array {
    const iv = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", this.#seal, iv);
    cipher.setAAD(this.#aad(place));
    const text = Buffer.concat([cipher.update(secret.reveal(), "utf8"), cipher.final()]);
    return Buffer.concat([Buffer.of(1), this.keyId, iv, cipher.getAuthTag(), text]);
  }

  /** Throws SealError with a reason that an operator understands. */
  open(sealed: Uint8Array, place: SealPlace): Secret {
    const bytes = Buffer.from(sealed);
    if (bytes.length < 33 || bytes[0] !== 1) throw new SealError("the sealed value is damaged");
    if (!bytes.subarray(1, 5).equals(this.keyId)) {
      throw new SealError(
        "the value was sealed with another master key (MASTER_KEY, MASTER_KEY_FILE or DATA_DIR/master.key)",
      );
    }
    const decipher = createDecipheriv("aes-256-gcm", this.#seal, bytes.subarray(5, 17));
    decipher.setAAD(this.#aad(place));
    decipher.setAuthTag(bytes.subarray(17, 33));
    try {
      return new Secret(Buffer.concat([decipher.update(bytes.subarray(33)), decipher.final()]).toString("utf8"));
    } catch {
      throw new SealError("the sealed value is damaged or was moved from another row");
    }
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

  #aad(place: SealPlace): Buffer {
    return Buffer.from(`${place.table}|${place.row}|${place.column}|${this.keyId.toString("hex")}`);
  }
}
