import { expect, test } from "bun:test";
import { printPages } from "../../docs/print.ts";
import { parseConfigFile } from "../../src/config-file.ts";

test("the tables of docs/ are what the code prints (else: bun docs/print.ts)", async () => {
  for (const [path, text] of await printPages()) {
    expect({ path, isPrinted: (await Bun.file(path).text()) === text }).toEqual({ path, isPrinted: true });
  }
});

test("the configuration that docs/vendors.md shows is one", async () => {
  const page = await Bun.file(new URL("../../docs/vendors.md", import.meta.url)).text();
  const documents = [...page.matchAll(/```json\n(.*?)```/gs)].map(([, json]) => json!);
  expect(documents.length).toBeGreaterThan(1);
  for (const document of documents) parseConfigFile(document, "docs/vendors.md");
});
