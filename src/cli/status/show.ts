/** The screen of `status`. */
import { duration } from "../../config/units.ts";
import { wrapped } from "../help.ts";
import type { MachineRow } from "./machine.ts";
import type { Report } from "./report.ts";
import type { StationRow } from "./station.ts";

const width = 110;

/** Returns the lines of the screen; the last ones are "Protected." or what is missing. */
export function statusLines(report: Report): string[] {
  const { stations, machines, alarms, missing } = report;
  return [
    row("server", serverText(report)),
    row("broker", `${report.broker.url}: ${report.broker.problem === null ? "connected" : "NOT connected"}`),
    row("disk", diskText(report)),
    ...stations.map((station) => row("station", stationText(station))),
    ...machines.map((machine) => row("machine", machineText(machine))),
    ...(alarms.length === 0 ? [row("alarms", "none")] : []),
    ...alarms.map(({ since, text }) =>
      row("ALARM", `since ${new Date(since * 1_000).toLocaleString()}: ${text}`),
    ),
    "",
    ...(missing.length === 0 ? ["Protected."] : ["NOT protected:", ...missing.flatMap(bulleted)]),
  ];
}

const row = (name: string, text: string): string =>
  wrapped(text, width - 9)
    .map((line, index) => `${(index === 0 ? name : "").padEnd(8)} ${line}`)
    .join("\n");

const bulleted = (text: string): string[] =>
  wrapped(text, width - 4).map((line, index) => `${index === 0 ? "  - " : "    "}${line}`);

function serverText({ server }: Report): string {
  if (server === null) return "never heard";
  const { site, instance, version, epoch, heardSec } = server;
  const when = heardSec === null ? "NOT heard now" : `heard ${age(heardSec)} ago`;
  return `${site}/${instance}${version === null ? "" : `, version ${version}`}, epoch ${epoch}: ${when}`;
}

function diskText({ disk: { folder, freeBytes, written } }: Report): string {
  const free = freeBytes === null ? "not on this machine" : `${(freeBytes / 1e9).toFixed(1)} GB free`;
  return `${folder}: ${free}${written ? "" : "; the server CANNOT write its state"}`;
}

function stationText({ id, soc, grid, basis, ageSec, by, watts }: StationRow): string {
  if (by === "nobody") return `${id}: no reading at this broker`;
  const mains = grid === "unknown" ? "mains not known" : `mains ${grid}`;
  const when = ageSec === null ? "of an unknown time" : `${age(ageSec)} old`;
  const from = by === "other" ? ", published by another program" : "";
  return [
    `${id}: ${soc === null ? "charge not known" : `${percent(soc)} %`}`,
    basis === null || grid === "unknown" ? mains : `${mains} (${basis})`,
    ...(watts === null ? [] : [`${Math.round(watts)} W out`]),
    `reading ${when}${from}`,
  ].join(", ");
}

function machineText(machine: MachineRow): string {
  const { id, armed, online, threshold, configured } = machine;
  const agent =
    armed === true ? "armed" : armed === false ? "DRY RUN" : online === false ? "OFFLINE" : "NOT heard";
  const raised = threshold > configured ? ` (raised from ${configured} %, at the present load)` : "";
  return `${id}: ${agent}, goes at ${threshold} %${raised}; ${nextText(machine)}`;
}

function nextText({ state, reason, deadlineSec, inSec, watts, missing }: MachineRow): string {
  if (state === null) return "no plan of the server";
  if (state !== "watching") {
    const when = deadlineSec === null ? "" : `, ${duration(deadlineSec)} left`;
    return `${state.replace("_", " ")}${when}: ${reason}`;
  }
  if (inSec === null) return "how long the battery lasts is not known";
  const load = watts === null ? "" : ` (${Math.round(watts)} W assumed)`;
  const who = missing.length === 0 ? "" : "would be ";
  return `without mains ${who}commanded in ${about(inSec)}${load}`;
}

const percent = (value: number) => String(Math.round(value * 10) / 10);
const age = (sec: number) => about(sec, 1);

/** 7 850 → "2 h 10 min": rounded to `step` seconds below two minutes, to minutes above. */
function about(sec: number, step = 5): string {
  const whole = Math.round(sec);
  if (whole < 120) return `${Math.floor(whole / step) * step} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
