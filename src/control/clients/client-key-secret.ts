import { randomBytes } from "node:crypto";
import { Secret } from "../../lib/secret.ts";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
export const CLIENT_KEY_PREFIX = "sk-slc_";
export const ADMIN_TOKEN_PREFIX = "adm_";

/**
 * `prefix` + 32 random bytes in base62 (43 characters) + their CRC-32 in base62 (6 characters). The checksum lets a secret
 * scanner, and a person with half a paste, tell ours from noise without asking anybody.
 */
export function generateSecret(prefix: string): Secret {
  const body = toBase62(BigInt(`0x${randomBytes(32).toString("hex")}`), 43);
  return new Secret(`${prefix}${body}${checksum(body)}`);
}

/** True when the checksum fits: the text is complete and one of ours, not that it is known. */
export function isWellFormedSecret(prefix: string, text: string): boolean {
  if (!text.startsWith(prefix)) return false;
  const rest = text.slice(prefix.length);
  return /^[0-9A-Za-z]{49}$/.test(rest) && checksum(rest.slice(0, 43)) === rest.slice(43);
}

function checksum(body: string): string {
  return toBase62(BigInt(Bun.hash.crc32(body)), 6);
}

function toBase62(value: bigint, length: number): string {
  let rest = value;
  let text = "";
  while (text.length < length) {
    text = ALPHABET[Number(rest % 62n)]! + text;
    rest /= 62n;
  }
  return text;
}
