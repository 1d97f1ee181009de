import { expect } from "bun:test";
import type { AdminServer, Answer, Reply } from "./admin-server.ts";

/** A person's browser: signs in and keeps the cookie. */
export class Person {
  cookie = "";
  constructor(
    readonly server: AdminServer,
    readonly email: string,
    readonly password = "correct horse battery",
  ) {}

  get headers(): Record<string, string> {
    const { origin } = new URL(this.server.url);
    return { origin, "user-agent": "test browser", ...(this.cookie && { cookie: this.cookie }) };
  }

  async ask(query: string, variables: object = {}): Promise<Reply<Answer>> {
    const reply = await this.server.ask<Answer>(query, variables, { token: null, headers: this.headers });
    const set = reply.headers.get("set-cookie")?.split(";")[0];
    if (set !== undefined) this.cookie = set.endsWith("=") ? "" : set;
    return reply;
  }

  async signIn(more: object = {}): Promise<Answer> {
    this.cookie = "";
    const input = { email: this.email, password: this.password, ...more };
    return (await this.ask(SIGN_IN, { input })).data.signIn;
  }

  async kind(): Promise<string> {
    return (await this.ask("{ viewer { kind } }")).data.viewer.kind;
  }
}

const SIGN_IN = `mutation ($input: SignInInput!) {
  signIn(input: $input) { viewer { kind user { email role } } userErrors { code field message } }
}`;

/** Invited by ADMIN_TOKEN, and signed in by the link. */
export async function addPerson(server: AdminServer, email: string, role: string): Promise<Person & { id: string }> {
  const { data } = await server.ask<Answer>(
    `mutation ($input: InviteUserInput!) { inviteUser(input: $input) { user { id } inviteToken userErrors { code } } }`,
    { input: { email, role } },
  );
  expect(data.inviteUser.userErrors).toEqual([]);
  const person = new Person(server, email);
  const accepted = await person.ask(ACCEPT, {
    input: { inviteToken: data.inviteUser.inviteToken, password: person.password },
  });
  expect(accepted.data.acceptInvitation.userErrors).toEqual([]);
  return Object.assign(person, { id: data.inviteUser.user.id as string });
}

export const ACCEPT = `mutation ($input: AcceptInvitationInput!) {
  acceptInvitation(input: $input) { viewer { kind user { email } } userErrors { code field } }
}`;
