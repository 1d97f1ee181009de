import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { AlertMessage, DeliveryState } from "../alert-types.ts";
import { alertChannel } from "./alert-channel.ts";

/** What is to be sent and what became of it: outbox and log in one. */
export const alertDelivery = sqliteTable(
  "alert_delivery",
  {
    id: text("id").primaryKey(),
    channelId: text("channel_id")
      .notNull()
      .references(() => alertChannel.id, { onDelete: "cascade" }),
    message: text("message", { mode: "json" }).$type<AlertMessage>().notNull(),
    state: text("state").$type<DeliveryState>().notNull(),
    attempts: integer("attempts").notNull(),
    createdAt: integer("created_at").notNull(),
    /** Null when nothing is to be tried any more. */
    nextAttemptAt: integer("next_attempt_at"),
    endedAt: integer("ended_at"),
    httpStatus: integer("http_status"),
    answer: text("answer"),
  },
  (table) => [
    index("alert_delivery_channel").on(table.channelId, table.id),
    index("alert_delivery_due").on(table.nextAttemptAt),
  ],
);
