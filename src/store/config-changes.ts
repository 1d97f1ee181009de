/** The nouns that a person configures. Their changes are kept in the history and can be reverted. */
export const CONFIG_NOUNS = [
  "provider",
  "providerKey",
  "model",
  "clientKey",
  "setting",
  "alertRule",
  "alertChannel",
] as const;
export type ConfigNoun = (typeof CONFIG_NOUNS)[number];

export const CONFIG_CHANGE_KINDS = ["add", "change", "remove"] as const;
export type ConfigChangeKind = (typeof CONFIG_CHANGE_KINDS)[number];

/** A row's columns by their SQL names; what is binary stands in hex. */
export type Cells = Readonly<Record<string, string | number | null>>;

/** A changed row has only the columns that differ on both sides; a new or deleted one has all of them on its one side. */
export interface RowChange {
  readonly table: string;
  /** The primary key's values. */
  readonly key: readonly (string | number)[];
  readonly before: Cells | null;
  readonly after: Cells | null;
}

export interface ObjectChange {
  readonly noun: ConfigNoun;
  readonly objectId: string;
  /** As it was called then: "openai-main", "openai-main/key 1". */
  readonly name: string;
  readonly kind: ConfigChangeKind;
  readonly rows: readonly RowChange[];
}

/** How many objects of a noun a revision touched, and what the first of them are called. */
export interface RevisionCount {
  readonly noun: ConfigNoun;
  readonly kind: ConfigChangeKind;
  readonly count: number;
  readonly names: readonly string[];
}

export interface ConfigRevision {
  /** Of the configuration as a whole; one more with each transaction that changed it. */
  readonly version: number;
  readonly at: number;
  readonly actorId: string | null;
  readonly actor: string;
  readonly action: string;
  readonly counts: readonly RevisionCount[];
}
