import { maskSecrets } from "../lib/log.ts";
import type { KeyEntry } from "../snapshot.ts";

/** Takes the key, and whatever looks like one, out of an upstream's words: it may echo what it was sent. */
export function maskKey(text: string, key: KeyEntry): string {
  return maskSecrets(text.replaceAll(key.secret.reveal(), "…"));
}
