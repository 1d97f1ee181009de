import type { ActiveRequest, ErrorClass, RequestRecord } from "./record.ts";

/** A change of a key's observed health, or of one (key, model) pair when `model` is set. */
export interface KeyHealthChange {
  readonly atMs: number;
  readonly keyId: string;
  readonly providerId: string;
  readonly model: string | null;
  readonly from: KeyHealthState;
  readonly to: KeyHealthState;
  readonly untilMs: number | null;
  readonly errorClass: ErrorClass | null;
  readonly httpStatus: number | null;
  /** The upstream's own words, masked. */
  readonly message: string | null;
  readonly requestId: string | null;
}

export const KEY_HEALTH_STATES = ["unchecked", "active", "cooling", "exhausted", "invalid"] as const;
/** What was observed; a person's wish (`enabled`) stands apart from it. */
export type KeyHealthState = (typeof KEY_HEALTH_STATES)[number];

/** A write of the control plane, published after the new snapshot is in force. */
export interface ConfigChange {
  readonly noun: "provider" | "providerKey" | "model" | "clientKey" | "setting" | "alertRule" | "alertChannel";
  readonly kind: "created" | "updated" | "deleted";
  readonly ids: readonly string[];
}

/** What became known of a key besides its health. */
export interface KeyNews {
  readonly kind: "validated" | "balance_changed";
  readonly keyId: string;
  readonly atMs: number;
}

interface Topics {
  requestStarted: ActiveRequest;
  requestSettled: RequestRecord;
  keyHealth: KeyHealthChange;
  keyNews: KeyNews;
  config: ConfigChange;
}

/**
 * What happens, for whoever watches. Listeners run at once, in the publisher's turn: they must only note things down
 * (coalescing is theirs). Nothing is queued here, so nothing can grow.
 */
export class Events {
  readonly #listeners: { [T in keyof Topics]: Set<(event: Topics[T]) => void> } = {
    requestStarted: new Set(),
    requestSettled: new Set(),
    keyHealth: new Set(),
    keyNews: new Set(),
    config: new Set(),
  };

  /** Returns the function that ends the subscription. */
  on<T extends keyof Topics>(topic: T, listener: (event: Topics[T]) => void): () => void {
    this.#listeners[topic].add(listener);
    return () => this.#listeners[topic].delete(listener);
  }

  /** Lets a publisher skip building an event that nobody wants. */
  wanted(topic: keyof Topics): boolean {
    return this.#listeners[topic].size > 0;
  }

  emit<T extends keyof Topics>(topic: T, event: Topics[T]): void {
    for (const listener of this.#listeners[topic]) listener(event);
  }
}
