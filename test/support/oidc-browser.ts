import { expect } from "bun:test";
import { type SignInRoutes, serveSignIn } from "../../src/http/sign-in-routes.ts";
import type { AdminServer, Answer } from "./admin-server.ts";
import type { FakeOidcProvider } from "./fake-oidc-provider.ts";

/** A browser that signs in by the provider: keeps the cookies it is given, and goes where it is sent. */
export class OidcBrowser {
  readonly cookies = new Map<string, string>();
  readonly #routes: SignInRoutes;
  /** As the proxy in front says it. */
  proto: "http" | "https" = "http";

  constructor(
    readonly server: AdminServer,
    readonly provider: FakeOidcProvider,
    basePath = "",
  ) {
    this.#routes = serveSignIn(server.control, basePath);
  }

  async start(query = ""): Promise<string> {
    return this.#follow(await this.#routes.start(this.#request(`/auth/oidc/start${query}`), ADDRESS));
  }

  async callback(url: string): Promise<string> {
    return this.#follow(await this.#routes.callback(this.#request(url.slice(new URL(url).origin.length)), ADDRESS));
  }

  /** There and back; answers the path at which it ends. */
  async signIn(query = ""): Promise<string> {
    return this.callback(await this.provider.visit(await this.start(query)));
  }

  async ask(query: string, variables: object = {}): Promise<Answer> {
    const { origin } = new URL(this.server.url);
    const headers = { origin, cookie: this.#cookie };
    return (await this.server.ask<Answer>(query, variables, { token: null, headers })).data;
  }

  async viewer(): Promise<Answer> {
    return (await this.ask("{ viewer { kind user { email role } reauthenticatedUntil } }")).viewer;
  }

  get #cookie(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  #request(path: string): Request {
    const headers = { host: HOST, "x-forwarded-proto": this.proto, "user-agent": "test browser", cookie: this.#cookie };
    return new Request(`http://${HOST}${path}`, { headers });
  }

  #follow(response: Response): string {
    expect(response.status).toBe(302);
    expect(response.headers.get("cache-control")).toBe("no-store");
    for (const line of response.headers.getSetCookie()) {
      const [pair = "", ...attributes] = line.split("; ");
      const name = pair.slice(0, pair.indexOf("="));
      expect(attributes).toContain("HttpOnly");
      expect(attributes).toContain("Path=/");
      expect(name.startsWith("__Host-")).toBe(this.proto === "https");
      expect(attributes.includes("Secure")).toBe(this.proto === "https");
      expect(attributes).toContain(name.endsWith("session") ? "SameSite=Strict" : "SameSite=Lax");
      if (attributes.includes("Max-Age=0")) this.cookies.delete(name);
      else this.cookies.set(name, pair.slice(name.length + 1));
    }
    return response.headers.get("location") ?? "";
  }
}

export const HOST = "gateway.example:8000";
const ADDRESS = "192.0.2.9";

/** With everything that a test does not change. */
export async function setProvider(server: AdminServer, provider: FakeOidcProvider, more: object = {}): Promise<Answer> {
  const { issuer, clientId, clientSecret } = provider;
  const input = { issuer, clientId, clientSecret, label: "Example", ...more };
  return (await server.ask<Answer>(SET, { input })).data.setSignInProvider;
}
const SET = `mutation ($input: SetSignInProviderInput!) {
  setSignInProvider(input: $input) {
    signInProvider { issuer clientId label emailDomains roleClaim roleRules { claimValue role } defaultRole locked version }
    userErrors { code field message }
  }
}`;
