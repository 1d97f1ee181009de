import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { blocksOf, commandsOf } from "./commands.ts";
import { type Recipes, startRecipes } from "./fixture.ts";
import type { Followed } from "./shell.ts";

const read = (page: string) => Bun.file(join(import.meta.dir, "../..", page)).text();
const commands = blocksOf(await read("docs/api.md"), "sh").flatMap(commandsOf);
const programs = blocksOf(await read("docs/api.md"), "ts");
const calls = blocksOf(await read("README.md"), "sh")
  .flatMap(commandsOf)
  .filter((command) => command.startsWith("curl"));

let recipes: Recipes;
beforeAll(async () => {
  recipes = await startRecipes();
});
afterAll(() => recipes.close());

// Hardly a machine is without curl, and the recipes are for those that have it.
describe.skipIf(Bun.which("curl") === null)("a recipe pasted behind the others works:", () => {
  let background: Followed | null = null;

  test.each([...commands, ...calls].map((command) => [command.slice(0, 140), command]))("%s", async (_, command) => {
    if (command.endsWith("&")) {
      background = recipes.shell.follow(recipes.fillIn(command));
    } else if (/curl -N|websocat|requests tail/.test(command)) {
      const followed = recipes.shell.follow(recipes.fillIn(command));
      await hears(followed, /tail/.test(command) ? /nowhere/ : /"data":\{/);
      await followed.stop();
    } else {
      const printed = await recipes.run(command);
      if (/gql|^curl .*\/(graphql|v1)/.test(command) && printed.startsWith("{")) succeeds(printed);
    }
    if (background !== null && /operationId":"keys/.test(command)) await hears(background, /"data":\{/);
    if (background !== null && /-X DELETE/.test(command)) {
      await hears(background, /event: complete/);
      await background.stop();
    }
  });

  test("none of them is missing", () => {
    expect([commands.length > 60, calls.length]).toEqual([true, 2]);
    expect(commands.filter((command) => /^gql '/.test(command)).length).toBeGreaterThan(40);
  });
});

test.each(programs)("a program works: %s", async (program) => {
  const followed = await recipes.program(program);
  await hears(followed, /keyEvents/);
  await followed.stop();
});

/** Things go on happening until one of them is told of. */
async function hears(followed: Followed, pattern: RegExp): Promise<void> {
  let isHeard = false;
  const heard = followed.until(pattern).finally(() => {
    isHeard = true;
  });
  while (!isHeard) await recipes.stir();
  expect(await heard).not.toContain('"errors"');
}

function succeeds(printed: string): void {
  expect(JSON.parse(printed).errors).toBeUndefined();
  for (const [, refusals] of printed.matchAll(/"userErrors":(\[[^\]]*\])/g)) expect(refusals).toBe("[]");
}
