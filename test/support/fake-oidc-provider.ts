import { createHash, randomUUID } from "node:crypto";

/** An OpenID Connect provider on loopback: discovery, keys, authorize, token. What a test sets on it counts from the next call on. */
export interface FakeOidcProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Paths that were asked for, in order. */
  readonly calls: string[];
  /** Of the person who signs in there. */
  person: Record<string, unknown>;
  /** Laid over the ID token's claims: another audience, issuer, nonce … */
  twist: Record<string, unknown>;
  /** `other`: by a key that the provider does not publish. */
  signature: "RS256" | "none" | "other";
  /** Answered by every endpoint instead of the truth. */
  outage: (() => Response | Promise<Response>) | null;
  /** What discovery says besides. */
  metadata: Record<string, unknown>;
  /** What the browser does there: answers the address it is sent back to. */
  visit(location: string): Promise<string>;
  stop(): Promise<void>;
}

interface Grant {
  readonly nonce: string;
  readonly challenge: string;
  readonly redirectUri: string;
}

const ALGORITHM = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };

let making: Promise<{ own: CryptoKeyPair; other: CryptoKeyPair; published: object }> | null = null;

/** Once: they take a while. */
async function makeKeys() {
  const one = () =>
    crypto.subtle.generateKey({ ...ALGORITHM, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) }, true, [
      "sign",
      "verify",
    ]) as Promise<CryptoKeyPair>;
  const [own, other] = await Promise.all([one(), one()]);
  const published = { ...(await crypto.subtle.exportKey("jwk", own.publicKey)), kid: "k1", alg: "RS256", use: "sig" };
  return { own, other, published };
}

export async function startOidcProvider(): Promise<FakeOidcProvider> {
  making ??= makeKeys();
  const { own, other, published } = await making;
  const grants = new Map<string, Grant>();

  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const url = new URL(request.url);
      provider.calls.push(url.pathname);
      if (provider.outage !== null) return provider.outage();
      switch (url.pathname) {
        case "/.well-known/openid-configuration":
          return Response.json({
            issuer: provider.issuer,
            authorization_endpoint: `${provider.issuer}/authorize`,
            token_endpoint: `${provider.issuer}/token`,
            jwks_uri: `${provider.issuer}/keys`,
            id_token_signing_alg_values_supported: ["RS256", "none"],
            ...provider.metadata,
          });
        case "/keys":
          return Response.json({ keys: [published] });
        case "/authorize":
          return authorize(url.searchParams);
        case "/token":
          return grantToken(request);
        default:
          return new Response(null, { status: 404 });
      }
    },
  });

  function authorize(asked: URLSearchParams): Response {
    const redirectUri = asked.get("redirect_uri") ?? "";
    const isRight = asked.get("client_id") === provider.clientId && asked.get("code_challenge_method") === "S256";
    if (!isRight || asked.get("response_type") !== "code") return new Response("bad request", { status: 400 });
    const code = randomUUID();
    grants.set(code, {
      nonce: asked.get("nonce") ?? "",
      challenge: asked.get("code_challenge") ?? "",
      redirectUri,
    });
    const back = new URL(redirectUri);
    back.searchParams.set("code", code);
    back.searchParams.set("state", asked.get("state") ?? "");
    return new Response(null, { status: 302, headers: { location: back.href } });
  }

  async function grantToken(request: Request): Promise<Response> {
    const asked = new URLSearchParams(await request.text());
    // RFC 6749 2.3.1: both are form-encoded first.
    const proof = atob((request.headers.get("authorization") ?? "").replace(/^Basic /, ""));
    const grant = grants.get(asked.get("code") ?? "");
    grants.delete(asked.get("code") ?? "");
    const verifier = createHash("sha256")
      .update(asked.get("code_verifier") ?? "")
      .digest("base64url");
    const fits =
      decodeURIComponent(proof) === `${provider.clientId}:${provider.clientSecret}` &&
      grant?.challenge === verifier &&
      grant.redirectUri === asked.get("redirect_uri");
    if (!fits) return Response.json({ error: "invalid_grant" }, { status: 400 });
    const seconds = Math.floor(Date.now() / 1000);
    const claims = {
      iss: provider.issuer,
      aud: provider.clientId,
      iat: seconds,
      exp: seconds + 300,
      auth_time: seconds,
      nonce: grant.nonce,
      ...provider.person,
      ...provider.twist,
    };
    return Response.json({ access_token: "at", token_type: "Bearer", id_token: await sign(claims) });
  }

  async function sign(claims: object): Promise<string> {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    if (provider.signature === "none") return `${part({ alg: "none" })}.${part(claims)}.`;
    const text = `${part({ alg: "RS256", kid: "k1" })}.${part(claims)}`;
    const { privateKey } = provider.signature === "RS256" ? own : other;
    const signature = await crypto.subtle.sign(ALGORITHM, privateKey, Buffer.from(text));
    return `${text}.${Buffer.from(signature).toString("base64url")}`;
  }

  const provider: FakeOidcProvider = {
    issuer: `http://127.0.0.1:${server.port}`,
    clientId: "sluice",
    clientSecret: "oidc-secret-0123456789",
    calls: [],
    person: { sub: "ada-1", email: "ada@example.org", email_verified: true, name: "Ada" },
    twist: {},
    signature: "RS256",
    outage: null,
    metadata: {},
    async visit(location) {
      const answer = await fetch(location, { redirect: "manual" });
      return answer.headers.get("location") ?? `${answer.status}`;
    },
    stop: () => server.stop(true),
  };
  return provider;
}
