import type { Dictionary } from "../en/index.ts";
import * as common from "./common.ts";
import * as pool from "./pool.ts";
import * as start from "./start.ts";
import * as traffic from "./traffic.ts";

export const zhCN: Dictionary = { ...common, ...pool, ...start, ...traffic };
