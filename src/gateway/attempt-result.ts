import type { HeaderView, HttpBody } from "../lib/http-client/types.ts";
import type { Failure } from "../policy/failure.ts";
import type { Lease } from "../pool.ts";
import type { Abort } from "./abort.ts";
import type { UpstreamStream } from "./upstream-stream.ts";

/** What an upstream answered, ready to be relayed. Whoever relays it releases the lease. */
export type Answer =
  | { readonly kind: "json"; readonly status: number; readonly bytes: Uint8Array; readonly headers: HeaderView }
  | { readonly kind: "stream"; readonly stream: UpstreamStream; readonly headers: HeaderView; readonly lease: Lease }
  | {
      readonly kind: "bytes";
      readonly status: number;
      readonly body: HttpBody;
      readonly headers: HeaderView;
      readonly lease: Lease;
      readonly abort: Abort;
    };

export type AttemptResult =
  | { readonly kind: "ok"; readonly answer: Answer }
  | FailedAttempt
  | { readonly kind: "abandoned" };

export interface FailedAttempt {
  readonly kind: "failed";
  readonly failure: Failure;
  readonly status: number;
  /** The upstream's error body when the client may be told (its own fault, secrets masked). */
  readonly body: string | null;
  /** That body is of another format than the client's. */
  readonly isForeign: boolean;
}
