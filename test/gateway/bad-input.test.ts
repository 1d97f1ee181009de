import { afterAll, beforeAll, beforeEach, describe, expect, setSystemTime, test } from "bun:test";
import { CLIENT_KEY } from "../support/app.ts";
import { json } from "../support/fake-vendor.ts";
import { request, talk } from "../support/raw-client.ts";
import { chatAnswer } from "../support/samples.ts";
import { eventually } from "../support/stream-reader.ts";
import { type Answer, expectUntouched, type Gateway, provider, startGateway } from "./fixture.ts";

const LIMIT = 100_000;
let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    providers: (vendor) => [
      provider("openai", `${vendor.origin}/v1`, ["sk-1"]),
      // A second one, so that no unknown model has a single provider to go to.
      { ...provider("openai", `${vendor.origin}/v1`, ["sk-2"]), name: "other" },
      provider("anthropic", vendor.origin, ["ant-1"]),
      provider("gemini", vendor.origin, ["gm-1"]),
    ],
    models: [
      { name: "gpt", targets: [{ provider: "openai", model: "gpt" }] },
      { name: "opus", targets: [{ provider: "anthropic", model: "opus" }] },
      { name: "pro", targets: [{ provider: "gemini", model: "pro" }] },
    ],
    settings: { maxRequestBytes: LIMIT, maxJsonDepth: 20 },
  });
});
afterAll(() => gateway.close());
beforeEach(() => gateway.restart(json(chatAnswer())));

/** Reads the parts of an error that every SDK of the format relies on; throws when one is missing. */
const formats: readonly (readonly [name: string, path: string, model: string, read: (body: Answer) => string])[] = [
  ["chat", "/v1/chat/completions", "gpt", openAiMessage],
  ["responses", "/v1/responses", "gpt", openAiMessage],
  ["embeddings", "/v1/embeddings", "gpt", openAiMessage],
  [
    "messages",
    "/v1/messages",
    "opus",
    (body) => {
      expect(Object.keys(body)).toEqual(["type", "error", "request_id"]);
      expect(body).toMatchObject({
        type: "error",
        error: { type: expect.stringMatching(/^(invalid_request_error|request_too_large|not_found_error)$/) },
      });
      return body.error.message;
    },
  ],
  [
    "gemini",
    "/v1beta/models/pro:generateContent",
    "pro",
    (body) => {
      expect(body.error).toMatchObject({
        code: expect.any(Number),
        status: expect.stringMatching(/^[A-Z_]+$/),
        details: [],
      });
      return body.error.message;
    },
  ],
];
function openAiMessage(body: Answer): string {
  expect(Object.keys(body.error)).toEqual(["message", "type", "param", "code"]);
  return body.error.message;
}

const deep = (levels: number) => `{"a":${"[".repeat(levels)}${"]".repeat(levels)}}`;
const long = `"filler":"${"x".repeat(20_000)}"`;
const badBodies: [what: string, body: string | Uint8Array, status: number, says: RegExp][] = [
  ["nothing", "", 400, /empty/],
  ["white space", " \n", 400, /empty/],
  ["half an object", '{"model":"gpt","messages":[', 400, /not valid JSON/],
  ["two objects", '{"model":"gpt"}{}', 400, /not valid JSON/],
  ["a comma too many", '{"model":"gpt",}', 400, /not valid JSON/],
  ["a comment", '{"model":"gpt"/**/}', 400, /not valid JSON/],
  ["single quotes", "{'model':'gpt'}", 400, /not valid JSON/],
  ["a bare word", '{"model":gpt}', 400, /not valid JSON/],
  ["a long body that ends early", `{"model":"gpt",${long},"a":[`, 400, /not valid JSON/],
  ["a list", '["a"]', 400, /not a JSON object/],
  ["null", "null", 400, /not a JSON object/],
  ["a string", '"model"', 400, /not a JSON object/],
  ["a control character in a string", '{"model":"gpt","a":"\u0001"}', 400, /control character/],
  ["bytes that are no UTF-8", Buffer.from('{"model":"gpt","a":"\xff\xc0\xaf"}', "latin1"), 400, /UTF-8/],
  ["an overlong UTF-8 form", Buffer.from('{"model":"gpt","a":"\xc0\x80"}', "latin1"), 400, /UTF-8/],
  ["too deep", deep(20), 400, /deeper than 20/],
  ["far too deep", deep(40_000), 400, /deeper than 20/],
  ["too large", `{"model":"gpt","a":"${"x".repeat(LIMIT)}"}`, 413, /larger than/],
];

