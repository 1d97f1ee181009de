import { afterAll, beforeAll, expect, test } from "bun:test";
import { json } from "../support/fake-vendor.ts";
import { chatAnswer, messageAnswer } from "../support/samples.ts";
import { expectUntouched, type Gateway, provider, startGateway } from "./fixture.ts";
import { chat } from "./formats.ts";

/** Who serves a model that no entry names: the one provider that offers it, by its own list. */
let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    providers: ({ origin }) => [
      { ...provider("openai", `${origin}/v1`, ["one"]), name: "one" },
      { ...provider("openai", `${origin}/v1`, ["two"]), name: "two" },
      { ...provider("anthropic", origin, ["three"]), name: "three" },
    ],
  });
  const lists: Record<string, string[]> = {
    one: ["gpt-a", "both"],
    two: ["gpt-b", "both", "mixed"],
    three: ["claude", "mixed"],
  };
  gateway.restart((call) => json({ data: lists[call.key]!.map((id) => ({ id })) })(call));
  for (const { id } of await gateway.app.control.store.providers.list()) {
    const { data } = await gateway.graphql(
      `mutation ($input: PreviewModelSyncInput!) { previewModelSync(input: $input) { userErrors { message } } }`,
      { input: { providerId: id } },
    );
    expect(data).toEqual({ previewModelSync: { userErrors: [] } } as never);
  }
  gateway.restart((call) => json(call.path.endsWith("/messages") ? messageAnswer() : chatAnswer())(call));
});
afterAll(() => gateway.close());

const ask = (model: string) => gateway.send(chat.path(model, false), chat.body(model, false));

test.each([
  ["gpt-a", "one"],
  ["gpt-b", "two"],
  ["claude", "three"],
  ["mixed", "two"],
])("%s goes to the provider that lists it, first to one that speaks the client's format", async (model, key) => {
  const { status, calls } = await ask(model);
  expect([status, calls.map((call) => call.key)]).toEqual([200, [key]]);
});

test.each(["both", "nobody-lists-this"])("%s is not known, since no one provider offers it", async (model) => {
  await expectUntouched(gateway, 1, async () => {
    const { status, json: answer } = await ask(model);
    expect([status, answer.error.code]).toEqual([404, "model_not_found"]);
  });
});
