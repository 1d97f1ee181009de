import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, TLSSocket } from "node:tls";

/** A mail server on loopback that takes one mail a connection and remembers every line it heard. */
export interface FakeMailServer {
  readonly port: number;
  readonly heard: string[];
  /** The mails, as they stood between DATA and the lonely dot. */
  readonly mails: string[];
  stop(): Promise<void>;
}

export interface FakeMailOptions {
  /** Certificate and key: TLS from the first byte. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** The same after STARTTLS, which is offered then. */
  readonly startTls?: { readonly cert: string; readonly key: string };
  /** What EHLO answers besides the name. */
  readonly offers?: readonly string[];
  /** Answers instead of the usual ones, by the command's first word; an empty one says nothing at all. */
  readonly answers?: Readonly<Record<string, string>>;
}

export async function startMailServer(options: FakeMailOptions = {}): Promise<FakeMailServer> {
  const heard: string[] = [];
  const mails: string[] = [];
  const sockets = new Set<Socket>();
  const serve = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    converse(socket, options, heard, mails);
  };
  const server: Server =
    options.tls === undefined ? createServer(serve) : (createTlsServer(options.tls, serve) as unknown as Server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as { port: number }).port,
    heard,
    mails,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

function converse(
  socket: Socket,
  { offers = [], answers = {}, startTls }: FakeMailOptions,
  heard: string[],
  mails: string[],
) {
  let text = "";
  let mail: string[] | null = null;
  let logins = 0;
  const usual = (word: string): string => {
    const ehlo = ["fake.example", ...(startTls === undefined ? offers : ["STARTTLS"])];
    switch (word) {
      case "EHLO":
        return ehlo.map((line, index) => `250${index === ehlo.length - 1 ? " " : "-"}${line}`).join("\r\n");
      case "DATA":
        return "354 go on";
      case "QUIT":
        return "221 bye";
      default:
        return "250 fine";
    }
  };
  const say = (line: string) => line !== "" && socket.write(`${line}\r\n`);
  say(answers.greeting ?? "220 fake.example ESMTP");
  socket.on("data", (bytes) => {
    text += bytes.toString();
    for (let end = text.indexOf("\r\n"); end >= 0; end = text.indexOf("\r\n")) {
      const line = text.slice(0, end);
      text = text.slice(end + 2);
      if (mail !== null) {
        if (line !== ".") mail.push(line.startsWith(".") ? line.slice(1) : line);
        else {
          mails.push(mail.join("\r\n"));
          mail = null;
          say(answers.MAIL_END ?? "250 queued as 1");
        }
        continue;
      }
      heard.push(line);
      if (startTls !== undefined && line === "STARTTLS") {
        say("220 go ahead");
        socket.removeAllListeners("data");
        const secured = new TLSSocket(socket, { isServer: true, ...startTls });
        secured.on("error", () => {});
        converse(secured, { offers, answers: { ...answers, greeting: "" } }, heard, mails);
        return;
      }
      const word = line.split(" ")[0]!.toUpperCase();
      if (word === "AUTH" && line.toUpperCase().startsWith("AUTH LOGIN")) logins = 2;
      else if (logins > 0) logins--;
      if (word === "DATA" && answers.DATA === undefined) mail = [];
      const isLogin = line.toUpperCase().startsWith("AUTH LOGIN") || logins === 1;
      say(
        answers[word] ??
          (isLogin ? "334 VXNlcm5hbWU6" : word === "AUTH" || isLoginEnd(heard) ? "235 welcome" : usual(word)),
      );
    }
  });
}

/** The password is the second line after AUTH LOGIN. */
function isLoginEnd(heard: readonly string[]): boolean {
  return heard.at(-3)?.toUpperCase() === "AUTH LOGIN";
}
