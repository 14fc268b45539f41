/** The registry of messages: which table reads which command (docs/protocol.md). */
import type { Frame } from "./envelope.ts";
import { bmsHeartBeatReport } from "./fields/bms-heartbeat.ts";
import { cmsHeartBeatReport } from "./fields/cms-heartbeat.ts";
import {
  appParaHeartbeatReport,
  appShowHeartbeatReport,
  backendRecordHeartbeatReport,
  bmsSlaves,
  bpInfoReport,
} from "./fields/delta-pro-ultra.ts";
import { displayPropertyUpload } from "./fields/display-property.ts";
import { inverterHeartbeat } from "./fields/inverter-heartbeat.ts";
import { runtimePropertyUpload } from "./fields/runtime-property.ts";
import { protoPushAndSet, protoTime } from "./fields/smart-home-panel2.ts";
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
  [key(2, 1), appShowHeartbeatReport],
  [key(2, 2), backendRecordHeartbeatReport],
  [key(2, 3), appParaHeartbeatReport],
  [key(2, 4), bpInfoReport],
  [key(12, 1), protoTime],
  [key(12, 32), protoPushAndSet],
  [key(20, 1), inverterHeartbeat],
  ...bmsCommands.map(([func, id]) => [key(func, id), bmsHeartBeatReport] as const),
]);

/** Returns the table of a command; null for an unknown one. */
export function messageOf(frame: Pick<Frame, "cmdFunc" | "cmdId">): Table | null {
  return tables.get(key(frame.cmdFunc, frame.cmdId)) ?? null;
}

/** The same messages as JSON names them; the developer API names the Delta Pro Ultra's by their address. */
const namedTables: ReadonlyMap<string, Table> = new Map<string, Table>([
  ...[
    displayPropertyUpload,
    runtimePropertyUpload,
    cmsHeartBeatReport,
    bmsHeartBeatReport,
    appShowHeartbeatReport,
    backendRecordHeartbeatReport,
    appParaHeartbeatReport,
    bpInfoReport,
    inverterHeartbeat,
  ].map((table) => [table.name, table] as const),
  ["BMSHeartBeatReport1", bmsHeartBeatReport],
  ["BMSHeartBeatReport2", bmsHeartBeatReport],
  ["hs_yj751_pd_appshow_addr", appShowHeartbeatReport],
  ["hs_yj751_pd_backend_addr", backendRecordHeartbeatReport],
  ["hs_yj751_pd_app_set_info_addr", appParaHeartbeatReport],
  ["hs_yj751_pd_bp_addr", bpInfoReport],
  ["hs_yj751_bms_slave_addr", bmsSlaves],
  ["APPParaHeartbeatReport", appParaHeartbeatReport],
  ["ProtoTime", protoTime],
  ["ProtoTimeStat", protoTime],
  ["ProtoPushAndSet", protoPushAndSet],
  ["pd303_mc", protoPushAndSet],
]);

/** Returns the table of a message by its JSON name or its command (`20_1`); null for an unknown one. */
export function messageNamed(name: string): Table | null {
  const command = /^(\d+)_(\d+)$/.exec(name);
  if (command !== null) return messageOf({ cmdFunc: Number(command[1]), cmdId: Number(command[2]) });
  return namedTables.get(name) ?? null;
}

/** The `src` of the charger that feeds a station from a car's alternator. It sends the same messages about itself: no reading. */
export const alternatorCharger = 20;
