import { describe, expect, test } from "bun:test";
import { matchPath } from "../../src/http/paths.ts";
import { cpuMs } from "../support/timing.ts";

/** An endpoint's match as one line: id, model, resource, Gemini version. */
function shortly(method: string, path: string): string {
  const match = matchPath(method, path);
  switch (match?.kind) {
    case "endpoint":
      return [match.endpoint.id, match.pathModel, match.resourceId, match.geminiVersion]
        .map((each) => each ?? "-")
        .join(" ");
    case "models":
      return `models ${match.model ?? "-"}${match.gemini ? " gemini" : ""}`;
    case "method":
      return `allow ${match.allow}`;
    default:
      return "none";
  }
}

const paths: [method: string, path: string, expected: string][] = [
  ["POST", "/v1/chat/completions", "chat.completions - - v1"],
  ["POST", "/v1/completions", "completions - - v1"],
  ["POST", "/v1/embeddings", "embeddings - - v1"],
  ["POST", "/v1/images/generations", "images.generations - - v1"],
  ["POST", "/v1/images/edits", "images.edits - - v1"],
  ["POST", "/v1/audio/speech", "audio.speech - - v1"],
  ["POST", "/v1/audio/transcriptions", "audio.transcriptions - - v1"],
  ["POST", "/v1/audio/translations", "audio.translations - - v1"],
  ["POST", "/v1/moderations", "moderations - - v1"],
  ["POST", "/v1/responses", "responses - - v1"],
  ["GET", "/v1/responses/resp_1", "responses.get - resp_1 v1"],
  ["DELETE", "/v1/responses/resp_1", "responses.delete - resp_1 v1"],
  ["POST", "/v1/responses/resp_1/cancel", "responses.cancel - resp_1 v1"],
  ["GET", "/v1/responses/resp_1/input_items", "responses.input_items - resp_1 v1"],
  ["GET", "/v1/responses/a%2Fb", "responses.get - a/b v1"],
  ["POST", "/v1/messages", "messages - - v1"],
  ["POST", "/v1/messages/count_tokens", "messages.count_tokens - - v1"],

  ["POST", "/v1beta/models/gemini-3-pro:generateContent", "gemini.generateContent gemini-3-pro - v1beta"],
  ["POST", "/v1/models/gemini-3-pro:generateContent", "gemini.generateContent gemini-3-pro - v1"],
  ["POST", "/v1beta/models/m:streamGenerateContent", "gemini.streamGenerateContent m - v1beta"],
  ["POST", "/v1beta/models/m:countTokens", "gemini.countTokens m - v1beta"],
  ["POST", "/v1beta/models/m:embedContent", "gemini.embedContent m - v1beta"],
  ["POST", "/v1beta/models/m:batchEmbedContents", "gemini.batchEmbedContents m - v1beta"],
  ["POST", "/v1beta/models/a%20b%2Fc:generateContent", "gemini.generateContent a b/c - v1beta"],
  ["POST", "/v1beta/models/prov/m:generateContent", "gemini.generateContent prov/m - v1beta"],
  ["POST", "/v1beta/models/llama3:latest:generateContent", "gemini.generateContent llama3:latest - v1beta"],

  ["POST", "/openai/deployments/gpt/chat/completions", "chat.completions gpt - v1"],
  ["POST", "/openai/deployments/my%20dep/embeddings", "embeddings my dep - v1"],
  ["POST", "/openai/deployments/gpt/audio/transcriptions", "audio.transcriptions gpt - v1"],
  ["POST", "/openai/v1/chat/completions", "chat.completions - - v1"],
  ["POST", "/openai/responses", "responses - - v1"],
  ["GET", "/openai/responses/resp_1", "responses.get - resp_1 v1"],
  ["GET", "/openai/models", "models -"],
  ["GET", "/openai/v1/models/m", "models m"],

  ["GET", "/v1/models", "models -"],
  ["POST", "/v1/files", "files.create - - v1"],
  ["GET", "/v1/files/fil_1/content", "files.content - fil_1 v1"],
  ["HEAD", "/v1/models", "models -"],
  ["GET", "/v1/models/", "models -"],
  ["GET", "/v1/models/m", "models m"],
  ["GET", "/v1/models/org/m", "models org/m"],
  ["GET", "/v1/models/llama3:latest", "models llama3:latest"],
  ["GET", "/v1/models/ft:gpt-4.1:acme::abc", "models ft:gpt-4.1:acme::abc"],
  ["GET", "/v1beta/models", "models - gemini"],
  ["GET", "/v1beta/models/m", "models m gemini"],

  ["GET", "/v1/chat/completions", "allow POST"],
  ["PUT", "/v1/messages", "allow POST"],
  ["OPTIONS", "/v1/chat/completions", "allow POST"],
  ["GET", "/v1beta/models/m:generateContent", "allow POST"],
  ["POST", "/v1/models", "allow GET"],
  ["DELETE", "/v1/models/m", "allow GET"],
  ["PATCH", "/v1/responses/resp_1", "allow GET, DELETE"],
  ["PUT", "/v1/files", "allow POST, GET"],
  ["POST", "/v1/files/fil_1", "allow GET, DELETE"],
  ["GET", "/v1/responses/resp_1/cancel", "allow POST"],

  ["POST", "/v1/", "none"],
  ["POST", "/v1/chat", "none"],
  ["POST", "/v1/chat/completions/", "none"],
  ["POST", "/v1/chat//completions", "none"],
  ["POST", "/v1/Chat/Completions", "none"],
  ["POST", "/v1/files/fil_1/content/x", "none"],
  ["POST", "/v1/__proto__", "none"],
  ["POST", "/v1/constructor", "none"],
  ["GET", "/v1/responses/", "none"],
  ["GET", "/v1/responses/a/b/c", "none"],
  ["POST", "/v1beta/models/m:makeCoffee", "none"],
  ["POST", "/v1beta/models/:generateContent", "none"],
  ["POST", "/v1beta/chat/completions", "none"],
  ["POST", "/openai/", "none"],
  ["POST", "/openai/chat/completions", "none"],
  ["POST", "/openai/deployments/gpt", "none"],
  ["POST", "/openai/deployments/gpt/files", "none"],
  ["POST", "/v2/chat/completions", "none"],
];

describe("a path", () => {
  test.each(paths)("%s %s", (method, path, expected) => {
    expect(shortly(method, path)).toBe(expected);
  });

  test.each([
    "/v1/models/%zz",
    "/v1/responses/%e0%a4",
    "/v1beta/models/%:generateContent",
    "/openai/deployments/%c3/embeddings",
  ])("with a broken escape throws URIError: %s", (path) => {
    expect(() => matchPath("GET", path)).toThrow(URIError);
  });

  test("is matched in little time, however long it is", () => {
    const spentMs = cpuMs(() => {
      for (const part of ["a:", "a/", ":", "models/", "%41"]) {
        try {
          matchPath("POST", `/v1/models/${part.repeat(20_000)}`);
          matchPath("POST", `/openai/deployments/${part.repeat(20_000)}`);
          matchPath("POST", `/v1/responses/${part.repeat(20_000)}`);
        } catch (error) {
          expect(error).toBeInstanceOf(URIError);
        }
      }
    });
    expect(spentMs).toBeLessThan(500);
  });
});
