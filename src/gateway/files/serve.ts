import { utf8 } from "../../lib/bytes.ts";
import { plainFilename } from "../../lib/filename.ts";
import { NO_USAGE } from "../../llm/usage.ts";
import { anthropicFiles, openAiFiles } from "../../protocols/file-object.ts";
import type { StoredFile } from "../../stored-file.ts";
import { admitCaller } from "../admit.ts";
import { Exchange } from "../exchange.ts";
import type { Gateway, Incoming } from "../gateway.ts";
import { refuse } from "../handle.ts";
import { relayJson } from "../relay-json.ts";
import { bodyError } from "../request-body.ts";
import { contentAnswer } from "./content.ts";
import { mediaTypeOfPart, readExpiry, readPurpose } from "./details.ts";
import { fileRefusal, noSuchFile } from "./errors.ts";
import { readFileForm, requireForm } from "./form.ts";
import { readListQuery } from "./list-query.ts";
import { ownerOf } from "./owner.ts";

/** /v1/files: a client's own files, in OpenAI's words or Anthropic's. One record each, as of every request; it costs nothing. */
export async function serveFiles(gateway: Gateway, incoming: Incoming): Promise<Response> {
  const exchange = new Exchange(gateway, incoming);
  exchange.usage = NO_USAGE;
  exchange.usageSource = "reported";
  try {
    admitCaller(exchange);
    if (incoming.endpoint.id === "files.content") return contentAnswer(exchange, await ownFile(exchange));
    const bytes = utf8(JSON.stringify(await answerOf(exchange)));
    return relayJson(exchange, { kind: "json", status: 200, bytes, headers: { get: () => null } });
  } catch (error) {
    return refuse(exchange, fileRefusal(error));
  }
}

async function answerOf(exchange: Exchange): Promise<unknown> {
  const { endpoint, query } = exchange.incoming;
  const { files } = exchange.gateway;
  const shapes = endpoint.protocol === "anthropic-messages" ? anthropicFiles : openAiFiles;
  switch (endpoint.id) {
    case "files.create":
      return shapes.one(await receiveFile(exchange));
    case "files.list": {
      const asked = readListQuery(query, endpoint.protocol === "anthropic-messages");
      return shapes.list(await files.page({ ...asked, clientKeyId: ownerOf(exchange) }));
    }
    case "files.get":
      return shapes.one(await ownFile(exchange));
    case "files.delete": {
      const { id } = await ownFile(exchange);
      await files.delete([id]);
      return shapes.deleted(id);
    }
    default:
      throw new Error(`${endpoint.id} is no endpoint of files`);
  }
}

async function receiveFile(exchange: Exchange): Promise<StoredFile> {
  const { settings } = exchange.snapshot;
  const boundary = requireForm(exchange, settings.maxFileBytes);
  const upload = await exchange.gateway.files.begin(settings);
  try {
    const { head, fields } = await readFileForm(exchange, boundary, upload).catch((error: unknown) => {
      const refusal = fileRefusal(error);
      throw refusal === error ? bodyError(exchange, error) : refusal;
    });
    const isAnthropic = exchange.protocol.id === "anthropic-messages";
    return await upload.finish({
      filename: plainFilename(head.filename),
      mediaType: mediaTypeOfPart(head),
      purpose: readPurpose(fields, isAnthropic),
      clientKeyId: ownerOf(exchange),
      userId: null,
      expiresAtMs: readExpiry(fields, { isAnthropic, nowMs: exchange.receivedAtMs }),
    });
  } finally {
    await upload.abort(); // nothing, when it is finished
  }
}

/** Throws GatewayError 404, also for what is somebody else's. */
async function ownFile(exchange: Exchange): Promise<StoredFile> {
  const id = exchange.incoming.resourceId ?? "";
  const file = await exchange.gateway.files.get(id);
  if (file === null || file.clientKeyId !== ownerOf(exchange)) throw noSuchFile(id);
  return file;
}
