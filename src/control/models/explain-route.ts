import { z } from "zod";
import type { RouteForecast } from "../../forecast.ts";
import type { EndpointId, ProtocolId } from "../../llm/names.ts";
import type { AskableEndpoint } from "../../llm/short-request.ts";
import type { ClientKeyRow, ModelRow, ProviderRow } from "../../store/types.ts";
import { badInput } from "../bad-input.ts";
import type { Control } from "../control.ts";
import { viewKey } from "../keys/key-status.ts";
import { type ShownPrice, showPrice } from "./model-price.ts";
import { getModel } from "./models.ts";
import { listCandidates, type RouteCandidate } from "./route-candidates.ts";

export interface RouteQuestionInput {
  readonly model: string;
  readonly clientKeyId?: string | null;
  readonly format?: ProtocolId | null;
  readonly endpoint?: AskableEndpoint | null;
  readonly stream?: boolean | null;
  readonly body?: unknown;
}

export interface ExplainedCandidate extends RouteCandidate {
  /** 1 is asked first; null for one that is skipped. */
  readonly order: number | null;
  readonly price: ShownPrice | null;
}

export interface RouteExplanation {
  readonly model: ModelRow | null;
  readonly clientKey: ClientKeyRow | null;
  readonly endpoint: EndpointId;
  readonly candidates: readonly ExplainedCandidate[];
  /** Candidates beyond those that are shown. */
  readonly omitted: number;
  readonly refusal: RouteForecast["refusal"];
}

const MOST_CANDIDATES = 200;

const modelName = z.string().trim().min(1).max(256);
const bodyShape = z.record(z.string(), z.unknown());

/** Who would serve this request now, in order, and what its client would be told if nobody did. Asks nobody, changes nothing. */
export async function explainRoute(control: Control, input: RouteQuestionInput): Promise<RouteExplanation> {
  const model = modelName.safeParse(input.model).data;
  if (model === undefined) throw badInput("Name a model, of at most 256 characters.", "model");
  const stream = input.stream ?? false;
  const endpoint = input.endpoint ?? ENDPOINT_OF[input.format ?? "openai-chat"](stream);
  const clientKey = await findClientKey(control, input.clientKeyId ?? null);
  const body = readBody(input.body ?? null, endpoint, model);
  const forecast = await control.foresee({ model, endpoint, stream, body, clientKeyId: clientKey?.id ?? null });
  const row = await findModel(control, forecast.modelId, model);
  const [providers, keys] = await Promise.all([control.rows.providers(), control.rows.providerKeys()]);
  const nowMs = control.now();
  const all = listCandidates({
    forecast,
    endpoint,
    model: row,
    providers,
    keysOf: (providerId) =>
      [...keys.values()].filter((key) => key.providerId === providerId).map((key) => viewKey(control, key, nowMs)),
  });
  let order = 0;
  const candidates = all.slice(0, MOST_CANDIDATES).map((candidate) => ({
    ...candidate,
    order: candidate.verdict === "SKIPPED" ? null : ++order,
    price: priceOf(candidate, forecast.modelId === null ? null : row, providers, nowMs),
  }));
  const omitted = all.length - candidates.length;
  return { model: row, clientKey, endpoint, candidates, omitted, refusal: forecast.refusal };
}

const ENDPOINT_OF: Readonly<Record<ProtocolId, (stream: boolean) => AskableEndpoint>> = {
  "openai-chat": () => "chat.completions",
  "openai-responses": () => "responses",
  "anthropic-messages": () => "messages",
  gemini: (stream) => (stream ? "gemini.streamGenerateContent" : "gemini.generateContent"),
};

async function findClientKey(control: Control, id: string | null): Promise<ClientKeyRow | null> {
  if (id === null) return null;
  const row = await control.store.clientKeys.get(id);
  if (row === null) throw badInput("There is no such client key (any more).", "clientKeyId");
  return row;
}

/** What a client would send, but for the model: that stands in the question. */
function readBody(given: unknown, endpoint: AskableEndpoint, model: string): Record<string, unknown> | null {
  if (given === null) return null;
  const body = bodyShape.safeParse(given).data;
  if (body === undefined) throw badInput("A body is an object, as the client would send it.", "body");
  if (FORMS.has(endpoint)) throw badInput("This endpoint takes a form, not JSON: leave `body` out.", "body");
  return endpoint.startsWith("gemini.") ? body : { ...body, model };
}

const FORMS: ReadonlySet<AskableEndpoint> = new Set(["images.edits", "audio.transcriptions", "audio.translations"]);

/** One that is switched off routes nothing, and is shown as what stands in the way. */
async function findModel(control: Control, servedId: string | null, name: string): Promise<ModelRow | null> {
  return getModel(control, servedId === null ? { name } : { id: servedId });
}

function priceOf(
  { providerId, upstreamModel, call }: RouteCandidate,
  model: ModelRow | null,
  providers: ReadonlyMap<string, ProviderRow>,
  atMs: number,
): ShownPrice | null {
  const provider = providers.get(providerId);
  if (provider === undefined || call?.how === "estimated") return null;
  return showPrice(model?.price ?? null, upstreamModel, provider, atMs);
}
