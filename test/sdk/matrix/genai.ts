import { type Content, type GenerateContentResponse, GoogleGenAI, type Part } from "@google/genai";
import { type Ask, type Library, type Reply, SCHEMA, TOOL } from "./library.ts";

export const googleGenAi: Library = {
  name: "@google/genai",
  format: "gemini",
  modes: ["whole", "stream"],
  async ask(ask) {
    const client = new GoogleGenAI({ apiKey: ask.key, httpOptions: { baseUrl: ask.origin } });
    const body = { model: ask.model, contents: contentsOf(ask), config: configOf(ask) };
    if (ask.mode === "whole") return readResponses([await client.models.generateContent(body)]);
    const chunks: GenerateContentResponse[] = [];
    for await (const chunk of await client.models.generateContentStream(body)) chunks.push(chunk);
    if (chunks.at(-1)?.candidates?.[0]?.finishReason === undefined) throw new Error("the stream has no end");
    return readResponses(chunks);
  },
};

function contentsOf({ prompt, image, after }: Ask): Content[] {
  const picture: Part[] =
    image === undefined
      ? []
      : [
          "url" in image
            ? { fileData: { fileUri: image.url, mimeType: "image/png" } }
            : { inlineData: { mimeType: image.mediaType, data: image.base64 } },
        ];
  const question = { role: "user", parts: [...picture, { text: prompt }] };
  if (after === undefined) return [question];
  const parts = after.reply.calls.map(
    ({ id, name }, at): Part => ({
      functionResponse: { ...(id === "" ? {} : { id }), name, response: { output: after.results[at] } },
    }),
  );
  return [question, after.reply.echo as Content, { role: "user", parts }];
}

function configOf({ hasTools, isStructured, thinks }: Ask) {
  const { name, description, parameters } = TOOL;
  return {
    ...(hasTools
      ? { tools: [{ functionDeclarations: [{ name, description, parametersJsonSchema: parameters }] }] }
      : {}),
    ...(isStructured ? { responseMimeType: "application/json", responseJsonSchema: SCHEMA } : {}),
    ...(thinks ? { thinkingConfig: { includeThoughts: true, thinkingBudget: 2048 } } : {}),
  };
}

function readResponses(chunks: readonly GenerateContentResponse[]): Reply {
  const parts = chunks.flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? []);
  const joined = (isThought: boolean) =>
    parts.map(({ text, thought }) => ((thought ?? false) === isThought ? (text ?? "") : "")).join("");
  const usage = chunks.findLast(({ usageMetadata }) => usageMetadata !== undefined)?.usageMetadata;
  return {
    text: joined(false),
    reasoning: joined(true),
    calls: parts.flatMap(({ functionCall: call }) =>
      call === undefined ? [] : [{ id: call.id ?? "", name: call.name ?? "", args: call.args }],
    ),
    usage: {
      input: usage?.promptTokenCount ?? 0,
      output: (usage?.candidatesTokenCount ?? 0) + (usage?.thoughtsTokenCount ?? 0),
    },
    echo: { role: "model", parts },
  };
}
