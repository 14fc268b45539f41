/** What `status` says: a pure function of the configuration, what was heard at the broker, and the time. */
import type { Config } from "../../config/config.ts";
import { type Alarm, alarmsSchema } from "../../contract/messages/journal.ts";
import { type OrchestratorStatus, orchestratorSchema } from "../../contract/messages/server.ts";
import { topicFor } from "../../contract/topics.ts";
import { type Folder, leastFreeBytes } from "../../io/folder.ts";
import type { Heard } from "./ear.ts";
import { type MachineRow, machineRow } from "./machine.ts";
import { type Scene, toldOn } from "./scene.ts";
import { type StationRow, stationRow } from "./station.ts";

export interface Report {
  /** True when nothing is missing. */
  protected: boolean;
  /** What stands between these machines and protection, one sentence each, with what to do. */
  missing: string[];
  /** Null when no server was ever heard. */
  server: ServerRow | null;
  broker: { url: string; problem: string | null };
  /** `freeBytes` is null where the state folder is not on this machine; `written`: the server can store its state. */
  disk: { folder: string; freeBytes: number | null; written: boolean };
  stations: StationRow[];
  machines: MachineRow[];
  alarms: Alarm[];
}

export interface ServerRow {
  site: string;
  instance: string;
  version: string | null;
  epoch: number;
  /** Seconds since it was last heard live; null when only a retained message of it is known. */
  heardSec: number | null;
  /** The rooms that do not run. */
  roomsDown: string[];
}

/** Judges what was heard; `now` is epoch ms of this machine. */
export function reportOf(config: Config, heard: Heard, url: string, folder: Folder, now: number): Report {
  const lease = toldOn(heard, topicFor(heard.topics.orchestrator, {}), orchestratorSchema);
  const isLive = lease !== null && !lease.retained && lease.payload.online;
  const server = isLive ? lease.payload : null;
  const serverNow = isLive ? lease.payload.at * 1_000 + (now - lease.heardAt) : now;
  const scene: Scene = { config, heard, now, serverNow, server };
  const stations = Object.keys(config.stations).map((id) => stationRow(scene, id));
  const machines = Object.keys(config.machines).map((id) => machineRow(scene, id, stations));
  const alarms = toldOn(heard, topicFor(heard.topics.alarms, {}), alarmsSchema)?.payload.alarms ?? [];
  const row = lease === null ? null : rowOf(lease.payload, isLive ? (now - lease.heardAt) / 1_000 : null);
  const written = !alarms.some(({ code }) => code === "state-not-durable");
  const disk = { folder: config.stateDir, freeBytes: folder.exists ? folder.freeBytes : null, written };
  const missing = [
    ...missingServer(heard, row),
    ...missingDisk(disk),
    ...stations.flatMap(({ missing: some }) => some),
    ...machines.flatMap(({ missing: some }) => some),
    ...(machines.length === 0 ? ["No machine is configured: nothing will be shut down."] : []),
    ...alarms.map(({ text }) => `Alarm: ${text}`),
  ];
  const isProtected = missing.length === 0;
  return {
    protected: isProtected,
    missing,
    server: row,
    broker: { url, problem: heard.problem },
    disk,
    stations,
    machines,
    alarms,
  };
}

function rowOf(lease: OrchestratorStatus, heardSec: number | null): ServerRow {
  const { site, instance, version = null, epoch, rooms = {} } = lease;
  const roomsDown = Object.keys(rooms).filter((name) => rooms[name]?.up === false);
  return { site, instance, version, epoch, heardSec, roomsDown };
}

/** The server renews its lease every 5 s: an older one is no proof that it runs. */
const leaseAgeSec = 15;

function missingServer({ problem, told, topics }: Heard, row: ServerRow | null): string[] {
  // The sentence about an unreachable broker names its address and the remedy already.
  if (problem !== null) return [`${problem.charAt(0).toUpperCase()}${problem.slice(1)}.`];
  if (row === null) return ["No server was ever heard at this broker: start it with ecoflow-power run."];
  const down = row.roomsDown.map((room) => `The room ${room} of the server does not run: read its log.`);
  if (row.heardSec !== null && row.heardSec <= leaseAgeSec) return down;
  const said = told.get(topicFor(topics.orchestrator, {}))?.payload as { online?: unknown } | undefined;
  return said?.online === true
    ? ["The server's last message says that it runs, but it is silent: read its log, and start it again."]
    : ["The server does not run: start it with ecoflow-power run."];
}

function missingDisk({ folder, freeBytes }: Report["disk"]): string[] {
  if (freeBytes === null || freeBytes >= leastFreeBytes) return [];
  return [
    `${folder} has ${Math.floor(freeBytes / 1e6)} MB left: the state cannot be written for long; make space.`,
  ];
}
