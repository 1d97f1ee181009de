import type { Secret } from "../../lib/secret.ts";
import { generateSecret } from "../clients/client-key-secret.ts";
import { equalText } from "./session-life.ts";

/** The one-time link of the first start. A new start makes another one until it has been used. */
export class SetupLink {
  #token: Secret | null;

  constructor(isNeeded: boolean) {
    this.#token = isNeeded ? generateSecret("setup_") : null;
  }

  get token(): string | null {
    return this.#token?.reveal() ?? null;
  }

  fits(text: string): boolean {
    return this.#token !== null && equalText(text, this.#token.reveal());
  }

  /** Before the first await of what it is used for: a second request with the same link finds it used. Gives it back when that fails. */
  async using<T>(work: () => Promise<T>): Promise<T> {
    const token = this.#token;
    this.#token = null;
    try {
      return await work();
    } catch (error) {
      this.#token = token;
      throw error;
    }
  }
}
