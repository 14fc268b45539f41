/** The registry of messages: which table reads which command (ecoflow-protocol.md 3.3). */
import type { Frame } from "./envelope.ts";
import { bmsHeartBeatReport } from "./fields/bms-heartbeat.ts";
import { cmsHeartBeatReport } from "./fields/cms-heartbeat.ts";
import { displayPropertyUpload } from "./fields/display-property.ts";
import { runtimePropertyUpload } from "./fields/runtime-property.ts";
import type { Table } from "./fields/table.ts";

const bmsCommands: readonly (readonly [number, number])[] = [
  [32, 50],
  ...[1, 2, 30, 50].map((id) => [3, id] as const),
  ...[1, 3, 51, 52].map((id) => [32, id] as const),
  ...[24, 25, 26, 27, 28, 29, 30].map((id) => [254, id] as const),
];

const key = (cmdFunc: number, cmdId: number) => cmdFunc * 65_536 + cmdId;

const tables: ReadonlyMap<number, Table> = new Map<number, Table>([
  [key(254, 21), displayPropertyUpload],
  [key(254, 22), runtimePropertyUpload],
  [key(32, 2), cmsHeartBeatReport],
  ...bmsCommands.map(([func, id]) => [key(func, id), bmsHeartBeatReport] as const),
]);

/** The table of a command, or null when none is known. */
export function messageOf(frame: Pick<Frame, "cmdFunc" | "cmdId">): Table | null {
  return tables.get(key(frame.cmdFunc, frame.cmdId)) ?? null;
}

/** The charger that feeds a station from a car's alternator speaks the same messages about itself: no reading (rulings R19). */
export const alternatorCharger = 20;
