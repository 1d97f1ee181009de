/** An error as a stream event carries it: enough to be written in any format. */
export interface GatewayErrorLike {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly param?: string | undefined;
  readonly retryAfterMs?: number | undefined;
}
