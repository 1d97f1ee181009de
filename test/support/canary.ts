import { afterAll, expect } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Secret } from "../../src/lib/secret.ts";

/**
 * The whole suite is one canary: every secret that the program works with in any test is known here, and none of them may stand in an
 * answer of the admin API (the one-time ones aside), in a log line or in a file of a data directory. Preloaded (bunfig.toml).
 */

/** The latest ones: an import of thousands must not make the search slow. */
const MOST_KNOWN = 400;
/** Shorter ones ("k1") are found by chance. */
const SHORTEST = 16;
/** Their answers hold a secret once, that is what they are for. */
const ONE_TIME =
  /createClientKey|rotateClientKey|createAdminToken|setUp|revealProviderKeySecret|revealConfig|applyConfig|inviteUser|resetUserSignIn|createUser|saveUser|enrol|Totp|createAlertChannel|saveAlertChannel/;
/** The master key beside what it seals, and what a test itself put there. */
const EXEMPT_FILES = /^(?:master\.key|config-of-test\.json)$/;

const known = new Set<string>();
const told = new Set<string>();
const watched = new Map<string, Watched>();
const leaks: string[] = [];
const reading = new Set<Promise<void>>();

interface Watched {
  readonly origin: string;
  readonly dataDir: string;
  readonly logLines: readonly string[];
}

/** From now on this program's admin answers are searched. The returned function searches what it leaves behind: call it once it is closed. */
export function watchForSecrets(program: Watched): () => void {
  watched.set(program.origin, program);
  return () => {
    watched.delete(program.origin);
    for (const line of program.logLines) note(`the log line ${line.slice(0, 80)}…`, line);
    for (const { path, text } of filesOf(program.dataDir)) note(`the file ${path}`, text);
  };
}

/** Which of the known secrets a text holds, masked. */
export function secretsIn(text: string): string[] {
  return [...known].filter((secret) => text.includes(secret)).map((secret) => new Secret(secret).preview());
}

/** For a test that writes a secret itself where everybody may read it. */
export function tellSecret(value: string): void {
  told.add(value);
}

function learnSecret(value: string): void {
  if (told.has(value) || value.length < SHORTEST || !/\d/.test(value) || !/[a-z]/i.test(value)) return;
  known.delete(value);
  known.add(value);
  if (known.size > MOST_KNOWN) known.delete(known.values().next().value!);
}

function note(where: string, text: string): void {
  for (const secret of secretsIn(text)) leaks.push(`${secret} in ${where}`);
}

/** As latin1: a secret of ASCII stands in a database page as it is. */
function* filesOf(directory: string): Generator<{ path: string; text: string }> {
  for (const entry of entriesOf(directory)) {
    if (!entry.isFile() || EXEMPT_FILES.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    yield { path, text: readFileSync(path, "latin1") };
  }
}

function entriesOf(directory: string) {
  try {
    return readdirSync(directory, { withFileTypes: true, recursive: true });
  } catch {
    return []; // taken away already
  }
}

function searchAnswer(url: string, request: string, response: Response): void {
  const isStream = response.headers.get("content-type")?.includes("event-stream");
  if (isStream || response.body === null || ONE_TIME.test(request)) return;
  const search = response
    .clone()
    .text()
    .then(
      (text) => note(`the answer of ${url}`, text),
      () => {},
    )
    .finally(() => reading.delete(search));
  reading.add(search);
}

const reveal = Secret.prototype.reveal;
Secret.prototype.reveal = function (this: Secret): string {
  const value = reveal.call(this);
  learnSecret(value);
  return value;
};

const plainFetch = globalThis.fetch;
const watchingFetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
  const response = await plainFetch(input, init);
  const url = URL.parse(input instanceof Request ? input.url : String(input));
  if (url !== null && watched.has(url.origin) && !/^\/(?:v1|v1beta|openai)\//.test(url.pathname)) {
    searchAnswer(`${url.origin}${url.pathname}`, typeof init?.body === "string" ? init.body : "", response);
  }
  return response;
};
globalThis.fetch = Object.assign(watchingFetch, plainFetch);

afterAll(async () => {
  await Promise.all(reading);
  expect(leaks.splice(0)).toEqual([]);
});
