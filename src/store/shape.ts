import type { EndpointId, ProtocolId, UpstreamEndpoint, Wire } from "../llm/names.ts";
import type { UsageSource } from "../llm/usage.ts";
import type { ErrorClass, PriceUsed, RequestOrigin, RequestRecord, Spoken } from "../record.ts";

/**
 * What many requests have in common is written once per day file and referred to by number: the *route* a request took, its
 * *caller* and its *outcome*. Rows shrink to a third, inserts bind three numbers instead of sixteen strings, and a filter on any of
 * these becomes a filter on numbers.
 */
export type Route = readonly [
  protocol: ProtocolId,
  endpoint: EndpointId,
  requestedModel: string,
  servedModel: string | null,
  providerId: string | null,
  keyId: string | null,
  price: PriceUsed | null,
  /** Absent when nobody was asked, and in routes of before it was noted. */
  spoken?: readonly [format: Wire, endpoint: UpstreamEndpoint | null],
];
/** Without an origin it is a client: so were all before there were others, and most are. */
export type Caller = readonly [
  clientKeyId: string | null,
  address: string,
  userAgent: string,
  node: string,
  origin?: RequestOrigin,
];
export type Outcome = readonly [
  status: RequestRecord["status"],
  httpStatus: number,
  errorClass: ErrorClass | null,
  usageSource: UsageSource,
  stream: boolean,
];

/** What a row refers to. */
export interface RowShapes {
  readonly route: Route;
  readonly caller: Caller;
  readonly outcome: Outcome;
}

/** A shape on its way to the writer: its kind and its JSON. */
export interface Shape {
  readonly kind: "route" | "caller" | "outcome";
  readonly value: string;
}

/** Texts that come from clients are cut here: they must not fill the disk. */
const MAX_NAME_CHARS = 256;
const MAX_AGENT_CHARS = 512;

/** Beyond this many the numbering starts anew: a crawler with a thousand addresses must not grow the map for ever. */
const MAX_SHAPES = 50_000;

/** Shapes by their number. They only become more; after too many of them comes another generation. */
export interface ShapeGeneration {
  readonly number: number;
  readonly shapes: readonly Shape[];
}

/**
 * Numbers shapes as they are met. A number is valid within one generation. The map's
 * keys are joined texts; lengths in front of the clients' own texts keep two different shapes from joining to the same key. Before
 * that, a look at the last shape of the same key or client: it mostly is the same, and comparing costs a fifth of joining.
 */
export class ShapeNumbers {
  readonly #numbers = new Map<string, number>();
  readonly #lastRoutes = new Map<string | null, { readonly route: Route; readonly number: number }>();
  /** By client, then by address. */
  readonly #lastCallers = new Map<string | null, Map<string, { readonly caller: Caller; readonly number: number }>>();
  #lastOutcome: { readonly outcome: Outcome; readonly number: number } | null = null;
  #generation: { readonly number: number; readonly shapes: Shape[] } = { number: 0, shapes: [] };

  get generation(): ShapeGeneration {
    return this.#generation;
  }

  route(record: RequestRecord): number {
    const { servedModel, providerId, keyId, price } = record;
    const last = this.#lastRoutes.get(keyId);
    if (last !== undefined && isRoute(last.route, record)) return last.number;
    const route = routeOf(record);
    const requestedModel = route[2];
    const key = `r${requestedModel.length},${servedModel === null ? -1 : servedModel.length} ${requestedModel} ${servedModel} ${providerId} ${keyId} ${record.protocol} ${record.endpoint} ${record.upstreamFormat} ${record.upstreamEndpoint} ${price === null ? "" : JSON.stringify(price)}`;
    const number = this.#numbers.get(key) ?? this.#add(key, "route", route);
    this.#lastRoutes.set(keyId, { route, number });
    return number;
  }

  caller(record: RequestRecord, node: string): number {
    const { clientKeyId, clientAddress } = record;
    const last = this.#lastCallers.get(clientKeyId)?.get(clientAddress);
    if (last !== undefined && isCaller(last.caller, record, node)) return last.number;
    const caller = callerOf(record, node);
    const userAgent = caller[2];
    const key = `c${clientAddress.length},${userAgent.length} ${clientAddress} ${userAgent} ${clientKeyId} ${node} ${record.origin}`;
    const number = this.#numbers.get(key) ?? this.#add(key, "caller", caller);
    const ofClient = this.#lastCallers.get(clientKeyId);
    if (ofClient === undefined) this.#lastCallers.set(clientKeyId, new Map([[clientAddress, { caller, number }]]));
    else ofClient.set(clientAddress, { caller, number });
    return number;
  }

