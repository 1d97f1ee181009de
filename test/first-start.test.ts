import { afterEach, expect, test } from "bun:test";
import { readConfig } from "../src/config.ts";
import { isPrepared, prepareFirstStart } from "../src/first-start.ts";
import { cleanUp, openTestStore } from "./store/fixtures.ts";

afterEach(cleanUp);

const config = readConfig({}, [], () => "");

test("all that a new data directory begins with is one change, and a second start finds nothing to do", async () => {
  const store = await openTestStore();
  expect(await isPrepared(store)).toBe(false);
  const prepare = () => store.writeTogether((inside) => prepareFirstStart(inside, config, () => null));
  const { defaultClientKey } = await prepare();
  expect(defaultClientKey?.reveal()).toStartWith("sk-slc_");
  expect(await isPrepared(store)).toBe(true);
  expect(await store.history.version()).toBe(1);
  const names = (await store.clientKeys.list()).map(({ name }) => name);
  expect(names.sort()).toEqual(["anonymous", "default"]);
  const rules = await store.alertRules.list();
  expect(rules.length).toBeGreaterThan(0);

  expect(await prepare()).toEqual({ defaultClientKey: null });
  expect(await store.history.version()).toBe(1);
  // What a person deletes stays deleted.
  await store.alertRules.delete(rules.map(({ id }) => id));
  expect(await isPrepared(store)).toBe(true);
});

test("a start that fails halfway has made nothing", async () => {
  const store = await openTestStore();
  const failing = store.writeTogether(async (inside) => {
    await prepareFirstStart(inside, config, () => null);
    throw new Error("no more disk");
  });
  expect(failing).rejects.toThrow("no more disk");
  await failing.catch(() => {});
  expect(await store.clientKeys.list()).toEqual([]);
  expect(await store.alertRules.list()).toEqual([]);
  expect(await isPrepared(store)).toBe(false);
});
