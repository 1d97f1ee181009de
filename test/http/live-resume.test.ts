import { expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ControlDeps } from "../../src/control/deps.ts";
import { addModel, addProvider } from "../support/admin-fixtures.ts";
import { type AdminServer, type Answer, startAdminServer } from "../support/admin-server.ts";
import { type Cut, readFrames, TRANSPORTS, type Transport } from "../support/live-reader.ts";
import { seededRandom } from "../support/random.ts";
import { makeActive, makeRecord } from "../support/request-record.ts";
import { chatChunk, DONE } from "../support/samples.ts";
import { alerts, chats, jobs, type Knowledge, keys, models, requests, type Traffic, Truth } from "./live-subjects.ts";

/** Each is a story of its own: other changes, other cuts. */
const SEEDS = [1, 5, 6, 7];
const STEPS = 80;
/** Nothing may be missing once this has passed without changes. */
const CALM_MS = 30_000;

type Random = () => number;
const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)]!;

/** The world that readers watch: servers come and go over one data directory, clients make requests, people change things. */
class World {
  readonly truth = new Truth();
  readonly traffic: Traffic = { running: new Set(), settled: [] };
  server!: AdminServer;
  isCalm = false;
  isDown = false;
  restarts = 0;
  providerId = "";
  #running = new Map<string, ReturnType<typeof makeActive>>();
  #count = 0;

  constructor(
    readonly dataDir: string,
    readonly random: Random,
  ) {}

