import { AsyncLocalStorage } from "node:async_hooks";

/** Who changes the configuration, and by which operation. */
export interface Author {
  /** Of the user or token; null: Sluice itself. */
  readonly id: string | null;
  readonly name: string;
  readonly action: string;
}

/** What no person asked for: the first start, something that was learned. */
const SLUICE: Author = { id: null, name: "Sluice", action: "start" };

const authors = new AsyncLocalStorage<Author>();

/** What `work` writes, also later in the background, is written in this name. */
export function writeAs<T>(author: Author, work: () => T): T {
  return authors.run(author, work);
}

export function currentAuthor(): Author {
  return authors.getStore() ?? SLUICE;
}
