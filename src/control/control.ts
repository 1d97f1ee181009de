import { AlertOutbox } from "./alerts/alert-outbox.ts";
import { AlertWatch } from "./alerts/alert-watch.ts";
import { AuditBook } from "./audit/audit.ts";
import { Chats } from "./chat/chats.ts";
import type { ControlDeps } from "./deps.ts";
import { Uploads } from "./files/uploads.ts";
import { Jobs } from "./jobs/jobs.ts";
import { KeyBalances } from "./keys/key-balances.ts";
import { KeyEvents } from "./keys/key-events.ts";
import { KeyFigures } from "./keys/key-figures.ts";
import { ModelEvents } from "./models/model-events.ts";
import { ModelPulses } from "./models/model-pulse.ts";
import { type AdminAccess, prepareAdminAccess } from "./people/admin-access.ts";
import { SignInProvider } from "./people/oidc/provider.ts";
import { CapacityCounter } from "./providers/provider-capacity.ts";
import { RequestFeed } from "./requests/request-feed.ts";
import { ConfigRows } from "./rows.ts";
import { LiveUsage } from "./usage/live-usage.ts";

/** The control plane: what it stands on, and the little it remembers between two calls. */
export interface Control extends ControlDeps {
  readonly access: AdminAccess;
  readonly signInProvider: SignInProvider;
  readonly audit: AuditBook;
  readonly rows: ConfigRows;
  readonly capacities: CapacityCounter;
  readonly balances: KeyBalances;
  readonly jobs: Jobs;
  readonly chats: Chats;
  readonly keyEvents: KeyEvents;
  readonly keyFigures: KeyFigures;
  readonly modelEvents: ModelEvents;
  readonly modelPulses: ModelPulses;
  readonly liveUsage: LiveUsage;
  readonly requestFeed: RequestFeed;
  readonly uploads: Uploads;
  readonly alertOutbox: AlertOutbox;
  readonly alertWatch: AlertWatch;
  /** Ends every subscription. */
  close(): void;
}

/** Call once, after the store is open and the first snapshot is in force. */
export async function openControl(deps: ControlDeps): Promise<Control> {
  const access = await prepareAdminAccess(deps);
  const signInProvider = new SignInProvider(deps);
  const audit = new AuditBook(deps);
  const balances = new KeyBalances(deps);
  const rows = new ConfigRows(deps, balances);
  const keyFigures = new KeyFigures(deps);
  const capacities = new CapacityCounter(deps, rows);
  const chats = new Chats(deps);
  await chats.runs.recover();
  const keyEvents = new KeyEvents(deps);
  const modelEvents = new ModelEvents(deps.events, rows, capacities);
  const modelPulses = new ModelPulses(deps);
  const liveUsage = new LiveUsage(deps);
  const requestFeed = new RequestFeed(deps);
  const uploads = new Uploads(deps);
  const alertOutbox = new AlertOutbox(deps);
  const alertWatch = new AlertWatch(deps, {
    rows,
    capacities,
    balanceOf: (id) => balances.get(id),
    outbox: alertOutbox,
  });
  const jobs = new Jobs(() => control);
  const close = () => {
    for (const part of [
      audit,
      balances,
      rows,
      capacities,
      chats,
      keyEvents,
      modelEvents,
      modelPulses,
      liveUsage,
      requestFeed,
      uploads,
      alertWatch,
      alertOutbox,
    ])
      part.close();
  };
  // Not spread: `deps` may be an object whose getters and methods need their own `this`.
  const own = {
    access,
    signInProvider,
    audit,
    rows,
    capacities,
    chats,
    balances,
    jobs,
    keyEvents,
    keyFigures,
    modelEvents,
    modelPulses,
    liveUsage,
    requestFeed,
    uploads,
    alertOutbox,
    alertWatch,
    close,
  };
  const control: Control = Object.assign(Object.create(deps) as ControlDeps, own);
  await balances.load();
  await jobs.resume();
  return control;
}
