import { GatewayError } from "../errors.ts";
import type { EndpointId } from "../llm/names.ts";
import { mayUseModel } from "../policy/access.ts";
import { OWN_FILE_PREFIX } from "../protocols/own-file.ts";
import { CONVERSATIONS, COUNTS } from "../providers/wires.ts";
import type { Answer } from "./attempt-result.ts";
import { findBinding } from "./binding.ts";
import type { KeyBinding } from "./bound-ids.ts";
import { ContentCapture } from "./content.ts";
import { type Continued, continueConversation, inClientsTerms } from "./continuation.ts";
import { identifyClient } from "./credential.ts";
import type { Exchange } from "./exchange.ts";
import { identifyInternal } from "./internal-caller.ts";
import { type JsonBody, readJsonBody, readModel, readStream, wantsStreamUsage } from "./json-body.ts";
import { type MultipartBody, readMultipartBody } from "./multipart-body.ts";
import { pinTargets } from "./pins.ts";
import { printable } from "./printable.ts";
import { bodyError, readRequestBody } from "./request-body.ts";
import { type RouteTarget, routeModel, routeStored } from "./route.ts";
import { storedAnswer } from "./stored-answer.ts";

/** A request that may go on: who asked, what for, and who could serve it. */
export interface Admitted {
  readonly body: JsonBody | MultipartBody | { readonly kind: "none" };
  readonly targets: readonly RouteTarget[];
  /** The one key that can serve it, when the request names something only that key knows. */
  readonly binding: KeyBinding | null;
  readonly clientWantsUsage: boolean;
  /** What its headers must say for it to name files at the vendor (Anthropic). */
  readonly beta?: string;
  /** Nobody need be asked. */
  readonly answer?: Answer;
}

/** Finds out who asks, and whether anything can be begun. Throws GatewayError. */
export function admitCaller(exchange: Exchange): void {
  const { incoming } = exchange;
  exchange.client =
    incoming.internal === null
      ? identifyClient({
          gateway: exchange.gateway,
          incoming,
          snapshot: exchange.snapshot,
          nowMs: exchange.receivedAtMs,
        })
      : identifyInternal(exchange, incoming.internal);
  const { requestContent } = exchange.client;
  if (requestContent !== "none") {
    const { maxContentBytes } = exchange.snapshot.settings;
    exchange.capture = new ContentCapture(requestContent, maxContentBytes, incoming.request.headers);
  }
  if (exchange.gateway.draining) {
    throw new GatewayError("overloaded", 503, "This gateway is shutting down. Try again in a moment.", {
      retryAfterMs: 1000,
      headers: { connection: "close" },
    });
  }
}

/**
 * Reads the body once, finds client, model and targets; a promise only where something has to be waited for. Throws or rejects with
 * GatewayError in every case that must not go upstream.
 */
export function admit(exchange: Exchange): Admitted | Promise<Admitted> {
  const { endpoint } = exchange.incoming;
  admitCaller(exchange);
  if (endpoint.stored) return admitStored(exchange);
  if (endpoint.body === "multipart" && contentTypeOf(exchange).startsWith("multipart/form-data")) {
    return admitForm(exchange);
  }
  requireJson(exchange);
  const bytes = readRequestBody(exchange);
  return bytes instanceof Promise ? admitComing(exchange, bytes) : admitJson(exchange, bytes);
}

async function admitStored(exchange: Exchange): Promise<Admitted> {
  const { incoming } = exchange;
  const answer = await storedAnswer(exchange, incoming.resourceId ?? "");
  if (answer !== null) return { body: { kind: "none" }, targets: [], binding: null, clientWantsUsage: true, answer };
  const { targets, binding } = routeStored(exchange, incoming.resourceId ?? "");
  exchange.stream = incoming.endpoint.id === "responses.get" && /[?&]stream=true(?:&|$)/.test(incoming.query);
  return { body: { kind: "none" }, targets, binding, clientWantsUsage: true };
}

