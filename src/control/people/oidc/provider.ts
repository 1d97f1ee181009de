import type { SignInProviderRow, SignInProviderValues } from "../../../store/people.ts";
import type { ControlDeps } from "../../deps.ts";
import { SignInThrottle } from "../sign-in-throttle.ts";
import type { OidcClient } from "./client.ts";

type Deps = Pick<ControlDeps, "outbound" | "now" | "fixedSignInProvider"> & {
  readonly store: Pick<ControlDeps["store"], "signInProvider">;
};

/** Flows whose answer has come; more than can begin within their life-time are not kept apart. */
const MAX_USED = 10_000;

/** The OpenID Connect provider in force, and what is remembered between the two halves of a sign-in. */
export class SignInProvider {
  /** By address, apart from passwords: a provider that is set up wrongly must not lock the other way in. */
  readonly throttle = new SignInThrottle();
  readonly #deps: Deps;
  readonly #used = new Map<string, number>();
  #stored: Promise<SignInProviderRow | null> | null = null;
  #client: { readonly of: SignInProviderValues; readonly client: OidcClient } | null = null;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Nobody can change it here. */
  get isFixed(): boolean {
    return this.#deps.fixedSignInProvider !== null;
  }

  /** The environment's, else the stored one; null: people sign in by password and token only. */
  async current(): Promise<SignInProviderValues | null> {
    return this.#deps.fixedSignInProvider ?? (await this.stored());
  }

  stored(): Promise<SignInProviderRow | null> {
    this.#stored ??= this.#deps.store.signInProvider.get().catch((error) => {
      this.#stored = null;
      throw error;
    });
    return this.#stored;
  }

  /** After each write: what was known of the old provider is forgotten. */
  forget(): void {
    this.#stored = null;
    this.#client = null;
  }

  /** The library is loaded with the first sign-in: most gateways never need it. */
  async newClient(values: SignInProviderValues): Promise<OidcClient> {
    const { OidcClient } = await import("./client.ts");
    return new OidcClient(values, this.#deps);
  }

  /** One that remembers what the provider has said of itself. */
  async clientOf(values: SignInProviderValues): Promise<OidcClient> {
    const client = this.#client?.of === values ? this.#client.client : await this.newClient(values);
    this.#client = { of: values, client };
    return client;
  }

  /** True once per flow. */
  use(state: string, untilMs: number): boolean {
    const nowMs = this.#deps.now();
    for (const [old, endMs] of this.#used) {
      if (endMs > nowMs && this.#used.size < MAX_USED) break; // In the order in which they came.
      this.#used.delete(old);
    }
    if (this.#used.has(state)) return false;
    this.#used.set(state, untilMs);
    return true;
  }
}
