import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { watchModels } from "../../src/control/models/model-events.ts";
import { addKey, addModel, addProvider } from "../support/admin-fixtures.ts";
import { type AdminServer, type Answer, startAdminServer } from "../support/admin-server.ts";
import { connectLive, type Live, type LiveClient } from "../support/live.ts";

let server: AdminServer;
let live: LiveClient;
let providerId: string;
beforeAll(async () => {
  server = await startAdminServer();
  live = connectLive(server);
  providerId = (await addProvider(server)).id;
});
afterAll(async () => {
  await live.close();
  await server.stop();
});

const watch = (after?: string) =>
  live.watch(
    `subscription ($after: String) {
      modelEvents(after: $after) {
        __typename
        ... on StreamEvent { cursor at }
        ... on ResyncEvent { reason }
        ... on ModelEvent { kind modelId healthChanged model { name health { state } } }
      }
    }`,
    after === undefined ? {} : { after },
  );
const until = async (models: Live, isIt: (event: Answer) => boolean) => {
  for (;;) {
    const event = await models.next();
    if (isIt(event)) return event;
  }
};

describe("modelEvents", () => {
  test("says where it begins, then tells who was made, changed and deleted", async () => {
    const models = watch();
    expect(await models.next()).toMatchObject({ __typename: "ResyncEvent", reason: "STARTED" });
    const { id } = await addModel(server, providerId, { name: "told" });
    expect(await models.next()).toMatchObject({
      kind: "CREATED",
      modelId: id,
      healthChanged: false,
      model: { name: "told" },
    });
    await server.ask(`mutation { updateModel(input: { id: "${id}", name: "renamed" }) { userErrors { code } } }`);
    expect(await models.next()).toMatchObject({ kind: "UPDATED", model: { name: "renamed" } });
    await server.ask(`mutation { deleteModels(input: { ids: ["${id}"] }) { deletedIds } }`);
    expect(await models.next()).toMatchObject({ kind: "DELETED", modelId: id, model: null });
    await models.stop();
  });

  test("tells when the keys behind a model change what it can serve, and when they recover by themselves", async () => {
    const provider = await addProvider(server, { name: "flapping" });
    const key = await addKey(server, provider.id);
    const model = await addModel(server, provider.id, { name: "flapping" });
    const models = watch();
    await models.next();
    const state = (event: Answer) => event.modelId === model.id && event.healthChanged && event.model.health.state;
    const rest = (untilMs: number) => {
      const status = { model: "", failures: 1, sinceMs: Date.now(), errorClass: null, httpStatus: 429, message: null };
      server.pool.restore([{ ...status, keyId: key.id, state: "cooling", untilMs }], []);
      server.events.emit("keyHealth", {
        ...{ atMs: Date.now(), keyId: key.id, providerId: provider.id, model: null, from: "active", to: "cooling" },
        ...{ untilMs, errorClass: null, httpStatus: 429, message: null, requestId: null },
      } as never);
    };
    await server.control.modelEvents.look();
    rest(Date.now() + 60_000);
    await until(models, (event) => state(event) === "DOWN");
    // No event tells that a cooldown is over.
    server.advance(60_000);
    await until(models, (event) => state(event) === "HEALTHY");
    await models.stop();
  }, 60_000);

  test("corrects what was shown between two looks", async () => {
    const provider = await addProvider(server, { name: "brief" });
    const key = await addKey(server, provider.id);
    const model = await addModel(server, provider.id, { name: "brief" });
    const models = watch();
    await models.next();
    await server.control.modelEvents.look();
    const setEnabled = (enabled: boolean) =>
      server.ask(
        `mutation { updateProviderKey(input: { id: "${key.id}", enabled: ${enabled} }) { userErrors { code } } }`,
      );
    await setEnabled(false);
    const shown = await server.ask(`{ model(name: "brief") { health { state } } }`);
    await setEnabled(true);
    expect(shown.data.model.health.state).toBe("DOWN");
    // A look may have come between the two, and told what was shown.
    await until(
      models,
      (event) => event.modelId === model.id && event.healthChanged && event.model.health.state === "HEALTHY",
    );
    await models.stop();
  });

  test("goes on from a cursor, and says so when it cannot", async () => {
    const models = watch();
    const { cursor } = await models.next();
    await models.stop();
    const { id } = await addModel(server, providerId, { name: "missed" });
    const resumed = watch(cursor);
    expect(await until(resumed, (event) => event.modelId === id)).toMatchObject({
      kind: "CREATED",
      model: { name: "missed" },
    });
    await resumed.stop();
    const lost = watch("garbage");
    expect(await lost.next()).toMatchObject({ __typename: "ResyncEvent", reason: "RESTARTED" });
    await lost.stop();
    for (let index = 0; index < 2000; index++) {
      server.control.modelEvents.log.append({ kind: "UPDATED", modelId: id, healthChanged: false });
    }
    const old = watch(cursor);
    expect(await old.next()).toMatchObject({ reason: "TOO_OLD" });
    await old.stop();
  });

  test("a reader that was too slow is told to refetch", async () => {
    const models = watchModels(server.control, null);
    await models.next();
    for (let index = 0; index < 2000; index++) {
      server.control.modelEvents.log.append({ kind: "UPDATED", modelId: "mdl_0", healthChanged: false });
    }
    expect((await models.next()).value).toMatchObject({ frame: "resync", reason: "OVERFLOW" });
    await models.return?.();
  });
});
