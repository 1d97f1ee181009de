import { describe, expect, test } from "bun:test";
import { buildSchema, execute, GraphQLError, parse } from "graphql";
import type { GraphqlContext } from "../../schema/context.ts";
import { assertFresh, assertMaySee, guardSchema } from "../../schema/guard.ts";
import { ANONYMOUS, type Principal, SCOPES, type Scope } from "../../src/control/people/principal.ts";
import { sessionPrincipal, tokenPrincipal } from "../support/principals.ts";

const withScopes = (...scopes: Scope[]): Principal => ({ ...tokenPrincipal(), scopes: new Set(scopes) });

describe("the guard in front of the resolvers", () => {
  const guarded = guardSchema(
    buildSchema(`
      type Query { viewer: String forgotten: String apiLimits: String requestLog: RequestLog }
      type RequestLog { id: ID content: String provider: Provider }
      type Provider { id: ID }
    `),
  );
  const root = {
    viewer: "viewer",
    forgotten: "forgotten",
    apiLimits: "limits",
    requestLog: { id: "req_1", content: "text", provider: { id: "prv_1" } },
  };
  const run = async (query: string, principal: Principal) => {
    const contextValue = { principal } as GraphqlContext;
    const result = await execute({ schema: guarded, document: parse(query), rootValue: root, contextValue });
    return { data: result.data, codes: result.errors?.map((error) => error.extensions.code) };
  };

  test("an operation without an entry is refused to everybody", async () => {
    expect((await run("{ forgotten }", withScopes(...SCOPES))).codes).toEqual(["FORBIDDEN"]);
    expect((await run("{ forgotten }", ANONYMOUS)).codes).toEqual(["UNAUTHENTICATED"]);
  });

  test("an open operation answers anyone, a closed one only who has signed in", async () => {
    expect((await run("{ viewer }", ANONYMOUS)).data).toEqual({ viewer: "viewer" });
    expect((await run("{ apiLimits }", ANONYMOUS)).codes).toEqual(["UNAUTHENTICATED"]);
    expect((await run("{ apiLimits }", withScopes())).data).toEqual({ apiLimits: "limits" });
  });

  test("a scope opens its operations and no others", async () => {
    expect((await run("{ requestLog { id } }", withScopes("KEYS_READ"))).codes).toEqual(["FORBIDDEN"]);
    expect((await run("{ requestLog { id } }", withScopes("LOGS_READ"))).data).toEqual({ requestLog: { id: "req_1" } });
  });

  test("a field and a type with a scope of their own are guarded wherever they are reached", async () => {
    const query = "{ requestLog { id content provider { id } } }";
    const partly = await run(query, withScopes("LOGS_READ"));
    expect(partly.data).toEqual({ requestLog: { id: "req_1", content: null, provider: null } });
    expect(partly.codes).toEqual(["FORBIDDEN", "FORBIDDEN"]);
    const wholly = await run(query, withScopes("LOGS_READ", "LOGS_CONTENT", "KEYS_READ"));
    expect(wholly.codes).toBeUndefined();
  });

  test("behind an interface the type's scope counts", () => {
    expect(() => assertMaySee(withScopes("LOGS_READ"), "ProviderKey")).toThrow(GraphQLError);
    expect(() => assertMaySee(withScopes("KEYS_READ"), "ProviderKey")).not.toThrow();
    expect(() => assertMaySee(withScopes(), undefined)).not.toThrow();
  });

  test("a proof of who is asking is fresh for ten minutes; a bearer token's always is", () => {
    const session = sessionPrincipal({ freshUntil: 601_000 });
    const at = (principal: Principal, nowMs: number) => () =>
      assertFresh({ principal, control: { now: () => nowMs } } as GraphqlContext);
    expect(at(session, 600_999)).not.toThrow();
    expect(at(session, 601_000)).toThrow(GraphQLError);
    expect(at(withScopes(), 9e12)).not.toThrow();
    expect(at(ANONYMOUS, 0)).toThrow(GraphQLError);
  });
});
