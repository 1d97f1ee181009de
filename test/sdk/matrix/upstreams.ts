import type { Wire } from "../../../src/llm/names.ts";
import { vendors } from "../../support/vendors/index.ts";
import { PLAIN, type Speech } from "../../support/vendors/speech.ts";
import { RESULTS, SCENES } from "./scenes.ts";

/** What a request is to be answered with, other than by its scene. */
export type Trouble =
  | { readonly kind: "status"; readonly status: number; readonly headers?: Record<string, string> }
  /** An error in the midst of the stream, or the connection's end. */
  | { readonly kind: "error" | "cut" };

export interface SeenCall {
  readonly wire: Wire;
  readonly path: string;
  readonly body: string;
  /** What was said; null for a trouble. */
  readonly speech: Speech | null;
}

export interface Upstreams {
  readonly origin: string;
  /** Newest last. */
  readonly seen: readonly SeenCall[];
  trouble: Trouble | null;
  stop(): Promise<void>;
}

export const TROUBLE_TEXT = "Something is wrong here.";

/** Stand-ins for all vendors behind one address: the path tells which format is spoken, the prompt what is to be said. */
export function startUpstreams(): Upstreams {
  const seen: SeenCall[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      const body = await request.text();
      const wire = wireOf(pathname);
      const { trouble } = upstreams;
      if (trouble?.kind === "status") {
        seen.push({ wire, path: pathname, body, speech: null });
        return refuse(wire, trouble);
      }
      const speech = vendors[wire].able(speechFor(body));
      seen.push({ wire, path: pathname, body, speech });
      const isStream = pathname.includes("streamGenerateContent") || /"stream":\s*true/.test(body);
      const { whole } = vendors[wire];
      // Coze's answer to a request without stream tells only that it has begun.
      if (!isStream) return Response.json(whole?.(speech) ?? { code: 0, msg: "", data: { status: "in_progress" } });
      return streamOf(wire, speech, trouble?.kind ?? null);
    },
  });
  const upstreams: Upstreams = { origin: server.url.origin, seen, trouble: null, stop: () => server.stop(true) };
  return upstreams;
}

export function wireOf(path: string): Wire {
  if (path.endsWith("/chat/completions")) return "openai-chat";
  if (path.endsWith("/responses")) return "openai-responses";
  if (path.endsWith("/messages")) return "anthropic-messages";
  if (path.startsWith("/v3/chat")) return "coze";
  if (/:\w*[gG]enerateContent$/.test(path)) return "gemini";
  throw new Error(`no vendor has ${path}`);
}

/** Results that come without their question belong to the chat that waits for them (Coze). */
export function speechFor(body: string): Speech {
  const scene = Object.values(SCENES).find(({ prompt }) => body.includes(prompt)) ?? SCENES.tools;
  const turn = body.includes(RESULTS[0]) ? 1 : 0;
  return scene.turns[Math.min(turn, scene.turns.length - 1)]!;
}

function refuse(wire: Wire, { status, headers = {} }: Extract<Trouble, { kind: "status" }>): Response {
  const body = vendors[wire].errorBody(status, TROUBLE_TEXT);
  // Coze says it with status 200.
  return Response.json(body, { status: wire === "coze" ? 200 : status, headers });
}

function streamOf(wire: Wire, speech: Speech, trouble: "error" | "cut" | null): Response {
  const manner = { ...PLAIN, random: alternating() };
  const all = vendors[wire].frames(speech, manner);
  // Behind the first words, before the end is told.
  const some = trouble === null ? all : all.slice(0, Math.ceil(all.length / 2));
  const frames = trouble === "error" ? [...some, vendors[wire].errorFrame(TROUBLE_TEXT)] : some;
  const headers = { "content-type": "text/event-stream" };
  if (trouble !== "cut") return new Response(frames.join(""), { headers });
  return new Response(
    new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from(frames.join("")));
        controller.close();
      },
    }),
    { headers },
  );
}

/** Cuts texts in pieces and is otherwise plain. */
function alternating(): () => number {
  let at = 0;
  return () => [0.5, 0.8, 0.6][at++ % 3]!;
}
