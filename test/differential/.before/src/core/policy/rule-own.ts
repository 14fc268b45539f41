/** What a station does to its own output, and the faults it tells (S34): said loudly, and no ground to shut anything down. */
import type { StationReading } from "../reading.ts";
import type { Draft } from "./draft.ts";
import { machinesOn } from "./rules.ts";
import type { FaultMemory, StationState } from "./state.ts";

/** From so many watts on an AC output is not off, whatever its flag says. */
const fedWatts = 5;
/** So many sets of faults are told in one outage: a code that changes with each sample is no news. */
const mostTold = 10;

/** A new sample's word on its AC output. Off counts after on only (some firmware's flags are always 0), and in two samples. */
export function takeOutput(draft: Draft, id: string, reading: StationReading) {
  const { output } = draft.station(id);
  const { ac_out_on: on, ac_out_watts: watts } = reading;
  if (on === true) return takeOn(draft, id);
  if (on === null || output.on !== true) return;
  const offSamples = (watts ?? 0) >= fedWatts ? 0 : output.offSamples + 1;
  if (offSamples >= 2) {
    const alarm = tellOff(draft, id, reading);
    draft.setStation(id, { output: { on: false, offSamples: 0, alarm } });
  } else if (offSamples !== output.offSamples) draft.setStation(id, { output: { ...output, offSamples } });
}

function takeOn(draft: Draft, id: string) {
  const { on, offSamples, alarm } = draft.station(id).output;
  if (on === true && offSamples === 0) return;
  draft.setStation(id, { output: { on: true, offSamples: 0, alarm: false } });
  if (!alarm) return;
  const text = `the AC output of ${id} is on again`;
  draft.event({ type: "alarm-over", level: "info", code: "output-off", station: id, text });
}

/** Says that it is off; true when that is an alarm. An idle output goes off by itself after our shutdown. */
function tellOff(draft: Draft, id: string, reading: StationReading): boolean {
  const machines = machinesOn(draft.rules, id);
  const fed = machines.filter((machine) => !isOurDoing(draft, machine));
  if (machines.length === 0) return false;
  const stays = reading.output_memory === false;
  const lasting = stays ? "; it will not switch it on again when the mains is back: do that by hand" : "";
  if (fed.length === 0) {
    const text = `${id} has its AC output off, as expected after our shutdown of ${machines.join(", ")}${lasting}`;
    draft.event({ type: "output-off", level: stays ? "warn" : "info", station: id, text });
    return false;
  }
  const minutes = reading.ac_standby_min ?? 0;
  const standby = minutes > 0 ? `; its AC standby is ${minutes} min without load` : "";
  const text = `${id} has its AC output off, but ${fed.join(", ")} should be fed by it: switch it on at the station or in the app${standby}${lasting}`;
  draft.event({ type: "alarm", level: "alarm", code: "output-off", station: id, text });
  return true;
}

/** It is off by our command, or was told to be and is gone. While it still goes down it wants its supply. */
function isOurDoing(draft: Draft, machine: string): boolean {
  const { state } = draft.machine(machine);
  return state === "down" || state === "unknown";
}

/** The faults that a new sample tells, and those that stood while the mains carried the load. */
export function faultsOf(before: StationState, { faults, grid, carried_by }: StationReading): FaultMemory {
  const { faults: memory, outage } = before;
  if (faults === null) return memory;
  const now = sameSet(faults, memory.now) ? memory.now : faults.toSorted();
  const calm = grid === "present" && carried_by !== "battery" && outage === null;
  const stood = calm ? now : memory.before;
  return now === memory.now && stood === memory.before ? memory : { ...memory, now, before: stood };
}

const sameSet = (some: readonly string[], sorted: readonly string[]) =>
  some.length === sorted.length && some.every((fault) => sorted.includes(fault));

/** Faults while the grid is not up or the battery carries the load: once for each outage and set. */
export function tellFaults(draft: Draft, id: string) {
  const { faults, carried, outage } = draft.station(id);
  if (faults.now.length === 0 && !faults.alarm) return;
  const away = draft.sight(id).notUp || carried === "battery";
  if (away && faults.now.length > 0) return openFaults(draft, id);
  if (away || outage !== null || !faults.alarm) return;
  draft.setStation(id, { faults: { ...faults, alarm: false } });
  const text = `${id} is on mains again, and was heard without its faults cutting it off`;
  draft.event({ type: "alarm-over", level: "info", code: "station-fault", station: id, text });
}

function openFaults(draft: Draft, id: string) {
  const { faults, outage } = draft.station(id);
  // The battery carries the load some seconds before the loss is believed: that is one story.
  const told = faults.alarm || faults.outage === outage ? faults.told : [];
  const set = faults.now.join(", ");
  if (told.includes(set) || told.length >= mostTold) return;
  draft.setStation(id, { faults: { ...faults, told: [...told, set], outage, alarm: true } });
  const named = faults.now.map((fault) => `${fault} (${sinceWhen(faults, fault)})`).join(", ");
  const when = draft.sight(id).notUp ? "without grid" : "while its battery carries the load";
  draft.event({
    type: "alarm",
    level: "alarm",
    code: "station-fault",
    station: id,
    ...(outage !== null && { outage }),
    text: `${id} tells faults ${when}: ${named}; nothing is shut down for a code alone, look at the station`,
  });
}

function sinceWhen({ before }: FaultMemory, fault: string): string {
  if (before === null) return "whether it stood before is not known";
  return before.includes(fault) ? "stood before the outage too" : "new";
}
