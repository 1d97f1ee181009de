import type { RequestView } from "../src/control/requests/request-view.ts";
import type { AttemptRecord } from "../src/record.ts";
import type { StoredContent } from "../src/store/reports.ts";
import { builder } from "./builder.ts";
import { AttemptOutcome, ContentPolicy, ErrorClass, UpstreamFormat } from "./enums.ts";
import { labelField } from "./object-label.ts";
import { Provider, ProviderKey } from "./refs.ts";
import { findKey, findProvider } from "./request-loaders.ts";

interface AttemptOfRequest extends AttemptRecord {
  readonly index: number;
  readonly request: RequestView;
}

export const RequestAttempt = builder.objectRef<AttemptOfRequest>("RequestAttempt");
builder.objectType(RequestAttempt, {
  description: "One upstream call; drawn as the waterfall of the detail panel.",
  fields: (t) => ({
    index: t.exposeInt("index"),
    providerId: t.exposeID("providerId"),
    provider: t.field({ type: Provider, nullable: true, resolve: (row, _, ctx) => findProvider(ctx, row.providerId) }),
    providerLabel: t.field(labelField(({ providerId }) => providerId)),
    providerKeyId: t.exposeID("keyId"),
    providerKeyLabel: t.field(labelField(({ keyId }) => keyId)),
    providerKey: t.field({ type: ProviderKey, nullable: true, resolve: (row, _, ctx) => findKey(ctx, row.keyId) }),
    upstreamModel: t.exposeString("upstreamModel"),
    upstreamFormat: t.expose("upstreamFormat", { type: UpstreamFormat, nullable: true }),
    upstreamEndpoint: t.exposeString("upstreamEndpoint", { nullable: true }),
    startOffsetMs: t.float({ resolve: ({ startedAtMs, request }) => startedAtMs - request.receivedAtMs }),
    durationMs: t.exposeFloat("durationMs"),
    outcome: t.expose("outcome", { type: AttemptOutcome }),
    httpStatus: t.exposeInt("httpStatus", { nullable: true }),
    errorClass: t.expose("errorClass", { type: ErrorClass, nullable: true }),
    errorMessage: t.exposeString("errorText", { nullable: true }),
    cooldownMs: t.int({
      nullable: true,
      description: "How long this failure parked the key.",
      resolve: ({ cooldownMs }) => cooldownMs && Math.round(cooldownMs),
    }),
    upstreamRequestId: t.exposeString("upstreamRequestId", { nullable: true }),
  }),
});

const StoredBody = builder.objectRef<Uint8Array>("StoredBody");
builder.objectType(StoredBody, {
  fields: (t) => ({
    bytes: t.field({ type: "Long", resolve: (body) => body.byteLength }),
    text: t.string({ nullable: true, description: "Null when it is not text.", resolve: readText }),
  }),
});

export const RequestContent = builder.objectRef<StoredContent>("RequestContent");
builder.objectType(RequestContent, {
  fields: (t) => ({
    policy: t.expose("policy", { type: ContentPolicy }),
    requestHeaders: t.field({ type: "JSON", nullable: true, resolve: (content) => readJson(content.requestHeaders) }),
    responseHeaders: t.field({ type: "JSON", nullable: true, resolve: (content) => readJson(content.responseHeaders) }),
    requestBody: t.expose("requestBody", { type: StoredBody, nullable: true }),
    responseBody: t.expose("responseBody", { type: StoredBody, nullable: true }),
    truncated: t.exposeBoolean("truncated", { description: "A body was longer than what is kept." }),
  }),
});

/** Stored JSON, which others wrote: what does not parse is shown as the text it is. */
export function readJson(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A body that was cut may end in the middle of a character: that is still text. */
function readText(body: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body, { stream: true });
  } catch {
    return null;
  }
}
