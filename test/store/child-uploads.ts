import { openStore } from "../../src/store/open.ts";
import { VAULT } from "./fixtures.ts";

/** A process that is killed in the middle of its uploads: it says the id and hash of each one that was acknowledged. */
const store = await openStore({ dataDir: process.argv[2]!, vault: VAULT });

async function uploadForEver(): Promise<never> {
  for (;;) {
    const upload = await store.files.begin({ maxFileBytes: 1e9, filesMaxBytes: 1e12 });
    for (let piece = 0; piece < 5; piece++) await upload.write(crypto.getRandomValues(new Uint8Array(50_000)));
    const { id, sha256 } = await upload.finish({
      filename: "a",
      mediaType: "text/plain",
      purpose: "user_data",
      clientKeyId: null,
      userId: null,
      expiresAtMs: null,
    });
    process.stdout.write(`${id} ${sha256}\n`);
  }
}

await Promise.all(Array.from({ length: 4 }, uploadForEver));
