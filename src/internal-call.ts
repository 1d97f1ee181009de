import type { EndpointId } from "./llm/names.ts";
import type { RequestOrigin } from "./record.ts";

/**
 * A request that Sluice makes of itself (a chat in the console, a test of a model, a replay). It takes the way of any client's:
 * admitted, planned, relayed, settled, priced, in the log, told apart there by its origin.
 */
export interface InternalCall {
  readonly origin: Exclude<RequestOrigin, "client">;
  /** One that takes a JSON body. */
  readonly endpoint: EndpointId;
  /** For the formats whose path names the model (Gemini). */
  readonly pathModel: string | null;
  readonly body: Uint8Array<ArrayBuffer>;
  /** The client key whose scopes, limits and content policy hold; null: the console itself, which may use every model. */
  readonly clientKeyId: string | null;
  readonly pins: CallPins | null;
  /** Stands for the client that leaves. */
  readonly signal: AbortSignal;
  /** Of the person behind it, for the log. */
  readonly clientAddress?: string;
}

/** Who alone may be asked. What cannot be had so is refused: nobody else is asked instead. */
export interface CallPins {
  readonly providerId?: string | null;
  /** Position among the model's targets, as configured. */
  readonly targetIndex?: number | null;
  /** Without a client key it need not be one of the model's targets. */
  readonly upstreamModel?: string | null;
  /** Asked even while it is cooling down; never when a person has switched it off. */
  readonly keyId?: string | null;
}

export interface InternalAnswer {
  /** Known before anybody has answered. */
  readonly requestId: string;
  /** Never rejects: refusals are answers in the endpoint's own format. Read or cancel its body. */
  readonly response: Promise<Response>;
}

export type CallInternally = (call: InternalCall) => InternalAnswer;
