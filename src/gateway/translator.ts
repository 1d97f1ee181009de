import { utf8 } from "../lib/bytes.ts";
import type { EndpointId, Wire } from "../llm/names.ts";
import type { LlmRequest } from "../llm/request.ts";
import { restoreTurns } from "../llm/restore.ts";
import { KEY_BOUND, SIGNATURE_VENDORS, withoutSignatures } from "../llm/unsigned.ts";
import { withVendorCopies } from "../llm/vendor-copies.ts";
import type { ClientCodec, EncodedRequest } from "../protocols/codec.ts";
import { clientCodecs, upstreamCodecs } from "../protocols/index.ts";
import type { KeyEntry } from "../snapshot.ts";
import { AnswerTranslation } from "./answer-translation.ts";
import type { KeyBinding } from "./bound-ids.ts";
import type { SpokenRequest } from "./call-result.ts";
import type { Exchange } from "./exchange.ts";
import type { PlacedFiles } from "./files/copies.ts";
import { type JsonBody, parseBody } from "./json-body.ts";
import { bodyToRepeat, keepingCodec, keepsResponse } from "./keep-response.ts";
import { strictRefusal } from "./refusals.ts";
import type { RouteTarget } from "./route.ts";
import { writtenRequest } from "./upstream-request.ts";

/** One upstream call in another format than the client's. */
export interface TranslatedCall {
  readonly request: SpokenRequest;
  /** The client's names of what was left out. */
  readonly dropped: readonly string[];
  /** The JSON that goes up. */
  readonly sent: string;
  readonly answer: AnswerTranslation;
}

export interface DecodedRequest {
  readonly body: Readonly<Record<string, unknown>>;
  /** As the client sent it. */
  readonly request: LlmRequest;
  /** With what the client could not keep. */
  readonly restored: LlmRequest;
  /** The key that made the newest remembered turn; null when nothing is remembered. */
  readonly maker: KeyBinding | null;
  /** The answer will be kept here for its client. */
  readonly isKept: boolean;
}

/**
 * The way of one client request through the neutral model: its body is read once, however many targets and keys are asked, and
 * written for each of them.
 */
export class Translator {
  readonly #client: ClientCodec;
  #decoded: DecodedRequest | null = null;

  constructor(
    private readonly exchange: Exchange,
    private readonly body: JsonBody,
  ) {
    this.#client = clientCodecs[exchange.protocol.id];
  }

  /** Null until it has been read. */
  get maker(): KeyBinding | null {
    return this.#decoded?.maker ?? null;
  }

  /**
   * `files`: what this key's vendor calls the files that are too large to be sent within the request. Throws GatewayError 400 for what
   * this target can neither be sent nor do without.
   */
  callFor(target: RouteTarget, key: KeyEntry, wire: Wire, files: PlacedFiles | null): TranslatedCall {
    const { exchange } = this;
    const { provider, upstreamModel: model, traits } = target;
    const { restored, maker } = this.read();
    // Another key cannot read what the maker signed for itself; better without than refused.
    const signed = maker === null || maker.keyId === key.id ? restored : withoutSignatures(restored, KEY_BOUND);
    const request = files === null ? signed : withVendorCopies(signed, files.copies);
    const encoded = upstreamCodecs[wire].encodeRequest(request, {
      kind: provider.kind,
      model,
      traits,
      quirks: exchange.gateway.quirks.of(provider),
      fieldName: (field) => this.#client.fieldName(field),
    });
    if (exchange.client!.strictParameters && encoded.dropped.length > 0) throw strictRefusal(encoded.dropped);
    const sent = JSON.stringify(encoded.body);
    return {
      request: this.#upstreamRequest(target, key, { wire, encoded, sent, beta: files?.beta ?? null }),
      dropped: encoded.dropped,
      sent,
      answer: this.answerOf(target, key, wire, encoded.toolNames),
    };
  }

