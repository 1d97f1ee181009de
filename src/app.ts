import { join } from "node:path";
import packageJson from "../package.json" with { type: "json" };
import { type Config, ConfigError, type OidcVariables, reachableHost } from "./config.ts";
import type { ConfigDocument } from "./config-file.ts";
import type { GeneratedClientKey } from "./control/config/config-carry-out.ts";
import { type Control, openControl } from "./control/control.ts";
import { learnQuirk } from "./control/providers/provider-quirks.ts";
import { Events } from "./events.ts";
import { isPrepared, prepareFirstStart } from "./first-start.ts";
import { BoundIds } from "./gateway/bound-ids.ts";
import { FileCopies } from "./gateway/files/copies.ts";
import { foresee } from "./gateway/foresee.ts";
import type { Gateway } from "./gateway/gateway.ts";
import { InFlight } from "./gateway/in-flight.ts";
import { internalCalls } from "./gateway/internal-call.ts";
import { Origins } from "./gateway/origins.ts";
import { Quirks } from "./gateway/quirks.ts";
import { TurnMemory } from "./gateway/turn-memory.ts";
import { keepHouse } from "./housekeeping.ts";
import { clientAddresses } from "./http/client-address.ts";
import { type ConsoleSource, createConsole } from "./http/console.ts";
import { serveDownloads } from "./http/downloads.ts";
import { serveFileTransfers } from "./http/file-transfers.ts";
import { serveGraphiql } from "./http/graphiql.ts";
import { mountGraphql } from "./http/graphql-mount.ts";
import { serveMetrics } from "./http/metrics-endpoint.ts";
import { serve } from "./http/server.ts";
import { serveSignIn } from "./http/sign-in-routes.ts";
import { Egress } from "./lib/egress.ts";
import { HttpClient } from "./lib/http-client/client.ts";
import { errorText, type Logger } from "./lib/log.ts";
import { Outbound } from "./lib/outbound.ts";
import { type Secret, Vault } from "./lib/secret.ts";
import type { Quirk } from "./llm/names.ts";
import { totalTokens } from "./llm/usage.ts";
import { readOrMakeMasterKey } from "./master-key.ts";
import { KeyPool } from "./pool.ts";
import { dialogue } from "./protocols/dialogue.ts";
import type { FixedSetting, FixedSettings } from "./settings.ts";
import { Snapshots } from "./snapshot.ts";
import { readStartFile } from "./start-file.ts";
import { openStore } from "./store/open.ts";
import type { SignInProviderValues } from "./store/people.ts";

/** A running Sluice. */
export interface App {
  readonly port: number;
  readonly url: string;
  readonly gateway: Gateway;
  readonly control: Control;
  /** Secrets to be printed once. */
  readonly news: {
    readonly defaultClientKey: Secret | null;
    readonly generatedClientKeys: readonly GeneratedClientKey[];
    readonly setupLinkToken: string | null;
    readonly masterKeyIsNew: boolean;
  };
  /** Refuses new requests, lets what runs finish for at most `drainMs`, then writes everything down and closes. */
  close(drainMs: number): Promise<void>;
}

/** For the last answers and error events to leave when the drain limit is over. */
const LAST_BYTES_MS = 1000;

