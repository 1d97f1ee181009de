import type { GatewayError } from "../../errors.ts";
import type { KeyEntry } from "../../snapshot.ts";
import type { StoredFile } from "../../stored-file.ts";

/** A file that a request can only name, and what is said when an upstream cannot be given it. */
export interface LargeFile {
  readonly file: StoredFile;
  readonly refusal: GatewayError;
}

/** A file of ours that a key has uploaded to its vendor: nobody else's key can name it. */
export interface VendorCopy {
  /** What requests name it by: an id, with Gemini an address. */
  readonly reference: string;
  readonly expiresAtMs: number;
}

const CAPACITY = 10_000;

/** Where copies of files lie. A restart forgets them: the vendors were told when to delete theirs. */
export class FileCopies {
  readonly #copies = new Map<string, VendorCopy>();

  find(fileId: string, keyId: string, nowMs: number): VendorCopy | null {
    const copy = this.#copies.get(nameOf(fileId, keyId));
    return copy !== undefined && copy.expiresAtMs > nowMs ? copy : null;
  }

  remember(fileId: string, keyId: string, copy: VendorCopy): void {
    const name = nameOf(fileId, keyId);
    this.#copies.delete(name);
    this.#copies.set(name, copy);
    for (const oldest of this.#copies.keys()) {
      if (this.#copies.size <= CAPACITY) return;
      this.#copies.delete(oldest);
    }
  }

  /** The vendor does not know it any more. */
  forget(fileId: string, keyId: string): void {
    this.#copies.delete(nameOf(fileId, keyId));
  }

  /** The key that need upload nothing; null when there is none. */
  holder(fileIds: readonly string[], keys: readonly KeyEntry[], nowMs: number): KeyEntry | null {
    return keys.find((key) => fileIds.every((id) => this.find(id, key.id, nowMs) !== null)) ?? null;
  }
}

function nameOf(fileId: string, keyId: string): string {
  return `${fileId} ${keyId}`;
}
