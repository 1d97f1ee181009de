/** A response that is kept here because its upstream keeps none, as it crosses from the gateway to the store. */
export interface StoredResponse {
  readonly id: string;
  /** The client key that made it: nobody else may know of it. */
  readonly owner: string;
  /** The first response of its conversation (its own id when it began one): a conversation is let go as a whole. */
  readonly root: string;
  /** The response it goes on from. */
  readonly previousId: string | null;
  readonly createdAtMs: number;
  /** JSON array: the items that its request added to the conversation. */
  readonly input: string;
  /** JSON: the Response object as the client got it. */
  readonly response: string;
}

/** What the gateway sees of the store. What was saved can be read at once, what was removed is gone at once. */
export interface StoredResponses {
  /** Never waits, never throws. */
  save(response: StoredResponse): void;
  /** As above. */
  remove(id: string): void;
  /**
   * The response and those it goes on from, newest first; empty when it is not there. The last one still names a `previousId` when
   * one in between was removed. Rejects when the store cannot be read.
   */
  chain(id: string): Promise<readonly StoredResponse[]>;
}
