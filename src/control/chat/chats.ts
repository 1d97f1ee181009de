import type { ControlDeps } from "../deps.ts";
import { EventLog } from "../event-log.ts";
import type { LogFrame } from "../follow-log.ts";
import type { CHANGE_KINDS } from "../models/model-events.ts";
import { SharedFrames } from "../shared-frames.ts";
import type { ChatRun } from "./chat-run.ts";
import { ChatRuns } from "./chat-runs.ts";

const KEPT_EVENTS = 2048;

export interface ConversationNote {
  readonly kind: (typeof CHANGE_KINDS)[number];
  readonly conversationId: string;
  readonly createdBy: string | null;
  /** The message that came or changed; null when it is about the conversation itself. */
  readonly messageId: string | null;
}

/** What is being said in the console's chats, and who must be told. */
export class Chats {
  readonly log = new EventLog<ConversationNote>(KEPT_EVENTS);
  readonly frames = new SharedFrames<LogFrame<ConversationNote>>();
  readonly runs: ChatRuns;
  readonly #ended = new AbortController();

  constructor(deps: Pick<ControlDeps, "store" | "events" | "callGateway" | "now">) {
    this.runs = new ChatRuns(deps, (run) => this.#noteRun(run));
  }

  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  note(note: ConversationNote): void {
    this.log.append(note);
  }

  close(): void {
    this.#ended.abort();
  }

  #noteRun({ row: { id, conversationId }, createdBy }: ChatRun): void {
    this.log.append({ kind: "UPDATED", conversationId, createdBy, messageId: id });
  }
}
