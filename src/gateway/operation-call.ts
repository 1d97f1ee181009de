import { utf8 } from "../lib/bytes.ts";
import { errorText } from "../lib/log.ts";
import type { Usage, UsageSource } from "../llm/usage.ts";
import { operations, protocols } from "../protocols/index.ts";
import type { Operation, OperationAnswer } from "../protocols/operation.ts";
import type { AnswerFacts } from "../protocols/protocol.ts";
import { unsupported } from "../protocols/unsupported.ts";
import type { Service } from "../providers/wires.ts";
import type { KeyEntry } from "../snapshot.ts";
import { readWhole, type WholeAnswer } from "./answer-translation.ts";
import type { SpokenRequest } from "./call-result.ts";
import type { Exchange } from "./exchange.ts";
import { type JsonBody, parseBody } from "./json-body.ts";
import { strictRefusal } from "./refusals.ts";
import type { RouteTarget } from "./route.ts";
import { writtenRequest } from "./upstream-request.ts";

type OperationService = Extract<Service, { how: "operation" }>;

/** One upstream call for what is no conversation, at another vendor's endpoint. */
export interface OperationCall {
  readonly request: SpokenRequest;
  readonly dropped: readonly string[];
  /** Nothing: the fields that a quirk can forbid are those of conversations. */
  readonly sent: "";
  readonly answer: OperationReading;
}

/** The request for one target: written once, whichever key it goes up with. Throws GatewayError 400. */
export class OperationRequest {
  readonly #operation: Operation;
  readonly #body: Uint8Array;

  constructor(
    private readonly exchange: Exchange,
    body: JsonBody,
    private readonly target: RouteTarget,
    private readonly service: OperationService,
  ) {
    if (exchange.stream) throw unsupported("stream", "this model answers this kind of request as a whole only.");
    this.#operation = operations[service.id](parseBody(body), {
      model: target.upstreamModel,
      requestedModel: exchange.requestedModel,
      createdAtMs: exchange.receivedAtMs,
    });
    const { dropped } = this.#operation;
    if (exchange.client!.strictParameters && dropped.length > 0) throw strictRefusal(dropped);
    this.#body = utf8(JSON.stringify(this.#operation.body));
  }

  callFor(key: KeyEntry): OperationCall {
    const { endpoint, dropped } = this.#operation;
    return {
      request: writtenRequest(this.exchange, this.target, key, {
        endpoint,
        query: "",
        headers: {},
        body: this.#body,
        spoken: { upstreamFormat: this.service.wire, upstreamEndpoint: endpoint },
      }),
      dropped,
      sent: "",
      answer: new OperationReading(this.#operation, this.service),
    };
  }
}

export interface AccountedAnswer extends OperationAnswer {
  readonly usage: Usage | null;
  readonly usageSource: UsageSource;
  readonly rawUsage: string | null;
}

/** Reads the answer to an operation. */
export class OperationReading {
  /** It is of no format that a conversation has. */
  readonly wire = null;

  constructor(
    private readonly operation: Operation,
    private readonly service: OperationService,
  ) {}

  /** Of whole JSON. */
  read(bytes: Uint8Array): WholeAnswer<AccountedAnswer> {
    const { operation, service } = this;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
    let facts: AnswerFacts;
    try {
      facts = protocols[service.wire].readAnswer(bytes, service.id);
    } catch (error) {
      return { kind: "nonsense", message: errorText(error) };
    }
    if (facts.isError) return { kind: "error", status: 200, body: text };
    const usage = facts.usage ?? operation.estimateUsage();
    const usageSource = usage === null ? "unknown" : facts.usage === null ? "estimated" : "reported";
    return readWhole(text, (body) => ({
      ...operation.readAnswer(body, usage),
      usage,
      usageSource,
      rawUsage: facts.rawUsage,
    }));
  }
}
