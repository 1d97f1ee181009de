import { expect, test } from "bun:test";
import { parse, validate } from "graphql";
import { schema } from "../../schema/index.ts";
import * as documents from "../../src/cli/documents.ts";

test.each(Object.entries(documents))("the document %s of the commands fits the schema", (_, document) => {
  expect(validate(schema, parse(document)).map(({ message }) => message)).toEqual([]);
});
