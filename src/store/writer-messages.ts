import type { SealKey } from "../lib/seal.ts";
import type { Batch } from "./batch.ts";
import type { CostPlan } from "./cost-types.ts";
import type { DataDirectory } from "./data-directory.ts";
import type { ResponseChanges } from "./pending-responses.ts";
import type { ResponseRetention } from "./response-file.ts";
import type { StateChanges } from "./state-file.ts";

/** What the main thread says to the writer Worker. Handled in order. */
export type WriterRequest =
  | { readonly kind: "open"; readonly directory: DataDirectory; readonly contentKey: SealKey }
  | Batch
  | { readonly kind: "states"; readonly changes: StateChanges }
  | { readonly kind: "responses"; readonly changes: ResponseChanges }
  | { readonly kind: "flush"; readonly id: number }
  | { readonly kind: "expire"; readonly id: number; readonly firstDay: number; readonly usageBeforeMs: number }
  /** Rows null: the whole day. */
  | { readonly kind: "purge"; readonly id: number; readonly day: number; readonly rows: readonly number[] | null }
  | {
      readonly kind: "reprice";
      readonly id: number;
      readonly day: number;
      readonly quarter: number;
      readonly plan: CostPlan;
    }
  /** Makes the slots of the roll-ups that are due. */
  | { readonly kind: "compact"; readonly id: number }
  /** Charts of this zone are asked for. */
  | { readonly kind: "prepareZone"; readonly timeZone: string }
  | { readonly kind: "expireResponses"; readonly id: number; readonly retention: ResponseRetention }
  | { readonly kind: "close" };

export type WriterReply =
  | { readonly kind: "opened" }
  /** Nothing can be done with this data directory; the operator's text. */
  | { readonly kind: "failed"; readonly message: string }
  /** The batch is on disk: so many rows, without those that had no place. */
  | { readonly kind: "written"; readonly number: number; readonly rows: number }
  | { readonly kind: "saved" }
  /** The responses that came last are on disk. */
  | { readonly kind: "kept" }
  | { readonly kind: "done"; readonly id: number }
  /** It cannot be done, also not when it is tried again. */
  | { readonly kind: "undone"; readonly id: number; readonly message: string }
  /** Null: everything can be written again. */
  | { readonly kind: "fault"; readonly message: string | null }
  | { readonly kind: "size"; readonly bytes: number }
  | { readonly kind: "closed" };
