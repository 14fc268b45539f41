/** What a station does to its own AC output: an alarm, and no ground to shut anything down (S34). */
import type { StationReading } from "../../reading.ts";
import type { Transaction } from "../transaction.ts";

/** At or above this power the AC output counts as on, even if its flag says off. */
const fedWatts = 5;

/** Takes the output flag of a new sample. Off counts only after on (some firmware's flags are always 0), and in two samples. */
export function takeOutput(tx: Transaction, id: string, reading: StationReading) {
  const { output } = tx.station(id);
  const { ac_out_on: on, ac_out_watts: watts } = reading;
  if (on === true) return takeOn(tx, id);
  if (on === null || output.on !== true) return;
  const offSamples = (watts ?? 0) >= fedWatts ? 0 : output.offSamples + 1;
  if (offSamples >= 2) {
    const alarm = tellOff(tx, id, reading);
    tx.setStation(id, { output: { on: false, offSamples: 0, alarm } });
  } else if (offSamples !== output.offSamples) tx.setStation(id, { output: { ...output, offSamples } });
}

function takeOn(tx: Transaction, id: string) {
  const { on, offSamples, alarm } = tx.station(id).output;
  if (on === true && offSamples === 0) return;
  tx.setStation(id, { output: { on: true, offSamples: 0, alarm: false } });
  if (alarm) tx.over("output-off", { station: id });
}

/** Reports that the output is off; returns true when that is an alarm. After our shutdown an idle output switches itself off. */
function tellOff(tx: Transaction, id: string, reading: StationReading): boolean {
  const machines = [...(tx.site.machines.get(id) ?? [])];
  const fed = machines.filter((machine) => !isShutDown(tx, machine));
  if (machines.length === 0) return false;
  const stays = reading.output_memory === false;
  if (fed.length === 0) {
    tx.event("output-off-expected", { station: id, machines, stays });
    return false;
  }
  tx.event("output-off", { station: id, machines: fed, standbyMin: reading.ac_standby_min ?? 0, stays });
  return true;
}

/** Whether the machine is off, or gone after our command. While it still goes down it needs its supply. */
function isShutDown(tx: Transaction, machine: string): boolean {
  const { phase } = tx.machine(machine);
  return phase.is === "down" || phase.is === "unknown";
}
