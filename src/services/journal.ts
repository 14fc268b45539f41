/** The journal: numbers the events of all rooms, renders their sentences, logs them and publishes them. */
import type { Level } from "../contract/event-types.ts";
import { journalEntry } from "../contract/journal.ts";
import { createIds } from "../io/ids.ts";
import type { StateStore } from "../io/sqlite.ts";
import type { After } from "../io/timer.ts";
import type { Service } from "./service.ts";

export interface JournalOptions {
  /** Where the ids are reserved, under the key `journal`. */
  store: StateStore;
  /** Measures the wait for the disk. */
  after: After;
}

export function journal({ store, after }: JournalOptions): Service {
  return {
    name: "journal",
    reads: ["notice"],
    writes: ["events"],
    start(room) {
      const wall = room.clock.wall();
      const ids = createIds({ store, key: "journal", wall, after });
      // Listens before the first id is reserved: an event that another room raises in its start waits for it.
      room.on(room.topics.notice, ({ payload, retained }) => {
        if (retained) return;
        ids.next((id) => {
          const entry = journalEntry(id, payload);
          const { text, level, at: _, params: __, ...values } = entry;
          room.log[logLevel(level)](text, values);
          room.publish(room.topics.events, {}, entry);
        });
      });
      return () => ids.close();
    },
  };
}

const logLevel = (level: Level) => (level === "alarm" ? "error" : level);
