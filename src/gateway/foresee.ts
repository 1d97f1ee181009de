import { GatewayError } from "../errors.ts";
import type { ForecastCall, ForecastStep, RouteForecast, RouteQuestion } from "../forecast.ts";
import { endpoints } from "../llm/endpoints.ts";
import type { Wire } from "../llm/names.ts";
import { ASKABLE_ENDPOINTS, shortRequest } from "../llm/short-request.ts";
import { combineNone, type NoCandidate } from "../policy/retry.ts";
import type { KeyPool } from "../pool.ts";
import { takesFiles } from "../providers/vendor-files.ts";
import { serviceOf } from "../providers/wires.ts";
import type { ClientEntry, KeyEntry } from "../snapshot.ts";
import { type Admitted, admit } from "./admit.ts";
import { NOBODY, nobodyToAsk, pickKey } from "./dispatch.ts";
import { Exchange } from "./exchange.ts";
import { refusalOfLarge, unplacedFiles } from "./files/copies.ts";
import type { Gateway, Incoming } from "./gateway.ts";
import { InFlight } from "./in-flight.ts";
import { Planner } from "./plan.ts";
import type { RouteTarget } from "./route.ts";

/**
 * What would become of a request now: it goes the way of a real one, through admission, routing, planning and the choice of a key, and
 * stops before the call. Nobody is asked, nothing is counted, nobody's turn is taken, no record is made.
 */
export async function foresee(gateway: Gateway, question: RouteQuestion): Promise<RouteForecast> {
  const unseen: Gateway = { ...gateway, inFlight: new Unlisted(), record: () => {}, random: () => 0 };
  const exchange = new Exchange(unseen, await incomingOf(gateway, question));
  let steps: ForecastStep[] = [];
  try {
    const admitted = await admit(exchange);
    const planner = new Planner(exchange, admitted);
    const targets = planner.targets();
    const isByLot = targets === admitted.targets;
    const found = lookThrough(exchange, admitted, planner, targets);
    steps = found.steps;
    const isServed = steps.some(({ keyId, call }) => keyId !== null || call?.how === "estimated");
    const refusal = isServed ? null : inWords(exchange, nobodyToAsk(found.none, planner));
    return { modelId: exchange.model?.id ?? null, steps, isByLot, refusal };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { modelId: exchange.model?.id ?? null, steps, isByLot: true, refusal: inWords(exchange, error) };
  }
}

/** Target after target, like `dispatch`, as if each one failed. */
function lookThrough(exchange: Exchange, admitted: Admitted, planner: Planner, targets: readonly RouteTarget[]) {
  const steps: ForecastStep[] = [];
  let none: NoCandidate | null = null;
  for (const target of targets) {
    const { how } = serviceOf(exchange.incoming.endpoint.id, target.provider.kind);
    if (how === "estimated") {
      steps.push(stepOf(target, { call: { how, wire: null, quirks: [], dropped: [] } }));
      break;
    }
    const { largeFiles } = exchange;
    const cannotTakeFiles = largeFiles !== null && !takesFiles(target.provider.kind);
    if (cannotTakeFiles) planner.passOver(refusalOfLarge(largeFiles));
    const wire = cannotTakeFiles ? undefined : planner.wireFor(target);
    if (wire === undefined) {
      steps.push(stepOf(target, { refusal: planner.refusal?.message ?? null }));
      continue;
    }
    const picked = pickKey(exchange, admitted, planner, { target, tried: NOBODY }, chooserOf(exchange.gateway.pool));
    if (picked.kind === "none") {
      none = combineNone(none, picked);
      steps.push(stepOf(target, { call: callOf(exchange, target, wire, []) }));
      continue;
    }
    const { key } = picked;
    const files = largeFiles === null ? null : unplacedFiles(largeFiles);
    const written = wire === null ? null : planner.callFor(target, key, wire, files);
    if (written === undefined) {
      steps.push(stepOf(target, { refusal: planner.refusal?.message ?? null }));
      continue;
    }
    const call = callOf(exchange, target, wire, written?.dropped ?? []);
    const isProbe = "probe" in picked && picked.probe === true;
    steps.push(stepOf(target, { call, isProbe, keyId: key.id, isBound: isBoundTo(admitted, planner, target, key) }));
  }
  return { steps, none };
}