  async start(): Promise<void> {
    this.server = await startAdminServer({ dataDir: this.dataDir, change: withTalkingModel });
    this.truth.listen(this.server);
    const nodes = await this.#nodes("providers");
    this.providerId = nodes[0]?.id ?? (await addProvider(this.server)).id;
    if (nodes.length === 0) {
      await addModel(this.server, this.providerId, { name: "talker" });
      await this.#change("createAlertRule", "CreateAlertRuleInput", {
        name: "invalid",
        condition: { keyInvalid: {} },
        cooldownSeconds: 60,
      });
    }
  }

  async restart(): Promise<void> {
    for (const id of [...this.#running.keys()]) this.#settle(id);
    this.isDown = true;
    await this.server.stop();
    await this.start();
    this.restarts++;
    this.isDown = false;
  }

  /** One random change. */
  async step(): Promise<void> {
    const { random } = this;
    const name = `n${this.#count++}`;
    const steps: (() => Promise<unknown>)[] = [
      () =>
        this.#change("createProviderKey", "CreateProviderKeyInput", {
          providerId: this.providerId,
          secret: `sk-${name}-0123456789`,
          name,
          tags: [pick(random, ["a", "b"])],
        }),
      () =>
        this.#onKey((id) =>
          this.#change("updateProviderKey", "UpdateProviderKeyInput", { id, name, tags: [pick(random, ["a", "b"])] }),
        ),
      () =>
        this.#onKey((id) =>
          this.#change("updateProviderKey", "UpdateProviderKeyInput", { id, enabled: random() < 0.5 }),
        ),
      () =>
        this.#onKey((id) =>
          this.#change("deleteProviderKeys", "DeleteProviderKeysInput", { selection: { ids: [id] } }),
        ),
      () => this.#onKey((id) => this.#health(id)),
      () => this.#onKey((id) => this.#health(id)),
      () =>
        this.#change("createModel", "CreateModelInput", {
          name,
          targets: [{ providerId: this.providerId, upstreamModel: "x" }],
        }),
      () => this.#onOne("models", (id) => this.#change("updateModel", "UpdateModelInput", { id, displayName: name })),
      () => this.#onOne("models", (id) => this.#change("deleteModels", "DeleteInput", { ids: [id] })),
      () =>
        this.#change("importProviderKeys", "ImportProviderKeysInput", {
          providerId: this.providerId,
          text: `sk-${name}-imported-1 sk-${name}-imported-2 x`,
        }),
      () =>
        this.#onOne("alerts", (id) =>
          this.#change("acknowledgeAlert", "AcknowledgeAlertInput", { id, acknowledged: random() < 0.5 }),
        ),
      () => this.#change("sendChatMessage", "SendChatMessageInput", { text: name, models: ["talker"] }),
      () =>
        this.#onOne("conversations", (id) =>
          this.#change("updateConversation", "UpdateConversationInput", { id, title: name, pinned: random() < 0.5 }),
        ),
      () => this.#onOne("conversations", (id) => this.#change("deleteConversations", "DeleteInput", { ids: [id] })),
      async () => this.#traffic(),
      async () => this.#traffic(),
      async () => this.#traffic(),
    ];
    await pick(random, steps)();
  }

  /** More than the rings keep. */
  flood(): void {
    const { keyEvents, modelEvents, alertWatch, chats: talk, jobs: work } = this.server.control;
    for (let index = 0; index < 9000; index++)
      this.server.events.emit("requestSettled", makeRecord({ requestedModel: "other" }));
    for (const { log } of [keyEvents, modelEvents, alertWatch, talk, { log: work.notes }]) {
      const last = log.get(log.position);
      if (last === undefined) continue;
      const again = Array.isArray(last) ? [] : "items" in last ? { ...last, items: [] } : last;
      for (let index = 0; index < 2100; index++) log.append(again as never);
    }
  }

  async #nodes(list: string): Promise<Answer[]> {
    const { data, text } = await this.server.ask(`{ ${list}(first: 50) { nodes { id } } }`);
    if (!data) throw new Error(text);
    return data[list].nodes;
  }

  async #onOne(list: string, act: (id: string) => Promise<unknown>): Promise<unknown> {
    const nodes = await this.#nodes(list);
    return nodes.length === 0 ? null : act(pick(this.random, nodes).id);
  }

  #onKey(act: (id: string) => Promise<unknown>): Promise<unknown> {
    return this.#onOne("providerKeys", act);
  }

  async #change(mutation: string, input: string, value: object): Promise<void> {
    const { errors } = await this.server.ask(
      `mutation ($input: ${input}!) { ${mutation}(input: $input) { userErrors { code } } }`,
      { input: value },
    );
    expect(errors).toBeUndefined();
  }

  async #health(keyId: string): Promise<void> {
    const { pool, control, events } = this.server;
    const from = pool.status(keyId, Date.now()).health;
    const to = pick(this.random, ["active", "invalid", "exhausted"] as const);
    const untilMs = to === "exhausted" ? Date.now() + 3_600_000 : null;
    const why = { errorClass: null, httpStatus: 401, message: "no" };
    pool.restore([{ keyId, model: "", state: to, untilMs, failures: 1, sinceMs: Date.now(), ...why }], []);
    const change = {
      atMs: Date.now(),
      keyId,
      providerId: this.providerId,
      model: null,
      from,
      to,
      untilMs,
      requestId: null,
    };
    events.emit("keyHealth", { ...change, ...why });
    await control.alertWatch.evaluate();
  }

  #traffic(): void {
    const [oldest] = this.#running.keys();
    if (oldest !== undefined && this.random() < 0.5) {
      this.#settle(oldest);
      return;
    }
    const active = makeActive({ requestedModel: "busy" });
    this.#running.set(active.id, active);
    this.traffic.running.add(active.id);
    this.server.running.push(active);
    this.server.events.emit("requestStarted", active);
  }

  #settle(id: string): void {
    this.#running.delete(id);
    this.traffic.running.delete(id);
    this.traffic.settled.push(id);
    this.server.running.splice(0, this.server.running.length, ...this.#running.values());
    this.server.events.emit("requestSettled", makeRecord({ id, requestedModel: "busy", servedModel: "busy" }));
  }
}

