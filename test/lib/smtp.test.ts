import { describe, expect, test } from "bun:test";
import { writeMail } from "../../src/lib/mail.ts";
import { type MailJob, SmtpError, sendMail } from "../../src/lib/smtp.ts";
import { type FakeMailOptions, startMailServer } from "../support/fake-mail-server.ts";
import { AUTHORITY, GOOD, KEY } from "./http-client/certificates.ts";

const job = (port: number, change: Partial<MailJob> = {}): MailJob => ({
  address: "127.0.0.1",
  port,
  host: "api.sluice.test",
  security: "NONE",
  auth: null,
  from: "sluice@example.com",
  to: ["one@example.com", "two@example.com"],
  mail: "Subject: hello\r\n\r\n.a dot\r\nend\r\n",
  timeoutMs: 2000,
  ...change,
});

async function talk(options: FakeMailOptions, change: Partial<MailJob> = {}) {
  const server = await startMailServer(options);
  try {
    const outcome = await sendMail(job(server.port, change)).catch((error: unknown) => error);
    return { outcome, heard: server.heard, mails: server.mails };
  } finally {
    await server.stop();
  }
}

describe("a mail", () => {
  test("goes to everybody, dots and all, and brings back the server's words", async () => {
    const { outcome, heard, mails } = await talk({});
    expect(outcome).toBe("queued as 1");
    expect(heard.slice(0, 5)).toEqual([
      "EHLO sluice",
      "MAIL FROM:<sluice@example.com>",
      "RCPT TO:<one@example.com>",
      "RCPT TO:<two@example.com>",
      "DATA",
    ]);
    expect(mails).toEqual(["Subject: hello\r\n\r\n.a dot\r\nend"]);
  });

  test("over TLS, with the password by PLAIN or by LOGIN, whatever is offered", async () => {
    const tls = { cert: GOOD, key: KEY };
    const secured = { security: "TLS", ca: AUTHORITY, auth: { username: "me", password: "pässword" } } as const;
    const plain = await talk({ tls, offers: ["SIZE 1000", "AUTH LOGIN PLAIN"] }, secured);
    expect(plain.outcome).toBe("queued as 1");
    expect(plain.heard[1]).toBe(`AUTH PLAIN ${Buffer.from("\0me\0pässword").toString("base64")}`);
    const login = await talk({ tls, offers: ["AUTH LOGIN"] }, secured);
    expect(login.outcome).toBe("queued as 1");
    expect(login.heard.slice(1, 4)).toEqual([
      "AUTH LOGIN",
      Buffer.from("me").toString("base64"),
      Buffer.from("pässword").toString("base64"),
    ]);
    const none = await talk({ tls }, secured);
    expect(none.outcome).toMatchObject({ isFinal: true, message: expect.stringContaining("neither AUTH PLAIN") });
  });

  test("goes into TLS by STARTTLS, and says everything again there", async () => {
    const server = await startMailServer({ startTls: { cert: GOOD, key: KEY }, offers: ["AUTH PLAIN"] });
    const auth = { username: "me", password: "secret" };
    const sent = await sendMail(job(server.port, { security: "STARTTLS", ca: AUTHORITY, auth }));
    expect(sent).toBe("queued as 1");
    expect(server.heard.slice(0, 3)).toEqual(["EHLO sluice", "STARTTLS", "EHLO sluice"]);
    expect(server.heard[3]).toStartWith("AUTH PLAIN");
    const untrusted = await sendMail(job(server.port, { security: "STARTTLS", auth })).catch((error: unknown) => error);
    expect(untrusted).toBeInstanceOf(SmtpError);
    expect(server.heard.filter((line) => line.startsWith("AUTH"))).toHaveLength(1);
    await server.stop();
  });

  test("is not sent where the certificate is not to be trusted, nor in clear where STARTTLS is missing", async () => {
    const tls = await talk(
      { tls: { cert: GOOD, key: KEY } },
      { security: "TLS", auth: { username: "a", password: "b" } },
    );
    expect(tls.outcome).toBeInstanceOf(SmtpError);
    expect(tls.heard).toEqual([]);
    const clear = await talk({}, { security: "STARTTLS", auth: { username: "a", password: "b" } });
    expect(clear.outcome).toMatchObject({ isFinal: true, message: "the server does not offer STARTTLS" });
    expect(clear.heard).toEqual(["EHLO sluice"]);
  });

  test.each([
    ["a refused recipient", { answers: { RCPT: "550 5.1.1 no such user" } }, true, "550 5.1.1 no such user"],
    ["a busy server", { answers: { MAIL: "451 4.7.1 come back later" } }, false, "451 4.7.1 come back later"],
    ["a mail that is not taken", { answers: { MAIL_END: "554 5.7.1 spam" } }, true, "554 5.7.1 spam"],
    ["no mail server", { answers: { greeting: "HTTP/1.1 400 Bad Request" } }, true, "this is no mail server"],
    ["silence", { answers: { EHLO: "" } }, false, "no answer within 1 s"],
  ])("meets %s", async (_what, options, isFinal, words) => {
    const { outcome, mails } = await talk(options as FakeMailOptions, { timeoutMs: 150 });
    expect(outcome).toMatchObject({ name: "SmtpError", isFinal });
    expect((outcome as Error).message).toContain(words);
    expect(mails.length).toBe(words.includes("spam") ? 1 : 0);
  });
});

describe("the text of a mail", () => {
  const mail = {
    from: "sluice@example.com",
    to: ["a@example.com", "b@example.com"],
    subject: "[CRITICAL] 密钥 of Zürich is refused by the upstream, and that for quite some time now",
    text: "Grüße\n.dot",
    messageId: "adl_1@example.com",
    atMs: Date.UTC(2026, 10, 21, 18, 0, 0),
  };
  test("is seven bits in short lines, and says the same", () => {
    const written = writeMail(mail);
    expect([...written].every((character) => character < "\u007f")).toBe(true);
    expect(Math.max(...written.split("\r\n").map((line) => line.length))).toBeLessThanOrEqual(78);
    const [head, body] = written.split("\r\n\r\n") as [string, string];
    const words = [...head.matchAll(/=\?utf-8\?B\?([^?]+)\?=/g)].map(([, word]) =>
      Buffer.from(word!, "base64").toString(),
    );
    expect(words.join("")).toBe(mail.subject);
    expect(head).toContain("Date: Sat, 21 Nov 2026 18:00:00 +0000");
    expect(Buffer.from(body, "base64").toString()).toBe("Grüße\r\n.dot");
  });

  test("cannot be given headers of somebody else's", () => {
    const written = writeMail({ ...mail, subject: "hello\r\nBcc: everybody@example.com" });
    expect(written).not.toContain("\nBcc:");
  });
});
