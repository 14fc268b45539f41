/** PowerStream: a grid-tied micro-inverter with a battery behind it and no backup output (docs/protocol.md). */

import type { Instant } from "../../reading.ts";
import { emptyMeasured } from "../../reading.ts";
import type { Device } from "../device.ts";
import { inverterHeartbeat } from "../fields/inverter-heartbeat.ts";
import { indexesOf } from "../fields/table.ts";
import { type Numbers, timeAt, valueAt } from "../numbers.ts";
import {
  beginJudgement,
  directEvidence,
  type FamilyRules,
  freshNumber,
  newestSoc,
  type Sample,
  secondsOf,
  sumOf,
} from "./family.ts";

const heartbeat = indexesOf(inverterHeartbeat);
const numbersOf = ({ others }: Device): Numbers | undefined => others.get(inverterHeartbeat);
const h = {
  soc: heartbeat("bat_soc"),
  temp: heartbeat("bat_temp"),
  battery: heartbeat("bat_input_watts"),
  batteryVolts: heartbeat("bat_input_volt"),
  kind: heartbeat("bp_type"),
  pv1: heartbeat("pv1_input_watts"),
  pv2: heartbeat("pv2_input_watts"),
  out: heartbeat("inv_output_watts"),
  volts: heartbeat("inv_op_volt"),
  lower: heartbeat("lower_limit"),
  upper: heartbeat("upper_limit"),
  remain: heartbeat("dsg_remain_time"),
};
const value = (device: Device, index: number) => valueAt(numbersOf(device), index);
const tenth = (value: number | null) => (value === null ? null : value / 10);

/** Tenths of a volt. No pack, however empty, has less than 10 V; an owner's port without a pack showed 0.4 V. */
const leastPackVolts = 100;

/**
 * Whether a charge of 0 at `at` means that there is no battery: no voltage at its port, as new as the charge, and no kind of
 * battery. An empty battery with open contacts has no voltage there either, but still reports its kind.
 */
function isWithoutBattery(device: Device, at: Instant): boolean {
  const volts = value(device, h.batteryVolts);
  if (volts === null || timeAt(numbersOf(device), h.batteryVolts) < at) return false;
  return volts < leastPackVolts && (value(device, h.kind) ?? 0) === 0;
}

function charge(device: Device): Sample | null {
  const soc = newestSoc([[numbersOf(device), h.soc]]);
  return soc?.value === 0 && isWithoutBattery(device, soc.at) ? null : soc;
}

export const powerstream: FamilyRules = {
  soc: charge,
  measured(device) {
    const battery = value(device, h.battery);
    return {
      ...emptyMeasured(),
      temp_celsius: tenth(value(device, h.temp)),
      out_watts: tenth(value(device, h.out)),
      solar_watts: tenth(sumOf(value(device, h.pv1), value(device, h.pv2))),
      charging: battery === null ? null : battery < 0,
      runtime_sec: battery !== null && battery > 0 ? secondsOf(value(device, h.remain)) : null,
      discharge_limit_percent: value(device, h.lower),
      charge_limit_percent: value(device, h.upper),
    };
  },
  batteryWatts(device) {
    const watts = tenth(value(device, h.battery));
    return watts === null ? null : Math.max(0, watts);
  },
  grid(device, evidence, { at }) {
    beginJudgement(evidence);
    const volts = freshNumber(numbersOf(device), h.volts, evidence, at);
    // It feeds no outputs in an outage, so no voltage is no reason for a shutdown: only its presence counts.
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
