import { afterAll, beforeAll, expect, test } from "bun:test";
import { json } from "../support/fake-vendor.ts";
import { chatAnswer } from "../support/samples.ts";
import { type Answer, type Gateway, provider, startGateway } from "./fixture.ts";
import { chat } from "./formats.ts";

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    providers: ({ origin }) => [provider("openai", `${origin}/v1`, ["k"])],
    models: [{ name: "m", targets: [{ provider: "openai", model: "gpt-4.1" }] }],
    reply: json(chatAnswer()),
  });
});
afterAll(() => gateway.close());

const rowOf = async (id: string): Promise<Answer> => {
  const { data } = await gateway.graphql(
    `query ($id: ID!) { requestLog(id: $id) { cost price { source input reasoning perRequest edition } costLines { part cost } } }`,
    { id },
  );
  return (data as Answer).requestLog;
};

test("a changed price holds from the next request on; what was paid stays as it was", async () => {
  const { id } = (await gateway.app.control.store.models.list())[0]!;
  const { record: first } = await gateway.send(chat.path("m", false), chat.body("m", false));
  const before = await rowOf(first.id);
  expect(before.price).toMatchObject({
    source: "BUILTIN",
    perRequest: null,
    edition: expect.stringContaining("0.1.8"),
  });

  const price = { input: "100", output: "100", reasoning: "200", perRequest: "0.5" };
  const { data } = await gateway.graphql(
    `mutation ($input: UpdateModelInput!) { updateModel(input: $input) { userErrors { message } } }`,
    { input: { id, price } },
  );
  expect(data).toEqual({ updateModel: { userErrors: [] } } as never);
  expect(await rowOf(first.id)).toEqual(before);

  const { record: second } = await gateway.send(chat.path("m", false), chat.body("m", false));
  const after = await rowOf(second.id);
  expect(after.price).toMatchObject({
    source: "MANUAL",
    input: "100",
    reasoning: "200",
    perRequest: "0.5",
    edition: null,
  });
  expect(after.costLines).toContainEqual({ part: "REQUEST", cost: "0.5" });
  const sum = after.costLines.reduce((total: number, { cost }: Answer) => total + Math.round(Number(cost) * 1e9), 0);
  expect(sum).toBe(Math.round(Number(after.cost) * 1e9));
});
