import * as common from "./common.ts";
import * as pool from "./pool.ts";
import * as start from "./start.ts";
import * as traffic from "./traffic.ts";

export const en = { ...common, ...pool, ...start, ...traffic };

/** Every other language has the same keys and the same arguments: the compiler sees to it. */
export type Dictionary = typeof en;
