import { and, eq } from "drizzle-orm";
import { QUIRKS, type Quirk } from "../llm/names.ts";
import type { Queries } from "./config-database.ts";
import { providerQuirk } from "./tables/provider.ts";
import type { LearnedQuirk } from "./types.ts";

/** The upstream's words are kept to show a person why; the request's record has them whole. */
const MAX_WORDS_CHARS = 500;

/** By provider; of all providers when none is named. */
export function readLearned(
  queries: Queries,
  providerId: string | undefined,
): ReadonlyMap<string, readonly LearnedQuirk[]> {
  const rows = queries
    .select()
    .from(providerQuirk)
    .where(providerId === undefined ? undefined : eq(providerQuirk.providerId, providerId))
    .orderBy(providerQuirk.providerId, providerQuirk.learnedAt)
    .all()
    .filter(({ quirk }) => isQuirk(quirk));
  const learned = new Map<string, LearnedQuirk[]>();
  for (const { providerId, ...each } of rows) learned.set(providerId, [...(learned.get(providerId) ?? []), each]);
  return learned;
}

/** False when it was known already. The first words stay: later requests are made without what they complained of. */
export function putLearned(queries: Queries, providerId: string, learned: LearnedQuirk): boolean {
  const words = learned.words
    .replace(/\p{Cc}+/gu, " ")
    .trim()
    .slice(0, MAX_WORDS_CHARS);
  const put = queries
    .insert(providerQuirk)
    .values({ providerId, ...learned, words })
    .onConflictDoNothing()
    .returning({ quirk: providerQuirk.quirk })
    .all();
  return put.length > 0;
}

/** All of a provider's when no quirk is named. */
export function dropLearned(queries: Queries, providerId: string, quirk?: Quirk): void {
  const ofProvider = eq(providerQuirk.providerId, providerId);
  queries
    .delete(providerQuirk)
    .where(quirk === undefined ? ofProvider : and(ofProvider, eq(providerQuirk.quirk, quirk)))
    .run();
}

/** A stored name may come from a version that knew others. */
export function isQuirk(name: string): name is Quirk {
  return (QUIRKS as readonly string[]).includes(name);
}
