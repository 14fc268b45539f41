/** PowerStream: a grid-tied micro-inverter with a battery behind it and no backup output (ecoflow-protocol.md 3.8, 5.1). */
import type { Instant } from "../../reading.ts";
import { type Device, timeAt } from "../device.ts";
import { inverterHeartbeat } from "../fields/inverter-heartbeat.ts";
import { slotOf } from "../fields/table.ts";
import {
  beginJudgement,
  directEvidence,
  type FamilyRules,
  freshNumber,
  newestSoc,
  secondsOf,
  sumOf,
  type Told,
  tell,
} from "./family.ts";
import { emptyMeasured } from "./quota-station.ts";

const slot = (name: string) => slotOf(inverterHeartbeat, name);
const told = (device: Device, at: number) => tell(device.others.get(inverterHeartbeat), at);
const s = {
  soc: slot("bat_soc"),
  temp: slot("bat_temp"),
  battery: slot("bat_input_watts"),
  batteryVolts: slot("bat_input_volt"),
  kind: slot("bp_type"),
  pv1: slot("pv1_input_watts"),
  pv2: slot("pv2_input_watts"),
  out: slot("inv_output_watts"),
  volts: slot("inv_op_volt"),
  lower: slot("lower_limit"),
  upper: slot("upper_limit"),
  remain: slot("dsg_remain_time"),
};
const tenth = (value: number | null) => (value === null ? null : value / 10);

/** Tenths of a volt. No pack, however empty, has less than 10 V; an owner's port without one showed 0.4 (J. Saynes' README). */
const leastPackVolts = 100;

/**
 * Whether a charge of 0 is that of no battery: nothing at its port, told no earlier than the charge, and no kind of battery.
 * One that opened its contacts when it was empty has no voltage there either, but still says its kind.
 */
function isWithoutBattery(device: Device, at: Instant): boolean {
  const numbers = device.others.get(inverterHeartbeat);
  const volts = tell(numbers, s.batteryVolts);
  if (numbers === undefined || volts === null || timeAt(numbers, s.batteryVolts) < at) return false;
  return volts < leastPackVolts && (tell(numbers, s.kind) ?? 0) === 0;
}

function charge(device: Device): Told | null {
  const told = newestSoc([[device.others.get(inverterHeartbeat), s.soc]]);
  return told?.value === 0 && isWithoutBattery(device, told.at) ? null : told;
}

export const powerstream: FamilyRules = {
  soc: charge,
  measured(device) {
    const battery = told(device, s.battery);
    return {
      ...emptyMeasured(),
      temp_celsius: tenth(told(device, s.temp)),
      out_watts: tenth(told(device, s.out)),
      solar_watts: tenth(sumOf(told(device, s.pv1), told(device, s.pv2))),
      charging: battery === null ? null : battery < 0,
      runtime_sec: battery !== null && battery > 0 ? secondsOf(told(device, s.remain)) : null,
      discharge_limit_percent: told(device, s.lower),
      charge_limit_percent: told(device, s.upper),
    };
  },
  batteryWatts(device) {
    const watts = tenth(told(device, s.battery));
    return watts === null ? null : Math.max(0, watts);
  },
  grid(device, evidence, { at }) {
    beginJudgement(evidence);
    const volts = freshNumber(device.others.get(inverterHeartbeat), s.volts, evidence, at);
    // It feeds nobody in an outage, so no voltage is no ground for a shutdown: only its presence is a word.
    return directEvidence(volts !== null && volts > 0 ? true : null, "flow", {
      acIn: null,
      out: null,
      solar: null,
    });
  },
  about: {
    wire: "protobuf 20/1 and the developer API's JSON",
    tables: [inverterHeartbeat],
    signs: { "voltage at its grid side (`inv_op_volt`)": "present" },
    measured: [
      "soc",
      "temp_celsius",
      "out_watts",
      "solar_watts",
      "battery_watts",
      "charge_limit_percent",
      "discharge_limit_percent",
      "runtime_sec",
    ],
    inferred: { charging: "watts flow into the battery" },
    seen: { PowerStream: { grid: ["present"], missing: ["runtime_sec"] } },
    setUp: ["never-lost", "behind"],
  },
};
