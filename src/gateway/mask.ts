import { maskSecrets } from "../lib/log.ts";
import type { ProviderEntry } from "../snapshot.ts";

/** Beyond this a pool is so large that only the shape of its keys is looked for. */
const MOST_KEYS = 2000;

/** Takes the provider's keys, and whatever looks like one, out of an upstream's words: it may echo what it was sent. */
export function maskKeys(text: string, { keys }: ProviderEntry): string {
  let masked = text;
  for (const { secret } of keys.length > MOST_KEYS ? [] : keys) {
    if (masked.includes(secret.reveal())) masked = masked.replaceAll(secret.reveal(), "…");
  }
  return maskSecrets(masked);
}
