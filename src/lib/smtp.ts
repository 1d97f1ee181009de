import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

/** One mail to one server (RFC 5321), whole within a bounded time. The address has been checked; `host` is what the certificate must say. */
export interface MailJob {
  readonly address: string;
  readonly port: number;
  readonly host: string;
  readonly security: "STARTTLS" | "TLS" | "NONE";
  readonly auth: { readonly username: string; readonly password: string } | null;
  readonly from: string;
  readonly to: readonly string[];
  /** RFC 5322, CRLF line ends. */
  readonly mail: string;
  readonly timeoutMs?: number;
  /** PEM; instead of the well-known authorities. */
  readonly ca?: string;
}

/** The message is the server's own words, or why there were none. `isFinal`: another try would end the same way. */
export class SmtpError extends Error {
  override readonly name = "SmtpError";
  constructor(
    message: string,
    readonly isFinal: boolean,
  ) {
    super(message);
  }
}

const TIMEOUT_MS = 20_000;
const MAX_REPLY_BYTES = 65_536;

/** Resolves with the server's last words once it has taken the mail; rejects with SmtpError. */
export async function sendMail(job: MailJob): Promise<string> {
  const session = new Session(job);
  const { timeoutMs = TIMEOUT_MS } = job;
  const timer = setTimeout(() => {
    session.fail(new SmtpError(`no answer within ${Math.ceil(timeoutMs / 1000)} s`, false));
  }, timeoutMs);
  try {
    return await converse(session, job);
  } finally {
    clearTimeout(timer);
    session.close();
  }
}

async function converse(session: Session, job: MailJob): Promise<string> {
  await session.expect(220);
  let offers = await session.ask("EHLO sluice", 250);
  if (job.security === "STARTTLS") {
    // Without it the password would go out in clear: no falling back.
    if (!/^STARTTLS$/im.test(offers)) throw new SmtpError("the server does not offer STARTTLS", true);
    await session.ask("STARTTLS", 220);
    await session.startTls();
    offers = await session.ask("EHLO sluice", 250);
  }
  if (job.auth !== null) await authenticate(session, job.auth, offers);
  await session.ask(`MAIL FROM:<${job.from}>`, 250);
  for (const address of job.to) await session.ask(`RCPT TO:<${address}>`, 250, 251);
  await session.ask("DATA", 354);
  // A line that begins with a dot gets another one (4.5.2).
  const reply = await session.ask(`${job.mail.replace(/^\./gm, "..")}.`, 250);
  session.say("QUIT");
  return reply;
}

async function authenticate(session: Session, auth: NonNullable<MailJob["auth"]>, offers: string): Promise<void> {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const methods = /^AUTH[ =](.*)$/im.exec(offers)?.[1]?.toUpperCase().split(/\s+/) ?? [];
  if (methods.includes("PLAIN")) {
    await session.ask(`AUTH PLAIN ${base64(`\0${auth.username}\0${auth.password}`)}`, 235);
  } else if (methods.includes("LOGIN")) {
    await session.ask("AUTH LOGIN", 334);
    await session.ask(base64(auth.username), 334);
    await session.ask(base64(auth.password), 235);
  } else {
    throw new SmtpError("the server offers neither AUTH PLAIN nor AUTH LOGIN", true);
  }
}

/** Lines out, replies in. */
class Session {
  readonly #job: MailJob;
  #socket: Socket;
  #text = "";
  #failure: SmtpError | null = null;
  #waiting: { resolve(reply: { code: number; text: string }): void; reject(error: SmtpError): void } | null = null;

  constructor(job: MailJob) {
    this.#job = job;
    const where = { host: job.address, port: job.port };
    this.#socket = this.#listen(job.security === "TLS" ? connectTls({ ...where, ...this.#tls() }) : connect(where));
  }

  say(line: string): void {
    this.#socket.write(`${line}\r\n`);
  }

  ask(line: string, ...codes: number[]): Promise<string> {
    this.say(line);
    return this.expect(...codes);
  }

  /** The text of the next reply, one line each; rejects when its code is another one. */
  async expect(...codes: number[]): Promise<string> {
    const { code, text } = await new Promise<{ code: number; text: string }>((resolve, reject) => {
      if (this.#failure !== null) return reject(this.#failure);
      this.#waiting = { resolve, reject };
      this.#take();
    });
    if (codes.includes(code)) return text;
    throw new SmtpError(`${code} ${text.replace(/\n/g, " ")}`, code >= 500);
  }

  startTls(): Promise<void> {
    // What came in clear before the handshake counts for nothing (a man in the middle may have said it).
    this.#text = "";
    this.#socket.removeAllListeners();
    return new Promise((resolve, reject) => {
      const secured = connectTls({ socket: this.#socket, ...this.#tls() }, resolve);
      this.#socket = this.#listen(secured);
      secured.once("error", (error) => reject(this.#failure ?? new SmtpError(error.message, false)));
    });
  }

  fail(error: SmtpError): void {
    this.#failure ??= error;
    this.#waiting?.reject(this.#failure);
    this.#waiting = null;
    this.#socket.destroy();
  }

  close(): void {
    this.#failure ??= new SmtpError("closed", false);
    this.#socket.end();
    this.#socket.destroySoon?.();
  }

  #tls() {
    const { host, ca } = this.#job;
    // SNI knows names only; an address is then compared with the certificate's own addresses.
    return { ...(isIP(host) === 0 ? { servername: host } : { host }), ...(ca === undefined ? {} : { ca }) };
  }

  #listen<S extends Socket>(socket: S): S {
    socket.on("data", (bytes: Buffer) => {
      this.#text += bytes.toString("utf8");
      if (this.#text.length > MAX_REPLY_BYTES) this.fail(new SmtpError("the reply is too long", true));
      this.#take();
    });
    socket.on("error", (error) => this.fail(new SmtpError(`the connection failed: ${error.message}`, false)));
    socket.on("close", () => this.fail(new SmtpError("the server closed the connection", false)));
    return socket;
  }

  /** A reply is whole with the line that has a space behind its code. */
  #take(): void {
    if (this.#waiting === null) return;
    const reply = /^(?:\d{3}-[^\n]*\n)*\d{3}(?: [^\n]*)?\n/.exec(this.#text)?.[0];
    if (reply === undefined) {
      if (/^(?!\d{3}[ -]?)[^\n]*\n/.test(this.#text)) this.fail(new SmtpError("this is no mail server", true));
      return;
    }
    this.#text = this.#text.slice(reply.length);
    const lines = reply.trimEnd().split(/\r?\n/);
    const { resolve } = this.#waiting;
    this.#waiting = null;
    resolve({ code: Number(lines[0]!.slice(0, 3)), text: lines.map((line) => line.slice(4)).join("\n") });
  }
}
