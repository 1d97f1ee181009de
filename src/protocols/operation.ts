import type { UpstreamEndpoint } from "../llm/names.ts";
import type { Usage } from "../llm/usage.ts";

/** A request that is no conversation, written for another vendor's endpoint of the same purpose. */
export interface Operation {
  readonly endpoint: UpstreamEndpoint;
  readonly body: Record<string, unknown>;
  /** The client's names of what was left out. */
  readonly dropped: readonly string[];
  /** For an upstream that tells no usage; null where nothing is known of it (pictures and sounds). */
  estimateUsage(): Usage | null;
  /** A whole JSON answer that is no error, as the client gets it. Throws GatewayError: 502 on nonsense, 400 for what a filter withheld. */
  readAnswer(answer: unknown, usage: Usage | null): OperationAnswer;
}

export interface OperationAnswer {
  readonly bytes: Uint8Array;
  readonly contentType: string;
}

export interface OperationContext {
  /** The upstream's model id. */
  readonly model: string;
  /** The model's name as the client knows it. */
  readonly requestedModel: string;
  readonly createdAtMs: number;
}

/** Reads a client's parsed body. Throws GatewayError 400 with the path of the field that is wrong or cannot be carried. */
export type OperationEncoder = (body: unknown, context: OperationContext) => Operation;
