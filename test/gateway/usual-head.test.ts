import { expect, test } from "bun:test";
import { answerHeaders, passedHeaders } from "../../src/gateway/answer-headers.ts";
import { UsualHead } from "../../src/gateway/usual-head.ts";

for (const isAnthropic of [false, true]) {
  const format = isAnthropic ? "Anthropic's format" : "another format";

  test(`the head that is kept says of every answer of ${format} what is written anew for it`, () => {
    const usual = new UsualHead(isAnthropic);
    const names = [...passedHeaders(isAnthropic), "set-cookie", "server"];
    const answers = Array.from({ length: 200 }, (_, index) => {
      // Each header comes and goes, and says now the same as before, now something else.
      const given = names.filter((_name, place) => (index >> (place % 5)) % 2 === 0);
      return { id: `req_${index}`, upstream: new Headers(given.map((name) => [name, `value ${index >> 2}`])) };
    });
    const made = answers.map(({ id, upstream }) => new Response("{}", usual.of(id, upstream)));
    for (const [index, { id, upstream }] of answers.entries()) {
      const anew = new Headers(answerHeaders(id, upstream, "application/json", isAnthropic));
      expect([...made[index]!.headers]).toEqual([...anew]);
      expect(made[index]!.status).toBe(200);
    }
  });
}

test("a header that cannot be sent on is refused, and the next answer says nothing of it", () => {
  const usual = new UsualHead(false);
  const name = passedHeaders(false)[0]!;
  usual.of("req_1", new Headers([[name, "5"]]));
  expect(() => usual.of("req_2", { get: (asked) => (asked === name ? "a\nb" : null) })).toThrow();
  const next = new Response("{}", usual.of("req_3", new Headers()));
  expect(Object.fromEntries(next.headers)).toEqual({ "content-type": "application/json", "x-request-id": "req_3" });
});
