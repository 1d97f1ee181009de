/**
 * Where the audit log must know more than the general rule: it compares the nodes that a mutation's input names (`id`, `ids`,
 * `selection.ids`) and those that its payload answers, before and after. Nothing of an input is kept but ids, numbers, switches,
 * enums, times, and the texts that are named here.
 */
export const SAFE_TEXTS: ReadonlySet<string> = new Set(["name", "key", "model", "page", "role", "search"]);

/** Nodes that hold what people wrote or what others sent: that they were touched is noted, not what stands in them. */
export const UNSHOWN_NODES: ReadonlySet<string> = new Set(["cnv", "msg", "req"]);
