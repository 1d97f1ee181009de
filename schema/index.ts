import type { GraphQLSchema } from "graphql";
import { builder } from "./builder.ts";
import "./scalars.ts";
import "./audit-entry.ts";
import "./client-key.ts";
import "./key-events.ts";
import "./live-usage.ts";
import "./model-events.ts";
import "./model-mutations.ts";
import "./model-test.ts";
import "./model.ts";
import "./node.ts";
import "./overview.ts";
import "./provider-key-mutations.ts";
import "./provider-key.ts";
import "./provider-preset.ts";
import "./provider-quirk.ts";
import "./provider.ts";
import "./request-feed.ts";
import "./request-log.ts";
import "./route-explanation.ts";
import "./usage.ts";
import "./viewer.ts";
import { auditSchema, noteRefusedRead } from "./audit.ts";
import { signMutations } from "./authorship.ts";
import { guardSchema } from "./guard.ts";

/** The admin API: the access table in front of every resolver, the audit log around every mutation. */
export const schema: GraphQLSchema = auditSchema(guardSchema(signMutations(builder.toSchema()), noteRefusedRead));
