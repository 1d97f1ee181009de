import {
  AuthorizationResponseError,
  type AuthorizationServer,
  allowInsecureRequests,
  authorizationCodeGrantRequest,
  type Client,
  ClientSecretBasic,
  ClientSecretPost,
  calculatePKCECodeChallenge,
  clockTolerance,
  customFetch,
  discoveryRequest,
  getValidatedIdTokenClaims,
  type JWKSCacheInput,
  jwksCache,
  processAuthorizationCodeResponse,
  processDiscoveryResponse,
  ResponseBodyError,
  skipAuthTimeCheck,
  validateApplicationLevelSignature,
  validateAuthResponse,
} from "oauth4webapi";
import { type Outbound, OutboundError } from "../../../lib/outbound.ts";
import type { SignInProviderValues } from "../../../store/people.ts";
import type { ControlDeps } from "../../deps.ts";
import type { Flow } from "./flow.ts";
import { OidcError } from "./problem.ts";

/** As the ID token says them; the signature has been checked. */
export type IdTokenClaims = Readonly<Record<string, unknown>> & { readonly iss: string; readonly sub: string };

const DISCOVERED_FOR_MS = 3_600_000;
/** A provider that does not answer is not asked again for every click. */
const FAILED_FOR_MS = 5_000;
const CALL_TIMEOUT_MS = 10_000;
const CLOCK_TOLERANCE_SECONDS = 30;

/** Speaks OpenID Connect with one provider: authorization code flow with PKCE. Throws OidcError. */
export class OidcClient {
  readonly #values: SignInProviderValues;
  readonly #deps: Pick<ControlDeps, "outbound" | "now">;
  readonly #client: Client;
  readonly #keys: JWKSCacheInput = {};
  #discovered: { readonly server: Promise<AuthorizationServer>; untilMs: number } | null = null;

  constructor(values: SignInProviderValues, deps: Pick<ControlDeps, "outbound" | "now">) {
    this.#values = values;
    this.#deps = deps;
    this.#client = { client_id: values.clientId, [clockTolerance]: CLOCK_TOLERANCE_SECONDS };
  }

  /** What the provider says of itself. */
  discover(): Promise<AuthorizationServer> {
    const nowMs = this.#deps.now();
    if (this.#discovered !== null && this.#discovered.untilMs > nowMs) return this.#discovered.server;
    const discovered = { server: this.#readMetadata(), untilMs: nowMs + DISCOVERED_FOR_MS };
    discovered.server.catch(() => {
      discovered.untilMs = nowMs + FAILED_FOR_MS;
    });
    this.#discovered = discovered;
    return discovered.server;
  }

  /** Where the browser goes. `proveAgain`: the provider must ask who he is although it knows him. */
  async authorizationUrl(flow: Flow, proveAgain: boolean): Promise<string> {
    const server = await this.discover();
    const url = new URL(server.authorization_endpoint!);
    const parameters = {
      response_type: "code",
      client_id: this.#values.clientId,
      redirect_uri: flow.redirectUri,
      scope: "openid email profile",
      state: flow.state,
      nonce: flow.nonce,
      code_challenge: await calculatePKCECodeChallenge(flow.verifier),
      code_challenge_method: "S256",
      ...(proveAgain ? { prompt: "login", max_age: "0" } : {}),
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return url.href;
  }

  /** Exchanges what the browser brought back for who he is. */
  async redeem(flow: Flow, answer: URLSearchParams): Promise<IdTokenClaims> {
    const server = await this.discover();
    return orOidcError(async () => {
      const checked = validateAuthResponse(server, this.#client, answer, flow.state);
      const secret = this.#values.clientSecret.reveal();
      // Without a word from the provider its standard is Basic; secrets with odd characters are safer in the body.
      const takesPost = server.token_endpoint_auth_methods_supported?.includes("client_secret_post") === true;
      const proof = takesPost ? ClientSecretPost(secret) : ClientSecretBasic(secret);
      const { redirectUri, verifier } = flow;
      const options = this.#options;
      const response = await authorizationCodeGrantRequest(
        ...([server, this.#client, proof, checked, redirectUri, verifier, options] as const),
      );
      const tokens = await processAuthorizationCodeResponse(server, this.#client, response, {
        expectedNonce: flow.nonce,
        maxAge: skipAuthTimeCheck,
        requireIdToken: true,
      });
      await validateApplicationLevelSignature(server, response, { ...options, [jwksCache]: this.#keys });
      return getValidatedIdTokenClaims(tokens) as IdTokenClaims;
    });
  }

  #readMetadata(): Promise<AuthorizationServer> {
    return orOidcError(async () => {
      const issuer = new URL(this.#values.issuer);
      const server = await processDiscoveryResponse(issuer, await discoveryRequest(issuer, this.#options));
      for (const endpoint of ["authorization_endpoint", "token_endpoint", "jwks_uri"] as const) {
        const url = URL.parse(server[endpoint] ?? "");
        if (url === null || (url.protocol !== "https:" && !this.#isPlain)) {
          throw new OidcError("unavailable", `its configuration names no ${endpoint} over https`);
        }
      }
      return server;
    });
  }

  /** Only an issuer on this very machine may be http: the input is checked for that. */
  get #isPlain(): boolean {
    return this.#values.issuer.startsWith("http:");
  }

  get #options() {
    const call = (url: string, request: CallOptions) => callOut(this.#deps.outbound, url, request);
    return { [customFetch]: call, [allowInsecureRequests]: this.#isPlain };
  }
}

interface CallOptions {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: URLSearchParams | undefined;
}

/** All that leaves goes through the address policy, bounded in time and size; no redirect is followed. */
async function callOut(outbound: Outbound, url: string, { method, headers, body }: CallOptions): Promise<Response> {
  const answer = await outbound.send({
    ...{ method, url, headers, body: body === undefined ? null : body.toString() },
    timeoutMs: CALL_TIMEOUT_MS,
  });
  const names = ["content-type", "www-authenticate"];
  const kept = names.flatMap((name) => {
    const value = answer.header(name);
    return value === null ? [] : [[name, value] as [string, string]];
  });
  return new Response(answer.text === "" ? null : answer.text, { status: answer.status, headers: kept });
}

async function orOidcError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof OidcError) throw error;
    if (error instanceof OutboundError) throw new OidcError("unavailable", error.message);
    if (error instanceof AuthorizationResponseError)
      throw new OidcError("declined", `it answered ${word(error.error)}`);
    // The library's messages name what did not fit, never the value; its causes hold tokens.
    const code = error instanceof ResponseBodyError ? ` (${word(error.error)})` : "";
    throw new OidcError("not_valid", `${error instanceof Error ? error.message : "its answer is not readable"}${code}`);
  }
}

/** What others sent, as far as it is a word. */
function word(value: unknown): string {
  return /^[\w.-]{1,60}$/.exec(String(value))?.[0] ?? "something odd";
}
