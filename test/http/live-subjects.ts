import { expect } from "bun:test";
import type { AdminServer, Answer } from "../support/admin-server.ts";

/** What a client makes of one subscription: what it knows, and what it was told since it last fetched. */
export interface Knowledge {
  readonly query: string;
  readonly variables: object;
  /** Fetches everything anew. */
  refetch(server: AdminServer): Promise<void>;
  /** Takes in a frame that is no ResyncEvent. */
  apply(frame: Answer, server: AdminServer): void;
  /** Throws when a fresh query says otherwise. */
  check(server: AdminServer): Promise<void>;
}

/** What happened, as the server noted it, so that nothing can be missed or told twice without being seen. */
export class Truth {
  readonly #notes = new Map<AdminServer, Map<string, string[]>>();

  /** Begins with the number of the first event. */
  listen(server: AdminServer): void {
    const noted = new Map<string, string[]>();
    this.#notes.set(server, noted);
    const { control } = server;
    const logs = {
      models: [control.modelEvents.log, (note: Answer) => `${note.kind} ${note.modelId} ${note.healthChanged}`],
      alerts: [control.alertWatch.log, (note: Answer) => `${note.kind} ${note.alert.id}`],
      chats: [control.chats.log, (note: Answer) => `${note.kind} ${note.conversationId} ${note.messageId}`],
    } as const;
    for (const [name, [log, write]] of Object.entries(logs)) {
      const list: string[] = Array.from({ length: log.position }, () => "before");
      noted.set(name, list);
      const append = log.append.bind(log) as (note: Answer) => void;
      log.append = (note: Answer) => {
        list.push(write(note));
        append(note);
      };
    }
  }

  of(server: AdminServer, name: string): readonly string[] {
    return this.#notes.get(server)!.get(name)!;
  }
}

/** Fields by id, for a list that a query gives whole and events keep up to date. */
class Rows {
  rows = new Map<string, Answer>();
  /** What was told since the last fetch, and where in the log that began. */
  told: string[] = [];
  from: number | null = null;

  noteFrom(cursor: string): void {
    this.from = Number(cursor.split(".")[1]);
    this.told = [];
  }
}

const fetchNodes = async (server: AdminServer, query: string, variables: object = {}): Promise<Answer[]> => {
  const { data, text } = await server.ask(query, variables);
  if (!data) throw new Error(text);
  return (Object.values(data)[0] as Answer).nodes;
};
const sorted = (rows: Iterable<Answer>) => [...rows].sort((a, b) => (a.id < b.id ? -1 : 1));

interface ListOptions {
  readonly query: string;
  readonly variables: object;
  readonly list: string;
  readonly listVariables?: object;
  apply(rows: Map<string, Answer>, frame: Answer): string[];
  /** The log whose notes must come one after the other. */
  readonly log?: { readonly name: string; readonly truth: Truth };
}

function listKnowledge({ query, variables, list, listVariables, apply, log }: ListOptions): Knowledge {
  const known = new Rows();
  let isTold = false;
  return {
    query,
    variables,
    async refetch(server) {
      const nodes = await fetchNodes(server, list, listVariables);
      known.rows = new Map(nodes.map((node) => [node.id, node]));
      isTold = false;
    },
    apply(frame, server) {
      const told = apply(known.rows, frame);
      if (log === undefined) return;
      const position = Number(frame.cursor.split(".")[1]);
      if (!isTold) known.noteFrom(`.${position - told.length}`);
      isTold = true;
      known.told.push(...told);
      const notes = log.truth.of(server, log.name);
      expect(known.told).toEqual(notes.slice(known.from!, known.from! + known.told.length) as string[]);
    },
    async check(server) {
      const fresh = await fetchNodes(server, list, listVariables);
      expect(sorted(known.rows.values())).toEqual(sorted(fresh));
    },
  };
}

const put = (rows: Map<string, Answer>, id: string, row: Answer) => {
  if (row === null) rows.delete(id);
  else rows.set(id, row);
};

const KEY = "id name tags enabled status";
export function keys(filter: object): Knowledge {
  return listKnowledge({
    query: `subscription ($filter: ProviderKeyFilter, $after: String) {
      keyEvents(filter: $filter, after: $after) { __typename ... on StreamEvent { cursor }
        ... on KeyEventBatch { events { keyId matches key { ${KEY} } } } } }`,
    variables: { filter },
    list: `query ($filter: ProviderKeyFilter) { providerKeys(filter: $filter, first: 200) { nodes { ${KEY} } } }`,
    listVariables: { filter },
    apply(rows, { events }) {
      for (const { keyId, key, matches } of events) put(rows, keyId, matches ? key : null);
      return [];
    },
  });
}