/** Config → store → snapshot → gateway → http → jobs. Throws ConfigError or a store error with a text for the operator. */
export async function startApp(config: Config, log: Logger, consoleSource: ConsoleSource): Promise<App> {
  const startedAtMs = Date.now();
  proveAddress(config);
  const master =
    config.masterKey === null ? readOrMakeMasterKey(config.dataDir) : { key: config.masterKey, isNew: false };
  const vault = new Vault(master.key);
  const store = await openStore({ dataDir: config.dataDir, vault });
  try {
    const egress = new Egress({ allow: config.allowPrivate, self: null });
    const checkAddress = (url: string) => egress.refusal(url);
    const file =
      config.configFile === null ? null : await readStartFile(config.configFile, { store, vault, checkAddress });
    const { generatedClientKeys, defaultClientKey } =
      file === null && (await isPrepared(store))
        ? { generatedClientKeys: [], defaultClientKey: null }
        : await store.writeTogether(
            async (inside) => ({
              generatedClientKeys: (await file?.carryOut(inside)) ?? [],
              ...(await prepareFirstStart(inside, config, checkAddress)),
            }),
            { id: null, name: file === null ? "Sluice" : "CONFIG_FILE", action: "start" },
          );

    const events = new Events();
    const pool = new KeyPool({ events, settings: () => snapshots.current.settings });
    const { states, uses } = await store.keyStates.all();
    pool.restore(states, uses);
    const snapshots: Snapshots = await Snapshots.open(store, {
      fixedSettings: fixedSettings(config, file?.document ?? null),
      onSwap: (snapshot) => pool.sync(snapshot.providersById.values()),
    });

    // What the gateway learns of an upstream is written down and put in force; it never waits for that.
    const onLearn = (providerId: string, quirk: Quirk, words: string) => {
      learnQuirk({ store, snapshots, events, now: Date.now }, providerId, quirk, words).then(
        (isNews) => isNews && log.info("learned a quirk of an upstream", { provider: providerId, quirk }),
        (error: unknown) => log.error("could not keep a learned quirk", { quirk, error: errorText(error) }),
      );
    };

    const fixedSignInProvider = config.oidc === null ? null : await readOidc(config.oidc);
    const inFlight = new InFlight();
    const http = new HttpClient();
    const gateway: Gateway = {
      snapshots,
      pool,
      events,
      egress,
      origins: new Origins(),
      http,
      inFlight,
      boundIds: new BoundIds(),
      quirks: new Quirks(onLearn),
      turns: new TurnMemory(),
      responses: store.responses,
      files: store.files,
      fileCopies: await FileCopies.open(store.fileCopies, log),
      log,
      hashCredential: (credential) => vault.clientKeyHash(credential),
      record: (record) => {
        store.record(record);
        if (record.keyId !== null && record.usage !== null) {
          pool.addTokens(record.keyId, totalTokens(record.usage), Date.now());
        }
        events.emit("requestSettled", record);
      },
      keepOpen: () => {},
      random: Math.random,
      draining: false,
    };
    const control = await openControl({
      store,
      snapshots,
      pool,
      active: inFlight,
      events,
      vault,
      outbound: new Outbound(egress, http),
      version: packageJson.version,
      startedAtMs,
      adminToken: config.adminToken,
      fixedSignInProvider,
      checkAddress,
      callGateway: internalCalls(gateway),
      foresee: (question) => foresee(gateway, question),
      log,
      exportsDir: join(config.dataDir, "exports"),
      dialogue,
      now: Date.now,
    });

    const house = keepHouse(control, pool, log);

    const server = serve({
      gateway,
      host: config.host,
      port: config.port,
      basePath: config.basePath,
      clientAddress: clientAddresses(config.trustedProxies),
      console: createConsole({ source: consoleSource, basePath: config.basePath || "/" }),
      graphql: mountGraphql(control, log, consoleSource.documents),
      graphiql: serveGraphiql({ control, page: consoleSource.graphiql, basePath: config.basePath }),
      signIn: serveSignIn(control, config.basePath),
      downloads: serveDownloads(control),
      fileTransfers: serveFileTransfers(control),
      metrics: serveMetrics({ control, gateway, store }),
      isReady: () => !gateway.draining && store.stats().writable,
    });
    const port = server.port ?? config.port;
    egress.setSelf({ host: config.host, port });

    return {
      port,
      url: `http://${reachableHost(config.host)}:${port}`,
      gateway,
      control,
      news: {
        defaultClientKey,
        generatedClientKeys,
        setupLinkToken: control.access.setupLinkToken,
        masterKeyIsNew: master.isNew,
      },
      async close(drainMs) {
        gateway.draining = true;
        const endMs = Date.now() + drainMs;
        // The listener stays: who comes now is told 503 and when to come again, and a balancer sees it on /ready.
        await Promise.race([inFlight.whenIdle(), Bun.sleep(drainMs)]);
        inFlight.cancelAll();
        await control.jobs.stop();
        await control.chats.runs.close();
        await control.balances.flush().catch(() => {});
        control.close();
        house.stop();
        await house.flush();
        await untilSent(server, Math.max(endMs, Date.now() + LAST_BYTES_MS));
        await server.stop(true);
        http.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/**
 * Fails now when the address cannot be had, before anything is made that is shown only once. Throws ConfigError for a host that is
 * not this machine's, the listener's own error for a port that is taken.
 */
function proveAddress({ host, port }: Config): void {
  try {
    void Bun.serve({ hostname: host, port, fetch: () => new Response() }).stop(true);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    if (code === "EADDRNOTAVAIL" || code === "EINVAL") throw new ConfigError(`HOST: cannot listen on ${host}`);
    throw error;
  }
}

/** What has been answered may still be on its way to a slow client. */
async function untilSent(server: Bun.Server<unknown>, untilMs: number): Promise<void> {
  while (server.pendingRequests > 0 && Date.now() < untilMs) await Bun.sleep(5);
}

/** Its checks are loaded only where the environment names a provider. Throws ConfigError. */
async function readOidc(given: OidcVariables): Promise<SignInProviderValues> {
  const { readOidcVariables } = await import("./control/people/oidc/environment.ts");
  return readOidcVariables(given);
}

/** The environment stands before the file. */
function fixedSettings({ allowAnonymous }: Config, file: ConfigDocument | null): FixedSettings {
  const fixed: Record<string, FixedSetting> = {};
  for (const [key, value] of Object.entries(file?.settings ?? {})) {
    fixed[key] = { value, source: "file", variable: "CONFIG_FILE" };
  }
  if (allowAnonymous !== null) {
    fixed.allowAnonymous = { value: allowAnonymous, source: "env", variable: "ALLOW_ANONYMOUS_ACCESS" };
  }
  return fixed;
}
