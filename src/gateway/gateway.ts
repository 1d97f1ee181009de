import type { Events } from "../events.ts";
import type { InternalCall } from "../internal-call.ts";
import type { Egress } from "../lib/egress.ts";
import type { HttpClient } from "../lib/http-client/client.ts";
import type { Logger } from "../lib/log.ts";
import type { Endpoint } from "../llm/endpoints.ts";
import type { KeyPool } from "../pool.ts";
import type { RequestRecord } from "../record.ts";
import type { ClientEntry, Snapshot } from "../snapshot.ts";
import type { StoredFiles } from "../stored-file.ts";
import type { StoredResponses } from "../stored-response.ts";
import type { BoundIds } from "./bound-ids.ts";
import type { FileCopies } from "./files/copies.ts";
import type { InFlight } from "./in-flight.ts";
import type { Origins } from "./origins.ts";
import type { Quirks } from "./quirks.ts";
import type { TurnMemory } from "./turn-memory.ts";

/** What the data plane works with. It is handed `record`, `responses` and `files` and never sees the store. */
export interface Gateway {
  readonly snapshots: { readonly current: Snapshot };
  readonly pool: KeyPool;
  readonly events: Events;
  readonly egress: Egress;
  /** Calls upstreams directly; those behind a key's proxy go through fetch. */
  readonly http: HttpClient;
  readonly origins: Origins;
  readonly inFlight: InFlight;
  readonly boundIds: BoundIds;
  readonly quirks: Quirks;
  readonly turns: TurnMemory;
  readonly responses: StoredResponses;
  readonly files: StoredFiles;
  readonly fileCopies: FileCopies;
  readonly log: Logger;
  /** The hash under which a client key is found in the snapshot. */
  hashCredential(credential: string): string;
  /** Takes the one record of a request; must not wait or throw. */
  record(record: RequestRecord): void;
  /** Takes the idle timeout off this request's connection. Set by the server. */
  keepOpen(request: Request): void;
  /** Draws the lots among targets of equal priority. */
  random(): number;
  /** Set when the process is told to stop: what runs is finished, nothing new begins. */
  draining: boolean;
}

/** A client request as the HTTP layer hands it over: what the path said, the body untouched. */
export interface Incoming {
  readonly request: Request;
  readonly endpoint: Endpoint;
  /** Gemini and Azure paths name the model. */
  readonly pathModel: string | null;
  readonly resourceId: string | null;
  readonly geminiVersion: "v1" | "v1beta";
  /** The query with its question mark, or "". */
  readonly query: string;
  readonly clientAddress: string;
  /** Null for a client's; else who within Sluice made it. */
  readonly internal: InternalCaller | null;
  /** The client, when it is known without a credential: somebody asks what would become of its request. */
  readonly caller?: ClientEntry;
}

export type InternalCaller = Pick<InternalCall, "origin" | "clientKeyId" | "pins">;
