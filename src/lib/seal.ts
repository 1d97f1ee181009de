/** Loaded with the first sealed value: it brings Node's streams with it, 1.5 MB in a Worker that may never seal anything. */
const nodeCrypto = () => process.getBuiltinModule("node:crypto");

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

/** A key derived for one purpose; plain data, it may cross to a Worker of this process, and goes nowhere else. */
export interface SealKey {
  readonly key: Uint8Array;
  /** First 4 bytes of a hash of the master key: tells a wrong key from damaged data. */
  readonly keyId: Uint8Array;
}

const VERSION = 1;
const HEAD_BYTES = 33;

/** Seals bytes: `version(1) | key id(4) | iv(12) | tag(16) | ciphertext`, AES-256-GCM. */
export class Seal {
  readonly #key: Uint8Array;
  readonly #keyId: Buffer;

  constructor({ key, keyId }: SealKey) {
    this.#key = key;
    this.#keyId = Buffer.from(keyId);
  }

  seal(bytes: Uint8Array, place: SealPlace): Uint8Array {
    const { createCipheriv, randomBytes } = nodeCrypto();
    const iv = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", this.#key, iv);
    cipher.setAAD(this.#aad(place));
    const text = Buffer.concat([cipher.update(bytes), cipher.final()]);
    return Buffer.concat([Buffer.of(VERSION), this.#keyId, iv, cipher.getAuthTag(), text]);
  }

  /** Throws SealError with a reason that an operator understands. */
  open(sealed: Uint8Array, place: SealPlace): Buffer {
    const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
    if (!isSealed(bytes)) throw new SealError("the sealed value is damaged");
    if (!bytes.subarray(1, 5).equals(this.#keyId)) {
      throw new SealError(
        "the value was sealed with another master key (MASTER_KEY, MASTER_KEY_FILE or DATA_DIR/master.key)",
      );
    }
    const decipher = nodeCrypto().createDecipheriv("aes-256-gcm", this.#key, bytes.subarray(5, 17));
    decipher.setAAD(this.#aad(place));
    decipher.setAuthTag(bytes.subarray(17, HEAD_BYTES));
    try {
      return Buffer.concat([decipher.update(bytes.subarray(HEAD_BYTES)), decipher.final()]);
    } catch {
      throw new SealError("the sealed value is damaged or was moved from another row");
    }
  }

  #aad(place: SealPlace): Buffer {
    return Buffer.from(`${place.table}|${place.row}|${place.column}|${this.#keyId.toString("hex")}`);
  }
}

/** Whether it may be a sealed value: what zstd compressed begins otherwise. */
export function isSealed(bytes: Uint8Array): boolean {
  return bytes.length >= HEAD_BYTES && bytes[0] === VERSION;
}
