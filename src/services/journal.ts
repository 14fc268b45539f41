/** The journal: what the rooms have to tell people goes to the log and, one event a message, to `power-manager/events`. */
import type { JournalEntry } from "../contract/messages.ts";
import type { Service } from "./service.ts";

export function journal(): Service {
  return {
    name: "journal",
    reads: ["notice"],
    writes: ["events"],
    start(room) {
      room.on(room.topics.notice, ({ payload, retained }) => {
        if (retained) return;
        const { text, level, at: _, ...values } = payload;
        room.log[logLevel(level)](text, values);
        room.publish(room.topics.events, {}, payload);
      });
      return () => {};
    },
  };
}

const logLevel = (level: JournalEntry["level"]) => (level === "alarm" ? "error" : level);
