import { eq } from "drizzle-orm";
import type { OfferedModel } from "../llm/model-capabilities.ts";
import type { ConfigAccess, Queries } from "./config-access.ts";
import { provider, providerOffer } from "./tables/provider.ts";

/** What a provider's upstream said it offers, and when. */
export interface ProviderOffer {
  readonly providerId: string;
  readonly seenAt: number;
  readonly models: readonly OfferedModel[];
}

export interface ProviderOfferStore {
  list(): Promise<ProviderOffer[]>;
  /** Null when it was never asked, or has moved since. */
  get(providerId: string): Promise<ProviderOffer | null>;
  /** False when there is no such provider (any more). */
  put(offer: ProviderOffer): Promise<boolean>;
}

export function openProviderOffers(database: ConfigAccess): ProviderOfferStore {
  return {
    async list() {
      return database.read((queries) => queries.select().from(providerOffer).all());
    },
    async get(providerId) {
      return database.read((queries) => {
        const row = queries.select().from(providerOffer).where(eq(providerOffer.providerId, providerId)).get();
        return row ?? null;
      });
    },
    put(offer) {
      return database.write((queries) => {
        const known = queries.select({ id: provider.id }).from(provider).where(eq(provider.id, offer.providerId)).get();
        if (known === undefined) return false;
        const { seenAt, models } = offer;
        queries
          .insert(providerOffer)
          .values(offer)
          .onConflictDoUpdate({ target: providerOffer.providerId, set: { seenAt, models } })
          .run();
        return true;
      });
    },
  };
}

/** What answers elsewhere offers something else. */
export function dropOffer(queries: Queries, providerId: string): void {
  queries.delete(providerOffer).where(eq(providerOffer.providerId, providerId)).run();
}
