import type { HeaderView } from "../lib/http-client/types.ts";
import type { Secret } from "../lib/secret.ts";
import type { EndpointId, ProviderKind, UpstreamEndpoint } from "../llm/names.ts";

/** What a dialect needs to know of a provider. */
export interface ProviderAddress {
  readonly kind: ProviderKind;
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly apiVersion: string | null;
}

export interface UpstreamCall {
  readonly endpoint: UpstreamEndpoint;
  /** The upstream's model id (Azure: the deployment). */
  readonly model: string;
  /** Of a stored response. */
  readonly resourceId: string | null;
  /** Which Gemini surface the client used. */
  readonly geminiVersion: "v1" | "v1beta";
  /** The client's query without credentials, with its question mark, or "". */
  readonly query: string;
  /** Instead of the endpoint's own path, below the base URL (Coze). */
  readonly path?: string | undefined;
}

/** Where and how a kind of upstream is called. It knows paths and headers, nothing of bodies. */
export interface Dialect {
  /** The public address, where the vendor has one. */
  readonly defaultBaseUrl: string | null;
  /** Endpoints spoken natively: the client's bytes can go there as they are. */
  readonly native: ReadonlySet<EndpointId>;
  url(provider: ProviderAddress, call: UpstreamCall): string;
  /** The credential header of a key; some vendors' depends on the headers that go up with it. */
  auth(secret: Secret, headers: HeaderView): Readonly<Record<string, string>>;
  /** Client headers that go up with the request. */
  readonly forwarded: readonly string[];
  /** Headers that a request needs when the client did not send them. */
  readonly defaults: Readonly<Record<string, string>>;
  /** Streams are known to need mending (see protocols/openai-chat/repair). */
  readonly sloppyStreams: boolean;
}
