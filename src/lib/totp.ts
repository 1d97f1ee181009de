import { createHmac, randomBytes } from "node:crypto";
import { Secret } from "./secret.ts";

/** Time-based one-time passwords (RFC 6238) as every authenticator app knows them: SHA-1, 6 digits, steps of 30 s. */
const STEP_MS = 30_000;
const DIGITS = 6;
/** 160 bits, as RFC 4226 recommends. */
const SECRET_BYTES = 20;
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** In base32, as a person can type it. */
export function newTotpSecret(): Secret {
  return new Secret(toBase32(randomBytes(SECRET_BYTES)));
}

/** The address behind the QR code. */
export function totpUri(secret: Secret, issuer: string, account: string): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`;
  return `otpauth://totp/${label}?secret=${secret.reveal()}&issuer=${encodeURIComponent(issuer)}`;
}

/** The step whose code this is: the present one, or one beside it (clocks differ). Null when it is none of them. */
export function matchTotp(secret: Secret, code: string, nowMs: number): number | null {
  if (!/^\d{6}$/.test(code)) return null;
  const now = Math.floor(nowMs / STEP_MS);
  // All three are computed: the time tells nothing.
  const matching = [now, now - 1, now + 1].filter((step) => totpCode(secret, step) === code);
  return matching[0] ?? null;
}

export function totpCode(secret: Secret, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const digest = createHmac("sha1", fromBase32(secret.reveal())).update(counter).digest();
  const offset = digest[digest.length - 1]! & 15;
  const number = digest.readUInt32BE(offset) & 0x7fff_ffff;
  return String(number % 10 ** DIGITS).padStart(DIGITS, "0");
}

export function totpStep(nowMs: number): number {
  return Math.floor(nowMs / STEP_MS);
}

function toBase32(bytes: Uint8Array): string {
  let bits = "";
  for (const byte of bytes) bits += byte.toString(2).padStart(8, "0");
  return (bits.match(/.{1,5}/g) ?? []).map((five) => BASE32[Number.parseInt(five.padEnd(5, "0"), 2)]).join("");
}

function fromBase32(text: string): Buffer {
  let bits = "";
  for (const letter of text) bits += BASE32.indexOf(letter).toString(2).padStart(5, "0");
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}
