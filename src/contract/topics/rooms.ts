/** The topics between the rooms of the server. */
import { noticeSchema } from "../messages/journal.ts";
import { intentSchema } from "../messages/machine.ts";
import { brokerSchema, leaseSchema, refusedSchema, roomSchema } from "../messages/server.ts";
import {
  partReadingSchema,
  rosterSchema,
  sourceHealthSchema,
  stationReadingSchema,
} from "../messages/station.ts";
import { topic } from "./topic.ts";

/** What the source rooms publish besides raw frames. */
export function sourceTopics(own: string) {
  return {
    part: topic({
      key: "part",
      pattern: `${own}/part/{source}/{station}`,
      owner: "sources",
      retained: false,
      visibility: "private",
      schema: partReadingSchema,
      about: "what one source says about one station; telemetry fuses the sources",
    }),
    roster: topic({
      key: "roster",
      pattern: `${own}/roster/{source}`,
      owner: "sources",
      retained: true,
      visibility: "private",
      schema: rosterSchema,
      about: "the stations of a source's account with the names that their owner gave them",
    }),
    source: topic({
      key: "source",
      pattern: `${own}/source/{source}`,
      owner: "sources",
      retained: true,
      visibility: "private",
      schema: sourceHealthSchema,
      about: "the health of a source",
    }),
  };
}

/** Messages between the rooms. */
export function privateTopics(own: string) {
  return {
    reading: topic({
      key: "reading",
      pattern: `${own}/reading/{station}`,
      owner: "telemetry",
      retained: true,
      visibility: "private",
      schema: stationReadingSchema,
      about: "the judged reading on which decisions are based",
    }),
    intent: topic({
      key: "intent",
      pattern: `${own}/intent/{machine}`,
      owner: "policy",
      retained: false,
      visibility: "private",
      schema: intentSchema,
      about: "what the policy wants for a machine",
    }),
    notice: topic({
      key: "notice",
      pattern: `${own}/notice`,
      owner: "*",
      retained: false,
      visibility: "private",
      schema: noticeSchema,
      about: "an event as data; the journal numbers it, renders its sentence and publishes it",
    }),
    lease: topic({
      key: "lease",
      pattern: `${own}/lease`,
      owner: "policy",
      retained: true,
      visibility: "private",
      schema: leaseSchema,
      about: "the epoch in force",
    }),
    broker: topic({
      key: "broker",
      pattern: `${own}/broker`,
      owner: "mirror",
      retained: true,
      visibility: "private",
      codec: "local",
      schema: brokerSchema,
      about: "whether this process reaches its broker",
    }),
    refused: topic({
      key: "refused",
      pattern: `${own}/refused`,
      owner: "mirror",
      retained: false,
      visibility: "private",
      codec: "local",
      schema: refusedSchema,
      about: "a message for a machine that is no command",
    }),
    room: topic({
      key: "room",
      pattern: `${own}/room/{room}`,
      owner: "supervisor",
      retained: true,
      visibility: "private",
      codec: "local",
      schema: roomSchema,
      about: "the health of a room of this process",
    }),
  };
}