describe.each(formats)("a %s request with a body that is", (_name, path, _model, read) => {
  test.each(badBodies)("%s is refused, and nobody is asked", async (_, body, status, says) => {
    await expectUntouched(gateway, 1, async () => {
      const { status: got, json: answer, record, headers } = await gateway.send(path, body);
      expect(got).toBe(status);
      expect(headers.get("content-type")).toStartWith("application/json");
      expect(read(answer)).toMatch(says);
      expect(record).toMatchObject({ status: "error", httpStatus: status, attempts: [], usage: null });
    });
  });

  test.each([
    ["text/plain", 415],
    ["application/x-www-form-urlencoded", 415],
    ["multipart/form-data; boundary=x", 415],
    ["application/jsonp", 415],
  ])("of type %s is refused", async (type, status) => {
    await expectUntouched(gateway, 1, async () => {
      const { status: got, json: answer } = await gateway.send(path, '{"model":"gpt"}', {
        headers: { "content-type": type },
      });
      expect(got).toBe(status);
      expect(answer.error.message).toContain("application/json");
    });
  });

  test("compressed is refused: it would be a bomb", async () => {
    await expectUntouched(gateway, 1, async () => {
      const bomb = Bun.gzipSync(Buffer.alloc(1_000_000, 32));
      const { status } = await gateway.send(path, bomb, { headers: { "content-encoding": "gzip" } });
      expect(status).toBe(415);
    });
  });
});

describe("a model is refused when it", () => {
  const models: [what: string, body: string, status: number, param: string | null][] = [
    ["is missing", '{"messages":[]}', 400, "model"],
    ["is missing from a long body", `{${long}}`, 400, "model"],
    ["is a number", '{"model":123}', 400, "model"],
    ["is null", '{"model":null}', 400, "model"],
    ["is empty", '{"model":""}', 400, "model"],
    ["holds a line break", '{"model":"gpt\\r\\nx-evil: 1"}', 400, "model"],
    ["holds a NUL", '{"model":"gpt\\u0000"}', 400, "model"],
    ["is very long", JSON.stringify({ model: "x".repeat(300) }), 400, "model"],
    ["stands twice", '{"model":"gpt","model":"gpt"}', 400, null],
    ["stands twice, once escaped", '{"model":"none","mod\\u0065l":"gpt"}', 400, null],
    ["stands twice, wholly escaped", '{"\\u006d\\u006f\\u0064\\u0065\\u006c":"gpt","model":"none"}', 400, null],
    ["stands twice in a long body", `{"model":"none",${long},"model":"gpt"}`, 400, null],
    ["stands twice in a long body, once escaped", `{"model":"none",${long},"\\u006dodel":"gpt"}`, 400, null],
    ["is unknown", '{"model":"none"}', 404, "model"],
    ["is markup", '{"model":"<img src=x onerror=alert(1)>"}', 404, "model"],
    ["is a name of JavaScript's", '{"model":"__proto__"}', 404, "model"],
    ["is another name of JavaScript's", '{"model":"constructor"}', 404, "model"],
  ];
  test.each(models)("%s", async (_, body, status, param) => {
    await expectUntouched(gateway, 1, async () => {
      const outcome = await gateway.send("/v1/chat/completions", body);
      expect(outcome.status).toBe(status);
      expect(outcome.json.error.param).toBe(param);
    });
  });

  test("only stands further inside", async () => {
    await expectUntouched(gateway, 1, async () => {
      const outcome = await gateway.send("/v1/chat/completions", '{"a":{"model":"gpt"},"b":"\\"model\\":\\"gpt\\""}');
      expect(outcome.status).toBe(400);
    });
  });
});

describe("the field stream is refused when it", () => {
  test.each([
    ["is text", '{"model":"gpt","stream":"yes"}'],
    ["is a number", '{"model":"gpt","stream":1}'],
    ["stands twice", '{"model":"gpt","stream":true,"stream":false}'],
  ])("%s", async (_, body) => {
    await expectUntouched(gateway, 1, async () => {
      expect((await gateway.send("/v1/chat/completions", body)).status).toBe(400);
    });
  });
});