async function admitForm(exchange: Exchange): Promise<Admitted> {
  const { body, model } = await readMultipartBody(exchange).catch((error) => {
    throw bodyError(exchange, error);
  });
  return { body, targets: admitModel(exchange, model), binding: null, clientWantsUsage: true };
}

/** A body that is still on its way. */
async function admitComing(exchange: Exchange, coming: Promise<Uint8Array>): Promise<Admitted> {
  let bytes: Uint8Array;
  try {
    bytes = await coming;
  } catch (error) {
    throw bodyError(exchange, error);
  }
  return admitJson(exchange, bytes);
}

function admitJson(exchange: Exchange, bytes: Uint8Array): Admitted | Promise<Admitted> {
  const { incoming } = exchange;
  exchange.requestBytes = bytes.length;
  exchange.capture?.request(bytes);
  exchange.stopAtMs = Number.POSITIVE_INFINITY;
  const body = readJsonBody(bytes, exchange.snapshot.settings.maxJsonDepth);
  exchange.stream =
    incoming.endpoint.protocol === "gemini"
      ? incoming.endpoint.id === "gemini.streamGenerateContent"
      : readStream(body);
  const targets = admitModel(exchange, incoming.pathModel ?? readModel(body));
  if (incoming.endpoint.id === "responses") {
    return continueConversation(exchange, body, targets).then((whole) => admitFiles(exchange, whole));
  }
  return admitFiles(exchange, { body, targets });
}

/** As it goes on, with the files that are kept here written out in its body. */
function admitFiles(exchange: Exchange, { body, targets }: Continued): Admitted | Promise<Admitted> {
  const isNamingFiles = NAMES_FILES.has(exchange.incoming.endpoint.id) && body.json.includes(OWN_FILE_PREFIX);
  if (!isNamingFiles) return admitWhole(exchange, body, targets);
  return writeOutFiles(exchange, body).then((whole) => admitWhole(exchange, whole, targets));
}

async function writeOutFiles(exchange: Exchange, body: JsonBody): Promise<JsonBody> {
  const { withFiles } = await import("./files/inline.ts");
  return withFiles(exchange, body).catch((error: unknown) => {
    throw error instanceof GatewayError ? inClientsTerms(error, exchange) : error;
  });
}

function admitWhole(exchange: Exchange, body: JsonBody, targets: readonly RouteTarget[]): Admitted {
  return {
    body,
    targets,
    binding: findBinding(exchange, body),
    clientWantsUsage: !exchange.stream || wantsStreamUsage(body),
  };
}

/** Whose parts may name a file. */
const NAMES_FILES: ReadonlySet<EndpointId> = new Set([...CONVERSATIONS, ...COUNTS]);

function admitModel(exchange: Exchange, model: string): readonly RouteTarget[] {
  exchange.requestedModel = model;
  if (!mayUseModel(exchange.client!.allowedModels, model)) {
    throw new GatewayError("forbidden", 403, `This API key may not use the model "${printable(model)}".`, {
      code: "model_not_allowed",
      param: "model",
    });
  }
  return exchange.incoming.internal === null
    ? routeModel(exchange, model)
    : pinTargets(exchange, (name) => routeModel(exchange, name), model);
}

function requireJson(exchange: Exchange): void {
  const { headers } = exchange.incoming.request;
  const sent = headers.get("content-type");
  const type = sent === "application/json" ? "" : contentTypeOf(exchange);
  if (type !== "" && !/^application\/(?:[\w.+-]+\+)?json(?:;|$|\s)/.test(type)) {
    throw new GatewayError("invalid_request", 415, "Send the request as `content-type: application/json`.", {
      code: "unsupported_media_type",
    });
  }
  const encoding = headers.get("content-encoding");
  if (encoding !== null && encoding !== "" && encoding !== "identity") {
    throw new GatewayError("invalid_request", 415, "Send the request body without content-encoding.", {
      code: "unsupported_encoding",
    });
  }
}

function contentTypeOf(exchange: Exchange): string {
  return (exchange.incoming.request.headers.get("content-type") ?? "").trim().toLowerCase();
}
