import type { EndpointId, Quirk, Wire } from "./llm/names.ts";

/** A request that nobody sends: what would become of it? */
export interface RouteQuestion {
  readonly model: string;
  readonly endpoint: EndpointId;
  readonly stream: boolean;
  /** As a client would send it; null: a short one of the endpoint's format. */
  readonly body: Readonly<Record<string, unknown>> | null;
  /** Null: an administrator, whom no client's limits hold. */
  readonly clientKeyId: string | null;
}

/** How one target is asked. */
export interface ForecastCall {
  /** `bridged`: the client's own vendor, but at another of its endpoints, since the model refuses this request there. */
  readonly how: "native" | "bridged" | "translated" | "operation" | "estimated";
  /** Null: nobody is asked, or the client's bytes go up as they are. */
  readonly wire: Wire | null;
  /** Habits of the upstream that the request is written for. */
  readonly quirks: readonly Quirk[];
  /** Fields of the request that it cannot be sent. */
  readonly dropped: readonly string[];
}

/** One target in the order in which they are asked. */
export interface ForecastStep {
  readonly providerId: string;
  readonly upstreamModel: string;
  readonly priority: number;
  readonly weight: number;
  /** The key whose turn it is; null when nobody can be asked here, or nobody need be. */
  readonly keyId: string | null;
  /** Only this key can do it: it made what the request goes on with. */
  readonly isBound: boolean;
  /** The one try of a key that was parked. */
  readonly isProbe: boolean;
  /** Null when this target cannot be sent the request: `refusal` says why. */
  readonly call: ForecastCall | null;
  readonly refusal: string | null;
}

/** What the client would be told. */
export interface ForecastRefusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly retryAfterMs: number | null;
  /** Word for word, in the client's own format. */
  readonly body: string;
}

export interface RouteForecast {
  readonly modelId: string | null;
  readonly steps: readonly ForecastStep[];
  /** Targets of equal priority take turns by lot; false when the request itself says who goes first. */
  readonly isByLot: boolean;
  /** Null when somebody would be asked. */
  readonly refusal: ForecastRefusal | null;
}
