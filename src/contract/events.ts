/** The catalogue of all events that the server reports. */
import type { Catalogue, EventCode } from "./event-types.ts";
import { policyEvents } from "./policy-events.ts";
import { serviceEvents } from "./service-events.ts";

/** By code. A code without an entry, and an alarm without an end, do not compile. */
export const catalogue = { ...policyEvents, ...serviceEvents } satisfies Catalogue;

/** The codes that are alarms. */
export type AlarmCode = {
  [C in EventCode]: (typeof catalogue)[C]["level"] extends "alarm" ? C : never;
}[EventCode];