const MODEL = "id name version health { state }";
export function models(truth: Truth): Knowledge {
  return listKnowledge({
    query: `subscription ($after: String) { modelEvents(after: $after) { __typename ... on StreamEvent { cursor }
      ... on ModelEvent { kind modelId healthChanged model { ${MODEL} } } } }`,
    variables: {},
    list: `{ models(first: 200) { nodes { ${MODEL} } } }`,
    apply(rows, { kind, modelId, healthChanged, model }) {
      put(rows, modelId, model);
      return [`${kind} ${modelId} ${healthChanged}`];
    },
    log: { name: "models", truth },
  });
}

const ALERT = "id state occurrences resolvedAt acknowledgedAt";
export function alerts(truth: Truth): Knowledge {
  return listKnowledge({
    query: `subscription ($after: String) { alertEvents(after: $after) { __typename ... on StreamEvent { cursor }
      ... on AlertEventBatch { events { kind alert { ${ALERT} } } } } }`,
    variables: {},
    list: `{ alerts(first: 200) { nodes { ${ALERT} } } }`,
    apply(rows, { events }) {
      for (const { alert } of events) put(rows, alert.id, alert);
      return events.map(({ kind, alert }: Answer) => `${kind} ${alert.id}`);
    },
    log: { name: "alerts", truth },
  });
}

const CONVERSATION = "id title pinned version";
export function chats(truth: Truth): Knowledge {
  return listKnowledge({
    query: `subscription ($after: String) { chatHistory(after: $after) { __typename ... on StreamEvent { cursor }
      ... on ConversationEvent { kind conversationId messageId conversation { ${CONVERSATION} } } } }`,
    variables: {},
    list: `{ conversations(first: 200) { nodes { ${CONVERSATION} } } }`,
    apply(rows, { kind, conversationId, messageId, conversation }) {
      put(rows, conversationId, conversation);
      return [`${kind} ${conversationId} ${messageId}`];
    },
    log: { name: "chats", truth },
  });
}

const JOB = "id state done succeeded failed";
export function jobs(): Knowledge {
  const items = new Set<string>();
  const inner = listKnowledge({
    query: `subscription ($after: String) { jobProgress(after: $after) { __typename ... on StreamEvent { cursor }
      ... on JobProgress { job { ${JOB} } recentItems { index } } } }`,
    variables: {},
    list: `{ jobs(first: 200) { nodes { ${JOB} } } }`,
    apply(rows, { job, recentItems }) {
      put(rows, job.id, job);
      for (const { index } of recentItems) {
        const item = `${job.id} ${index}`;
        expect(items.has(item)).toBe(false);
        items.add(item);
      }
      return [];
    },
  });
  return {
    ...inner,
    async refetch(server) {
      await inner.refetch(server);
      items.clear();
    },
  };
}

/** Requests as they were made: `settled` in the order of their ends. */
export interface Traffic {
  readonly running: Set<string>;
  readonly settled: string[];
}

export function requests(traffic: Traffic, model: string): Knowledge {
  let running = new Set<string>();
  let settled = new Set<string>();
  let told = new Set<string>();
  return {
    query: `subscription ($filter: RequestLogFilter, $after: String) {
      requestFeed(filter: $filter, after: $after, maxPerSecond: 200) { __typename ... on StreamEvent { cursor }
        ... on RequestFeedBatch { started { id } settled { id } dropped } } }`,
    variables: { filter: { models: [model] } },
    async refetch() {
      running = new Set();
      settled = new Set(traffic.settled);
      told = new Set();
    },
    apply(frame) {
      expect(frame.dropped).toBe(0);
      for (const { id } of frame.started) running.add(id);
      for (const { id } of frame.settled) {
        expect(told.has(id)).toBe(false);
        told.add(id);
        settled.add(id);
        running.delete(id);
      }
    },
    async check() {
      expect([...running].sort()).toEqual([...traffic.running].sort());
      expect([...settled].sort()).toEqual([...traffic.settled].sort());
    },
  };
}