describe("harmless oddities are served:", () => {
  const fine: [what: string, body: string][] = [
    ["white space around", ' \n{"model":"gpt"}\r\n\t'],
    ["a byte order mark", '\ufeff{"model":"gpt"}'],
    ["stream null", '{"model":"gpt","stream":null}'],
    ["the name model inside", '{"model":"gpt","a":{"model":"x","model":"y"},"b":"model"}'],
    ["JavaScript's names", '{"__proto__":{"stream":true},"constructor":{"prototype":1},"model":"gpt"}'],
    ["a lone surrogate in a text", '{"model":"gpt","a":"\\ud800"}'],
    ["a number beyond all bounds", '{"model":"gpt","max_tokens":1e400}'],
    ["as deep as allowed", `{"model":"gpt","a":${"[".repeat(19)}${"]".repeat(19)}}`],
    ["brackets in strings", `{"model":"gpt","a":"${"[{".repeat(100)}"}`],
    ["20,000 keys", `{"model":"gpt"${Array.from({ length: 8000 }, (_, index) => `,"k${index}":1`).join("")}}`],
  ];
  test.each(fine)("%s", async (_, body) => {
    const { status, calls } = await gateway.send("/v1/chat/completions", body);
    expect(status).toBe(200);
    expect(calls[0]!.text).toBe(body);
  });

  test("no content-type at all, and one with parameters", async () => {
    for (const type of ["", "application/json; charset=utf-8", "Application/JSON", "application/vnd.api+json"]) {
      const { status } = await gateway.send("/v1/chat/completions", '{"model":"gpt"}', {
        headers: { "content-type": type },
      });
      expect([type, status]).toEqual([type, 200]);
    }
  });
});

describe("a body without length", () => {
  const headers = {
    host: "x",
    authorization: `Bearer ${CLIENT_KEY}`,
    "content-type": "application/json",
    "transfer-encoding": "chunked",
  };
  const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

  test("is read to its end", async () => {
    const body = '{"model":"gpt","a":1.0}';
    const bytes = request("POST /v1/chat/completions HTTP/1.1", headers, `${[...body].map(chunk).join("")}0\r\n\r\n`);
    expect((await talk(gateway.url, bytes)).status).toBe(200);
    expect(gateway.vendor.calls[0]!.text).toBe(body);
  });

  test("is refused at the limit, while it still comes", async () => {
    await expectUntouched(gateway, 1, async () => {
      const settled = gateway.nextRecord();
      const answer = await talk(gateway.url, request("POST /v1/chat/completions HTTP/1.1", headers), (socket) => {
        const block = chunk(" ".repeat(10_000));
        for (let sent = 0; sent < 3 * LIMIT; sent += 10_000) socket.write(block);
      });
      expect(answer.status).toBe(413);
      expect(await settled).toMatchObject({ errorClass: "too_large" });
    });
  });
});

describe("a body that does not come", () => {
  const head = (extra: Record<string, string>) =>
    request("POST /v1/chat/completions HTTP/1.1", {
      host: "x",
      authorization: `Bearer ${CLIENT_KEY}`,
      "content-type": "application/json",
      ...extra,
    });

  test.each([
    ["with a length", { "content-length": "5000" }, "{"],
    ["in chunks", { "transfer-encoding": "chunked" }, "1\r\n{\r\n"],
  ])("in time is refused with 408 (%s)", async (_, extra: Record<string, string>, part) => {
    await expectUntouched(gateway, 1, async () => {
      const settled = gateway.nextRecord();
      const answered = talk(gateway.url, Buffer.concat([head(extra), Buffer.from(part)]));
      await eventually(() => gateway.app.gateway.inFlight.size === 1);
      setSystemTime(new Date(Date.now() + 60_000));
      try {
        expect((await answered).status).toBe(408);
        expect(await settled).toMatchObject({ errorClass: "timeout", httpStatus: 408 });
      } finally {
        setSystemTime();
      }
    });
  });

  test("because the client left is nobody's fault", async () => {
    await expectUntouched(gateway, 1, async () => {
      const settled = gateway.nextRecord();
      const left = talk(
        gateway.url,
        Buffer.concat([head({ "content-length": "5000" }), Buffer.from("{")]),
        (socket) => {
          void eventually(() => gateway.app.gateway.inFlight.size === 1).then(() => socket.destroy());
        },
      );
      await left;
      expect(await settled).toMatchObject({ status: "cancelled", errorClass: "client_closed" });
    });
  });

  test.each([
    ["the limit", "500000000", 1],
    ["anything sane", "10737418240", 0],
  ] as const)("but would be larger than %s is refused at once", async (_, length, records) => {
    await expectUntouched(gateway, records, async () => {
      expect((await talk(gateway.url, head({ "content-length": length }))).status).toBe(413);
    });
  });
});
