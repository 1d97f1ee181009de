import { maskSecrets } from "../../lib/log.ts";
import { OutboundError } from "../../lib/outbound.ts";
import { classifyRejection, classifyUnreachable, type Failure } from "../../policy/failure.ts";
import { dialects } from "../../providers/index.ts";
import { listsModels, modelListCall } from "../../providers/model-list.ts";
import type { ProviderEntry } from "../../snapshot.ts";
import type { OpenedProviderKey } from "../../store/types.ts";
import type { Control } from "../control.ts";

const TIMEOUT_MS = 15_000;
const MAX_ANSWER_BYTES = 8 * 1_048_576;

export interface KeyCheck {
  /** Null: the vendor takes the key. */
  readonly failure: Failure | null;
  readonly latencyMs: number;
}

/**
 * Asks the vendor something that costs nothing and that only a good key is answered: with the key's own user agent and proxy, under
 * the address policy. The verdict goes into the key's health like any request's.
 */
export async function checkKey(control: Control, provider: ProviderEntry, key: OpenedProviderKey): Promise<KeyCheck> {
  const startedAtMs = control.now();
  const entry = provider.keys.find(({ id }) => id === key.id);
  const lease = entry === undefined ? null : control.pool.begin(entry, "", startedAtMs);
  try {
    const failure = await ask(control, provider, key);
    const nowMs = control.now();
    const latencyMs = Math.max(0, Math.round(nowMs - startedAtMs));
    if (failure === null) lease?.succeeded(nowMs, latencyMs);
    else lease?.failed(failure, nowMs, "");
    return { failure, latencyMs };
  } finally {
    lease?.release();
  }
}

async function ask(control: Control, provider: ProviderEntry, key: OpenedProviderKey): Promise<Failure | null> {
  const mask = (failure: Failure): Failure => ({
    ...failure,
    message: failure.message && maskSecrets(failure.message.replaceAll(key.secret.reveal(), "…")),
  });
  try {
    const { url, headers } = questionFor(provider, key);
    const answer = await control.outbound.send({
      method: "GET",
      url,
      headers: {
        ...headers,
        accept: "application/json",
        ...(key.userAgent === null ? {} : { "user-agent": key.userAgent }),
      },
      proxyUrl: key.proxyUrl?.reveal() ?? null,
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

function questionFor(provider: ProviderEntry, { secret }: OpenedProviderKey) {
  const auth = dialects[provider.kind].auth(secret, { get: () => null });
  const own = OWN_QUESTIONS[URL.parse(provider.baseUrl)?.host ?? ""];
  if (own !== undefined) return { url: `${provider.baseUrl}${own}`, headers: auth };
  if (listsModels(provider.kind)) return modelListCall(provider, secret, null);
  return { url: `${provider.baseUrl}/v1/users/me`, headers: auth }; // Coze
}
