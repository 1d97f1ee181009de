import { jsonOrNull } from "../../lib/json-or-null.ts";
import { maskSecrets } from "../../lib/log.ts";
import { OutboundError } from "../../lib/outbound.ts";
import { classifyRejection, classifyUnreachable, type Failure } from "../../policy/failure.ts";
import type { Lease } from "../../pool.ts";
import type { KeyEntry, ProviderEntry } from "../../snapshot.ts";
import type { OpenedProviderKey } from "../../store/types.ts";
import { askAsKey, type Credential } from "../ask-as-key.ts";
import type { Control } from "../control.ts";
import { pause } from "../pull-iterator.ts";
import { cheapestQuestion, freeQuestion, type KeyQuestion } from "./key-question.ts";

const TIMEOUT_MS = 15_000;
const MAX_ANSWER_BYTES = 8 * 1_048_576;
/** A vendor that asks for more is not waited for: the key cools down like after any request. */
const LONGEST_WAIT_MS = 30_000;

interface Found {
  /** Null: the vendor takes the key. */
  readonly failure: Failure | null;
  /** Which of the upstream's models was asked; null: none. */
  readonly model: string | null;
  /** How it was found that the vendor takes it. */
  readonly proof: string;
}

export interface KeyCheck extends Found {
  readonly startedAtMs: number;
  readonly latencyMs: number;
}

/** Asks about a key that is there. The verdict goes into its health like any request's. */
export async function checkKey(control: Control, provider: ProviderEntry, key: OpenedProviderKey): Promise<KeyCheck> {
  const entry = provider.keys.find(({ id }) => id === key.id);
  // It may be the one probe of a key that rests.
  const lease = entry === undefined ? null : control.pool.begin(entry, "", control.now());
  try {
    const check = await askAboutKey(control, provider, key);
    if (entry !== undefined) judge(control, entry, check, lease);
    return check;
  } finally {
    lease?.release();
  }
}

/** Asks the vendor something that only a good key is answered, at no cost where that can be. */
export async function askAboutKey(
  control: Control,
  provider: ProviderEntry,
  credential: Credential,
): Promise<KeyCheck> {
  const startedAtMs = control.now();
  const found = await ask(control, provider, credential);
  return { ...found, startedAtMs, latencyMs: Math.max(0, Math.round(control.now() - startedAtMs)) };
}

/** The verdict on a key that was asked about before it was there. One that is switched off has no health: only its history says why. */
export function enterCheck(control: Control, key: Pick<KeyEntry, "id" | "providerId">, check: KeyCheck): void {
  const { id: keyId, providerId } = key;
  const entry = control.snapshots.current.providersById.get(providerId)?.keys.find(({ id }) => id === keyId);
  const atMs = control.now();
  if (entry !== undefined) judge(control, entry, check, null);
  else if (isRefused(check)) {
    const { errorClass, httpStatus, message } = check.failure;
    const words = { errorClass, httpStatus, message };
    const change = { keyId, providerId, model: null, from: "unchecked", to: "invalid", untilMs: null } as const;
    control.events.emit("keyHealth", { ...change, ...words, atMs, requestId: null });
  }
  control.events.emit("keyNews", { kind: "validated", keyId, atMs });
}

/** `held`: the claim on the key as a whole, if there is one. */
function judge(control: Control, entry: KeyEntry, check: KeyCheck, held: Lease | null): void {
  const { failure, model, startedAtMs, latencyMs } = check;
  const lease = held !== null && model === null ? held : control.pool.begin(entry, model ?? "", startedAtMs);
  if (failure === null) lease.succeeded(control.now(), latencyMs);
  else lease.failed(failure, control.now(), "");
  if (lease !== held) lease.release();
}

/** Once more when the vendor asks for a short wait. */
export async function patiently(check: () => Promise<KeyCheck>, signal: AbortSignal): Promise<KeyCheck> {
  const first = await check();
  const waitMs = first.failure?.errorClass === "rate_limited" ? first.failure.retryAfterMs : null;
  if (waitMs === null || waitMs > LONGEST_WAIT_MS) return first;
  await pause(waitMs, signal);
  return signal.aborted ? first : check();
}

/** The vendor does not take the key at all. Whatever else goes wrong, with one model too, says nothing about it. */
export function isRefused(check: KeyCheck): check is KeyCheck & { readonly failure: Failure } {
  return check.failure?.errorClass === "key_invalid" && check.failure.scope === "key";
}

/** How it was found that the vendor takes it, or its own words. */
export function wordsOf({ failure, model, proof }: KeyCheck): string {
  if (failure === null) return `accepted: ${proof}`;
  const asked = model === null ? "" : `${model} was asked: `;
  const status = failure.httpStatus === null ? "" : `${failure.httpStatus}: `;
  return `${asked}${status}${failure.message ?? failure.errorClass}`;
}

/** A 404 is no verdict: many vendors list no models, and some keys may not read the list. A model of theirs is asked then. */
async function ask(control: Control, provider: ProviderEntry, key: Credential): Promise<Found> {
  const free = await put(control, provider, key, freeQuestion(provider));
  if (!isNoAnswer(free)) return free;
  const question = await cheapestQuestion(control, provider);
  if (question !== null) return put(control, provider, key, question);
  const hint = "and there is no model of this provider to ask instead";
  const message = `${free.failure.message ?? "This vendor does not list its models"}; ${hint}`;
  // Whatever it was, it is not known to be the key's fault.
  return { ...free, failure: { ...free.failure, errorClass: "unsupported", scope: "none", message } };
}

/** The vendor does not have what was asked for, or this key may not see it. */
function isNoAnswer(found: Found): found is Found & { readonly failure: Failure } {
  const { failure } = found;
  if (failure === null || found.model !== null) return false;
  const { errorClass, scope, httpStatus } = failure;
  if (errorClass === "not_found" || errorClass === "unsupported" || httpStatus === 501) return true;
  return errorClass === "key_invalid" && scope === "key_model";
}

async function put(
  control: Control,
  provider: ProviderEntry,
  key: Credential,
  { url, body, model, proof, isAnswered }: KeyQuestion,
): Promise<Found> {
  const failed = (failure: Failure): Found => ({ failure: mask(failure, key), model, proof });
  try {
    const limits = { timeoutMs: TIMEOUT_MS, maxAnswerBytes: MAX_ANSWER_BYTES };
    const answer = await askAsKey(control, provider, key, { url, ...(body === undefined ? {} : { body }), ...limits });
    const { status, text } = answer;
    const isGood = status >= 200 && status < 300;
    if (isGood && isAnswered(jsonOrNull(text))) return { failure: null, model, proof };
    const headers = { get: (name: string) => answer.header(name) };
    const rejection = { kind: provider.kind, status, headers, body: text.slice(0, 65_536), nowMs: control.now() };
    const failure = classifyRejection(rejection);
    // Nothing in it stands for an error either.
    const isOther = isGood && failure.httpStatus === status;
    return failed(isOther ? { ...failure, ...NOT_THE_ANSWER } : failure);
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    return failed(classifyUnreachable({ cause: "connect", message: error.message }));
  }
}

/** Of a portal's page, or an API of another kind. */
const NOT_THE_ANSWER = {
  errorClass: "unsupported",
  scope: "none",
  message: "The vendor answered with something else than what was asked for",
} as const;

function mask(failure: Failure, { secret }: Credential): Failure {
  return { ...failure, message: failure.message && maskSecrets(failure.message.replaceAll(secret.reveal(), "…")) };
}