  outcome(record: RequestRecord): number {
    const last = this.#lastOutcome;
    if (last !== null && isOutcome(last.outcome, record)) return last.number;
    const key = `o${record.status} ${record.httpStatus} ${record.errorClass} ${record.usageSource} ${record.stream}`;
    const outcome = outcomeOf(record);
    const number = this.#numbers.get(key) ?? this.#add(key, "outcome", outcome);
    this.#lastOutcome = { outcome, number };
    return number;
  }

  /** Begins anew when there are too many. Only between batches. */
  renewWhenFull(): void {
    if (this.#numbers.size < MAX_SHAPES) return;
    this.#numbers.clear();
    this.#lastRoutes.clear();
    this.#lastCallers.clear();
    this.#lastOutcome = null;
    this.#generation = { number: this.#generation.number + 1, shapes: [] };
  }

  #add(key: string, kind: Shape["kind"], value: Route | Caller | Outcome): number {
    const number = this.#numbers.size;
    this.#numbers.set(key, number);
    this.#generation.shapes.push({ kind, value: JSON.stringify(value) });
    return number;
  }
}

function routeOf(record: RequestRecord): Route {
  const { upstreamFormat, upstreamEndpoint } = record;
  const route = [
    record.protocol,
    record.endpoint,
    record.requestedModel.slice(0, MAX_NAME_CHARS),
    record.servedModel?.slice(0, MAX_NAME_CHARS) ?? null,
    record.providerId,
    record.keyId,
    record.price,
  ] as const;
  return upstreamFormat === null ? route : [...route, [upstreamFormat, upstreamEndpoint]];
}

export function spokenOf([, , , , , , , spoken]: Route): Spoken {
  return { upstreamFormat: spoken?.[0] ?? null, upstreamEndpoint: spoken?.[1] ?? null };
}

function callerOf(record: RequestRecord, node: string): Caller {
  const { clientKeyId, clientAddress, userAgent, origin } = record;
  const caller = [clientKeyId, clientAddress, userAgent.slice(0, MAX_AGENT_CHARS), node] as const;
  return origin === "client" ? caller : [...caller, origin];
}

function outcomeOf(record: RequestRecord): Outcome {
  return [record.status, record.httpStatus, record.errorClass, record.usageSource, record.stream];
}

export function originOf(caller: Caller): RequestOrigin {
  return caller[4] ?? "client";
}

function isRoute(route: Route, record: RequestRecord): boolean {
  return (
    route[2] === record.requestedModel &&
    route[3] === record.servedModel &&
    route[4] === record.providerId &&
    route[1] === record.endpoint &&
    route[0] === record.protocol &&
    (route[7]?.[0] ?? null) === record.upstreamFormat &&
    (route[7]?.[1] ?? null) === record.upstreamEndpoint &&
    isPrice(route[6], record.price)
  );
}

function isPrice(a: PriceUsed | null, b: PriceUsed | null): boolean {
  if (a === b) return true;
  return (
    a !== null &&
    b !== null &&
    a.input === b.input &&
    a.output === b.output &&
    a.cacheRead === b.cacheRead &&
    a.cacheWrite === b.cacheWrite &&
    a.reasoning === b.reasoning &&
    a.perRequest === b.perRequest &&
    a.edition === b.edition &&
    a.source === b.source &&
    a.ref === b.ref
  );
}

function isCaller(caller: Caller, record: RequestRecord, node: string): boolean {
  return caller[2] === record.userAgent && caller[3] === node && originOf(caller) === record.origin;
}

function isOutcome(outcome: Outcome, record: RequestRecord): boolean {
  return (
    outcome[0] === record.status &&
    outcome[1] === record.httpStatus &&
    outcome[2] === record.errorClass &&
    outcome[3] === record.usageSource &&
    outcome[4] === record.stream
  );
}
