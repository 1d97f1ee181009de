import { z } from "zod";

/** OWASP's first choice of 2025: 19 MiB, two rounds, one lane. About 30 ms of a thread that is not the one carrying the streams. */
const ARGON2ID = { algorithm: "argon2id", memoryCost: 19_456, timeCost: 2 } as const;

/** At once: each takes 19 MiB. */
const PARALLEL = 2;
const MAX_WAITING = 20;

export const passwordField = z
  .string()
  .min(10, "A password has at least 10 characters.")
  .max(200, "A password has at most 200 characters.");

/** Too many passwords are being checked: come again in a moment. */
export class PasswordsBusy extends Error {
  override readonly name = "PasswordsBusy";
}

let running = 0;
const waiting: (() => void)[] = [];

export function hashPassword(password: string): Promise<string> {
  return inTurn(() => Bun.password.hash(password, ARGON2ID));
}

/**
 * True when the password is the one behind the hash. Without a hash (no such person, none chosen yet) it takes as long and is
 * false. Rejects with PasswordsBusy.
 */
export function fitsPassword(password: string, hash: string | null): Promise<boolean> {
  // Longer ones were never accepted: not worth hashing.
  const given = password.slice(0, 200);
  return inTurn(async () => {
    dummy ??= await Bun.password.hash(crypto.randomUUID(), ARGON2ID);
    const fits = await Bun.password.verify(given, hash ?? dummy);
    return fits && hash !== null && given === password;
  });
}

/** What an unknown person's password is compared with. */
let dummy: string | undefined;

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= PARALLEL) {
    if (waiting.length >= MAX_WAITING) throw new PasswordsBusy();
    await new Promise<void>((resolve) => waiting.push(resolve));
  }
  running++;
  try {
    return await work();
  } finally {
    running--;
    waiting.shift()?.();
  }
}