/** A gateway whose model says three words, and writes a record of it. */
function withTalkingModel(deps: ControlDeps): ControlDeps {
  return {
    ...deps,
    callGateway() {
      const record = makeRecord({ requestedModel: "talker", servedModel: "talker" });
      const chunks = ["one ", "two ", "three"].map((content) => chatChunk({ content }));
      setTimeout(() => deps.events.emit("requestSettled", record));
      const body = new Blob([...chunks, chatChunk({}, "stop"), DONE]);
      const headers = { "content-type": "text/event-stream" };
      return { requestId: record.id, response: Promise.resolve(new Response(body, { headers })) };
    },
  };
}

function randomCut(random: Random): Cut {
  const afterMs = 600 * random() ** 2;
  return pick<Cut>(random, [
    { frames: Math.floor(random() * 3), afterMs: 600 },
    { bytes: Math.floor(random() * 2000), afterMs: 600 },
    { afterMs },
  ]);
}

/** Reads, is cut, comes back with its last cursor, until the world is calm and it knows what everybody knows. */
async function follow(world: World, knowledge: Knowledge, transport: Transport, random: Random): Promise<void> {
  let cursor: string | null = null;
  const read = async (cut: Cut) => {
    const { server } = world;
    const variables = { ...knowledge.variables, after: cursor };
    for await (const frame of readFrames(transport, { url: server.url, query: knowledge.query, variables }, cut)) {
      if (cursor === null || frame.__typename === "ResyncEvent") await knowledge.refetch(server);
      if (frame.__typename !== "ResyncEvent") knowledge.apply(frame, server);
      cursor = frame.cursor;
    }
  };
  const readUnlessDown = async (cut: Cut) => {
    const { restarts } = world;
    try {
      await read(cut);
    } catch (error) {
      // Between two servers nothing answers; what a check found is another matter.
      const isCheck = error instanceof Error && error.message.includes("expect(");
      if (isCheck || (restarts === world.restarts && !world.isDown)) throw error;
    }
  };
  while (!world.isCalm) {
    await readUnlessDown(randomCut(random));
    if (random() < 0.3) await Bun.sleep(random() * 300);
  }
  const calmSince = performance.now();
  for (let afterMs = 400; ; afterMs *= 2) {
    await readUnlessDown({ afterMs });
    try {
      return await knowledge.check(world.server);
    } catch (error) {
      if (performance.now() - calmSince > CALM_MS) throw error;
    }
  }
}

test.each(SEEDS)(
  "whoever is cut and comes back misses nothing and is told nothing twice (story %p)",
  async (seed) => {
    const random = seededRandom(seed);
    const dataDir = await mkdtemp(join(tmpdir(), "sluice-resume-"));
    const world = new World(dataDir, random);
    await world.start();
    const { truth, traffic } = world;
    const subjects: (() => Knowledge)[] = [
      () => keys({}),
      () => keys({ tags: ["a"] }),
      () => keys({ search: "3" }),
      () => keys({ statuses: ["INVALID", "EXHAUSTED"] }),
      () => models(truth),
      () => alerts(truth),
      () => chats(truth),
      jobs,
      () => requests(traffic, "busy"),
    ];
    const readers = subjects.flatMap((subject, index) =>
      TRANSPORTS.map((transport, way) => {
        const knowledge = subject();
        return follow(world, knowledge, transport, seededRandom(1000 * seed + 2 * index + way)).catch((error) => {
          error.message = `${transport} ${knowledge.query.slice(0, 90)}: ${error.message}`;
          throw error;
        });
      }),
    );
    const all = Promise.all(readers);
    all.catch(() => {
      world.isCalm = true;
    });
    const events: Record<number, () => unknown> = {
      [Math.floor(random() * STEPS)]: () => world.flood(),
      [Math.floor(random() * STEPS)]: () => world.restart(),
    };
    for (let step = 0; step < STEPS && !world.isCalm; step++) {
      await events[step]?.();
      await world.step();
      await Bun.sleep(random() * 20);
    }
    world.isCalm = true;
    await all;
    await world.server.stop();
    await rm(dataDir, { recursive: true });
  },
  120_000,
);
