import { maskSecrets } from "../../lib/log.ts";
import { OutboundError } from "../../lib/outbound.ts";
import { classifyRejection, classifyUnreachable, type Failure } from "../../policy/failure.ts";
import type { Lease } from "../../pool.ts";
import { listsModels, modelListUrl } from "../../providers/model-list.ts";
import type { KeyEntry, ProviderEntry } from "../../snapshot.ts";
import type { OpenedProviderKey } from "../../store/types.ts";
import { askAsKey, type Credential } from "../ask-as-key.ts";
import type { Control } from "../control.ts";
import { pause } from "../pull-iterator.ts";

const TIMEOUT_MS = 15_000;
const MAX_ANSWER_BYTES = 8 * 1_048_576;
/** A vendor that asks for more is not waited for: the key cools down like after any request. */
const LONGEST_WAIT_MS = 30_000;

export interface KeyCheck {
  /** Null: the vendor takes the key. */
  readonly failure: Failure | null;
  readonly latencyMs: number;
}

/** Asks about a key that is there. The verdict goes into its health like any request's. */
export async function checkKey(control: Control, provider: ProviderEntry, key: OpenedProviderKey): Promise<KeyCheck> {
  const entry = provider.keys.find(({ id }) => id === key.id);
  const lease = entry === undefined ? null : control.pool.begin(entry, "", control.now());
  try {
    const check = await askAboutKey(control, provider, key);
    if (lease !== null) judge(control, lease, check);
    return check;
  } finally {
    lease?.release();
  }
}

/** Asks the vendor something that costs nothing and that only a good key is answered: under the address policy. */
export async function askAboutKey(
  control: Control,
  provider: ProviderEntry,
  credential: Credential,
): Promise<KeyCheck> {
  const startedAtMs = control.now();
  const failure = await ask(control, provider, credential);
  return { failure, latencyMs: Math.max(0, Math.round(control.now() - startedAtMs)) };
}

/** The verdict on a key that was asked about before it was there. One that is switched off has no health: only its history says why. */
export function enterCheck(control: Control, key: Pick<KeyEntry, "id" | "providerId">, check: KeyCheck): void {
  const { id: keyId, providerId } = key;
  const entry = control.snapshots.current.providersById.get(providerId)?.keys.find(({ id }) => id === keyId);
  const atMs = control.now();
  if (entry !== undefined) {
    const lease = control.pool.begin(entry, "", atMs);
    judge(control, lease, check);
    lease.release();
  } else if (isRefused(check)) {
    const { errorClass, httpStatus, message } = check.failure;
    const words = { errorClass, httpStatus, message };
    const change = { keyId, providerId, model: null, from: "unchecked", to: "invalid", untilMs: null } as const;
    control.events.emit("keyHealth", { ...change, ...words, atMs, requestId: null });
  }
  control.events.emit("keyNews", { kind: "validated", keyId, atMs });
}

function judge(control: Control, lease: Lease, { failure, latencyMs }: KeyCheck): void {
  if (failure === null) lease.succeeded(control.now(), latencyMs);
  else lease.failed(failure, control.now(), "");
}

/** Once more when the vendor asks for a short wait. */
export async function patiently(check: () => Promise<KeyCheck>, signal: AbortSignal): Promise<KeyCheck> {
  const first = await check();
  const waitMs = first.failure?.errorClass === "rate_limited" ? first.failure.retryAfterMs : null;
  if (waitMs === null || waitMs > LONGEST_WAIT_MS) return first;
  await pause(waitMs, signal);
  return signal.aborted ? first : check();
}

/** The vendor does not take the key. Whatever else goes wrong says nothing about it. */
export function isRefused(check: KeyCheck): check is KeyCheck & { readonly failure: Failure } {
  return check.failure?.errorClass === "key_invalid";
}

/** "accepted", or the vendor's own words. */
export function wordsOf({ failure }: KeyCheck): string {
  if (failure === null) return "accepted";
  const status = failure.httpStatus === null ? "" : `${failure.httpStatus}: `;
  return `${status}${failure.message ?? failure.errorClass}`;
}

async function ask(control: Control, provider: ProviderEntry, key: Credential): Promise<Failure | null> {
  const mask = (failure: Failure): Failure => ({
    ...failure,
    message: failure.message && maskSecrets(failure.message.replaceAll(key.secret.reveal(), "…")),
  });
  try {
    const answer = await askAsKey(control, provider, key, {
      url: questionFor(provider),
      timeoutMs: TIMEOUT_MS,
      maxAnswerBytes: MAX_ANSWER_BYTES,
    });
    const isSaidError = provider.kind === "coze" && !/"code"\s*:\s*0\b/.test(answer.text);
    if (answer.status >= 200 && answer.status < 300 && !isSaidError) return null;
    const { status, text } = answer;
    const headerView = { get: (name: string) => answer.header(name) };
    return mask(
      classifyRejection({
        kind: provider.kind,
        status,
        headers: headerView as Parameters<typeof classifyRejection>[0]["headers"],
        body: text.slice(0, 65_536),
        nowMs: control.now(),
      }),
    );
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    return mask(classifyUnreachable({ cause: "connect", message: error.message }));
  }
}

/** Everybody may read OpenRouter's list of models: what its key may do only the key itself. */
const OWN_QUESTIONS: Readonly<Record<string, string>> = { "openrouter.ai": "/key" };

function questionFor(provider: ProviderEntry): string {
  const own = OWN_QUESTIONS[URL.parse(provider.baseUrl)?.host ?? ""];
  if (own !== undefined) return `${provider.baseUrl}${own}`;
  return listsModels(provider.kind) ? modelListUrl(provider, null) : `${provider.baseUrl}/v1/users/me`; // Coze
}