  /** How an answer in this format is read; also for an upstream of the client's own format that answers in another way than asked. */
  answerOf(
    { provider, upstreamModel }: RouteTarget,
    key: KeyEntry,
    wire: Wire,
    toolNames: ReadonlyMap<string, string> = NO_NAMES,
  ): AnswerTranslation {
    const { exchange } = this;
    const { request, body, isKept } = this.read();
    return new AnswerTranslation({
      wire,
      upstream: upstreamCodecs[wire],
      decode: { kind: provider.kind, model: upstreamModel, toolNames, newCallId },
      client: isKept ? keepingCodec(this.#client, exchange, body) : this.#client,
      context: {
        requestId: exchange.id,
        model: exchange.requestedModel,
        createdAtMs: exchange.receivedAtMs,
        request,
        body: bodyToRepeat(exchange, body, isKept),
      },
      remember: (turns) => {
        const binding = { providerId: provider.id, keyId: key.id };
        for (const turn of turns) exchange.gateway.turns.remember(ownerOf(exchange), turn, binding);
      },
    });
  }

  /** For an upstream that refuses what somebody signed. False when nothing was signed. */
  forgetSignatures(): boolean {
    const decoded = this.read();
    const restored = withoutSignatures(decoded.restored, SIGNATURE_VENDORS);
    if (restored === decoded.restored) return false;
    this.#decoded = { ...decoded, restored };
    return true;
  }

  #upstreamRequest(target: RouteTarget, key: KeyEntry, { wire, encoded, sent, beta }: Written): SpokenRequest {
    const endpoint = endpointOf(wire, this.exchange.stream);
    const { query, path, headers } = encoded;
    return writtenRequest(this.exchange, target, key, {
      endpoint,
      query,
      path,
      headers: beta === null ? headers : { ...headers, "anthropic-beta": beta },
      body: utf8(sent),
      spoken: { upstreamFormat: wire, upstreamEndpoint: wire === "coze" ? null : endpoint },
    });
  }

  /** What the client asks for. Throws GatewayError 400 with the path of the first field that is wrong. */
  read(): DecodedRequest {
    if (this.#decoded !== null) return this.#decoded;
    const { exchange } = this;
    const { requestedModel, stream, gateway } = exchange;
    const owner = ownerOf(exchange);
    const parsed = parseBody(this.body);
    // Azure's clients may name the model in the path alone.
    const body = exchange.protocol.id === "gemini" ? parsed : { model: requestedModel, ...parsed };
    const isKept = keepsResponse(exchange, body);
    // What is kept here is nothing that an upstream should keep.
    const asked = isKept ? { ...body, store: false } : body;
    const request = { ...this.#client.decodeRequest(asked, { model: requestedModel, stream }), stream };
    let maker: KeyBinding | null = null;
    const restored = restoreTurns(request, (callId) => {
      const known = gateway.turns.find(owner, callId);
      if (known !== null) maker = known.binding;
      return known?.turn ?? null;
    });
    this.#decoded = { body, request, restored, maker, isKept };
    return this.#decoded;
  }
}

interface Written {
  readonly wire: Wire;
  readonly encoded: EncodedRequest;
  readonly sent: string;
  readonly beta: string | null;
}

/** Ids of calls repeat between conversations; those of one client with one model hardly do, and signatures are the model's own. */
function ownerOf({ client, requestedModel }: Exchange): string {
  return `${client?.id ?? ""} ${requestedModel}`;
}

const NO_NAMES: ReadonlyMap<string, string> = new Map();

/** At most 40 characters: older OpenAI models take no longer ids of calls. */
function newCallId(): string {
  return `call_${crypto.randomUUID().replaceAll("-", "")}`;
}

function endpointOf(wire: Wire, stream: boolean): EndpointId {
  switch (wire) {
    case "openai-chat":
    case "coze": // it has one path for everything
      return "chat.completions";
    case "openai-responses":
      return "responses";
    case "anthropic-messages":
      return "messages";
    case "gemini":
      return stream ? "gemini.streamGenerateContent" : "gemini.generateContent";
  }
}
