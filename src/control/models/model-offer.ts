import { jsonOrNull } from "../../lib/json-or-null.ts";
import { type OutboundAnswer, OutboundError } from "../../lib/outbound.ts";
import type { OfferedModel } from "../../llm/model-capabilities.ts";
import { listsModels, type ModelListPage, modelListUrl, readModelList } from "../../providers/model-list.ts";
import type { KeyEntry, ProviderEntry } from "../../snapshot.ts";
import type { ProviderOffer } from "../../store/provider-offers.ts";
import { askAsKey } from "../ask-as-key.ts";
import type { Control } from "../control.ts";
import { invalid, notFound, ok, type Result, refuse } from "../user-errors.ts";

/** A mutation has ten seconds; OpenRouter's list is the longest, 2 MB. */
const TIMEOUT_MS = 4000;
const MAX_ANSWER_BYTES = 8 * 1_048_576;
const MOST_PAGES = 10;
const MOST_MODELS = 5000;
/** A key may have been refused since it was last used: others are asked then. */
const MOST_KEYS = 3;
const PATIENCE_MS = 8000;

/**
 * Asks a provider what it offers, with a key of its own (its user agent, its proxy), and remembers the answer: it also decides who
 * serves a model that no entry names.
 */
export async function fetchOffer(control: Control, providerId: string): Promise<Result<ProviderOffer>> {
  const provider = control.snapshots.current.providersById.get(providerId);
  if (provider === undefined) return refuse(notFound("providerId", "provider", providerId));
  if (!listsModels(provider.kind)) return refuse(invalid("providerId", "This kind of provider lists no models."));
  const keys = bestFirst(control, provider).slice(0, MOST_KEYS);
  if (keys.length === 0) return refuse(invalid("providerId", "The provider has no enabled key to ask with."));
  const untilMs = performance.now() + PATIENCE_MS;
  let result: Result<readonly OfferedModel[]> = ok([]);
  for (const key of keys) {
    result = await askAll(control, provider, key, untilMs);
    if (result.ok || !isKeyRefused(result) || performance.now() > untilMs) break;
  }
  if (!result.ok) return result;
  const offer = { providerId, seenAt: control.now(), models: result.value };
  if (!(await control.store.offers.put(offer))) return refuse(notFound("providerId", "provider", providerId));
  await control.snapshots.reload();
  return ok(offer);
}

function bestFirst(control: Control, { keys }: ProviderEntry): readonly KeyEntry[] {
  const nowMs = control.now();
  const rank = ({ id }: KeyEntry) => RANKS[control.pool.status(id, nowMs).health] ?? 2;
  return keys.toSorted((a, b) => rank(a) - rank(b));
}

const RANKS: Readonly<Record<string, number>> = { active: 0, unchecked: 1, cooling: 2, exhausted: 3, invalid: 4 };

/** Page after page. */
async function askAll(
  control: Control,
  provider: ProviderEntry,
  key: KeyEntry,
  untilMs: number,
): Promise<Result<readonly OfferedModel[]>> {
  const models = new Map<string, OfferedModel>();
  let after: string | null = null;
  for (let page = 0; page < MOST_PAGES; page++) {
    const read: Result<ModelListPage> = await askPage(control, provider, key, { after, untilMs });
    if (!read.ok) return read;
    for (const model of read.value.models) if (models.size < MOST_MODELS) models.set(model.id, model);
    after = read.value.next;
    if (after === null) break;
  }
  return ok([...models.values()]);
}

async function askPage(
  control: Control,
  provider: ProviderEntry,
  key: KeyEntry,
  { after, untilMs }: { readonly after: string | null; readonly untilMs: number },
): Promise<Result<ModelListPage>> {
  let answer: OutboundAnswer;
  try {
    answer = await askAsKey(control, provider, key, {
      url: modelListUrl(provider, after),
      timeoutMs: Math.max(1, Math.min(TIMEOUT_MS, untilMs - performance.now())),
      maxAnswerBytes: MAX_ANSWER_BYTES,
    });
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    return unanswered(`The provider could not be asked: ${error.message}.`, null);
  }
  // Its words could repeat the key; the status says enough.
  if (answer.status !== 200) return unanswered(`The provider answered with status ${answer.status}.`, answer.status);
  const page = readModelList(provider.kind, jsonOrNull(answer.text));
  return page === null ? unanswered("The provider's answer is no list of models.", answer.status) : ok(page);
}

function unanswered(message: string, httpStatus: number | null) {
  const code = httpStatus === null ? "UPSTREAM_UNREACHABLE" : "UPSTREAM_REJECTED";
  return refuse({ kind: "upstream", code, message, field: ["providerId"], httpStatus });
}

function isKeyRefused(result: Result<unknown>): boolean {
  if (result.ok) return false;
  return result.errors.some(
    (error) => error.kind === "upstream" && [401, 402, 403, 429].includes(error.httpStatus ?? 0),
  );
}