const chooserOf = (pool: KeyPool) => ({ pick: pool.foresee.bind(pool) });

function stepOf(target: RouteTarget, found: Partial<ForecastStep>): ForecastStep {
  const { provider, upstreamModel, priority, weight } = target;
  const nothing = { keyId: null, isBound: false, isProbe: false, call: null, refusal: null };
  return { providerId: provider.id, upstreamModel, priority, weight, ...nothing, ...found };
}

function callOf(
  { incoming, gateway }: Exchange,
  { provider }: RouteTarget,
  wire: Wire | null,
  dropped: readonly string[],
): ForecastCall {
  const { how } = serviceOf(incoming.endpoint.id, provider.kind);
  const quirks = [...gateway.quirks.of(provider)];
  if (how === "operation") return { how, wire, quirks, dropped };
  if (wire === null) return { how: "native", wire, quirks, dropped };
  return { how: how === "native" ? "bridged" : "translated", wire, quirks, dropped };
}

function isBoundTo({ binding }: Admitted, { maker }: Planner, { provider }: RouteTarget, key: KeyEntry): boolean {
  const made = binding ?? maker;
  return made !== null && made.providerId === provider.id && made.keyId === key.id;
}

function inWords({ protocol, id }: Exchange, error: GatewayError): RouteForecast["refusal"] {
  const { status, code, message, retryAfterMs = null } = error;
  return { status, code, message, retryAfterMs, body: protocol.encodeError(error, id) };
}

/** Runs for nobody, so nobody finds it among what runs. */
class Unlisted extends InFlight {
  override add(): void {}
  override remove(): void {}
}

async function incomingOf(gateway: Gateway, question: RouteQuestion): Promise<Incoming> {
  const { model, endpoint: id, clientKeyId } = question;
  const askable = ASKABLE_ENDPOINTS.find((each) => each === id);
  if (askable === undefined) throw new TypeError(`no request can be made up for ${id}`);
  const endpoint = endpoints[id];
  const caller = clientKeyId === null ? null : findClient(gateway, clientKeyId);
  return {
    request: await requestOf(question.body ?? shortRequest(askable, { ...question, prompt: "ping" })),
    endpoint,
    pathModel: endpoint.protocol === "gemini" ? model : null,
    resourceId: null,
    geminiVersion: "v1beta",
    query: "",
    clientAddress: "",
    internal: clientKeyId === null ? { origin: "test", clientKeyId, pins: null } : null,
    // Without one it is refused like anybody who sends no key.
    ...(caller === null ? {} : { caller }),
  };
}

async function requestOf(body: Readonly<Record<string, unknown>> | FormData): Promise<Request> {
  const url = "http://sluice.internal/";
  if (!(body instanceof FormData)) {
    const bytes = Buffer.from(JSON.stringify(body));
    const headers = { "content-type": "application/json", "content-length": String(bytes.length) };
    return new Request(url, { method: "POST", headers, body: bytes });
  }
  const form = new Response(body);
  const type = form.headers.get("content-type") ?? ""; // Bun makes it when asked, and not any more after the body is read
  const bytes = await form.bytes();
  const headers = { "content-type": type, "content-length": String(bytes.length) };
  return new Request(url, { method: "POST", headers, body: bytes });
}

function findClient({ snapshots }: Gateway, id: string): ClientEntry | null {
  const { anonymous, clientKeysByHash } = snapshots.current;
  if (anonymous?.id === id) return anonymous;
  return clientKeysByHash.values().find((entry) => entry.id === id) ?? null;
}
