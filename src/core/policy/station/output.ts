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
  if (!alarm) return;
  const text = `the AC output of ${id} is on again`;
  tx.event({ type: "alarm-over", level: "info", code: "output-off", station: id, text });
}

/** Reports that the output is off; returns true when that is an alarm. After our shutdown an idle output switches itself off. */
function tellOff(tx: Transaction, id: string, reading: StationReading): boolean {
  const machines = tx.site.machines.get(id) ?? [];
  const fed = machines.filter((machine) => !isShutDown(tx, machine));
  if (machines.length === 0) return false;
  const stays = reading.output_memory === false;
  const lasting = stays ? "; it will not switch it on again when the mains is back: do that by hand" : "";
  if (fed.length === 0) {
    const text = `${id} has its AC output off, as expected after our shutdown of ${machines.join(", ")}${lasting}`;
    tx.event({ type: "output-off", level: stays ? "warn" : "info", station: id, text });
    return false;
  }
  const minutes = reading.ac_standby_min ?? 0;
  const standby = minutes > 0 ? `; its AC standby is ${minutes} min without load` : "";
  const text = `${id} has its AC output off, but ${fed.join(", ")} should be fed by it: switch it on at the station or in the app${standby}${lasting}`;
  tx.event({ type: "alarm", level: "alarm", code: "output-off", station: id, text });
  return true;
}

/** Whether the machine is off, or gone after our command. While it still goes down it needs its supply. */
function isShutDown(tx: Transaction, machine: string): boolean {
  const { phase } = tx.machine(machine);
  return phase.is === "down" || phase.is === "unknown";
}
