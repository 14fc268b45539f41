/** Delta 2, Delta 2 Max, River 2 line and Delta 3 1500: JSON, the mains by the AC input voltage (docs/protocol.md). */
import { emptyMeasured } from "../../reading.ts";
import type { Device } from "../device.ts";
import { quota } from "../fields/quota.ts";
import type { Model } from "../models.ts";
import { type FamilyAbout, packClaims, stationClaims } from "./about.ts";
import { isMute } from "./evidence.ts";
import { beginJudgement, type FamilyRules, firstOf, sumOf } from "./family.ts";
import { freshInput, plugEvidence } from "./plug.ts";
import {
  balance,
  chargeOf,
  faultKeysOf,
  faultsOf,
  keyOf,
  packEnergy,
  packsOf,
  packWatts,
  positiveOf,
  runtimeOf,
  standbyOf,
  switchOf,
} from "./quota-station.ts";

/** `pd.soc` is the main pack's: 70 % where all packs together have 72 (captured). */
const charge = {
  all: ["bms_emsStatus.f32LcdShowSoc", "bms_emsStatus.lcdShowSoc"],
  main: ["pd.soc", "bms_bmsStatus.f32ShowSoc", "bms_bmsStatus.soc"],
};
/** 0 when unplugged, the mains voltage when plugged, also while the battery discharges (rabits/ha-ef-ble#154). */
const pluggedMillivolts = 50_000;
const faultKeys = faultKeysOf("delta2");
/** A difference of the sums up to this is the station's own fans and screen. */
const idleWatts = 5;

const solar = (device: Device) =>
  sumOf(positiveOf(device, "mppt.inWatts"), positiveOf(device, "mppt.pv2InWatts"));

/** Nominal volts of a pack: 51.2 Delta 2 line, 25.6 River 2 Max; no source gives the others. */
const voltsOf = (model: Model | null) => model?.packVolts ?? null;

const flowOf = (device: Device) =>
  balance(positiveOf(device, "pd.wattsInSum"), positiveOf(device, "pd.wattsOutSum"));

/** `pd.remainTime` is negative while the battery discharges; without it the sums decide. */
function isDischarging(device: Device): boolean {
  const remain = keyOf(device, "pd.remainTime");
  const flow = flowOf(device);
  return (remain !== null && remain < 0) || (flow !== null && flow < -idleWatts);
}

function runtime(device: Device): number | null {
  if (!isDischarging(device)) return null;
  const remain = keyOf(device, "pd.remainTime");
  // −1 is as often "not known" as the last minute, which the other field shows as well.
  const own = remain !== null && remain < -1 ? -remain : null;
  return runtimeOf(own, keyOf(device, "bms_emsStatus.dsgRemainTime"));
}

/** The capacity is claimed only for models whose volts are known. */
const aboutOf = (model: Model | null): FamilyAbout => ({
  wire: "JSON of the app and of the developer API",
  tables: [quota],
  signs: {
    "voltage at the AC input above 50 000 mV (`inv.acInVol`), also while the battery discharges with the plug in":
      "present",
    "no more than 50 000 mV at the AC input (`inv.acInVol`)": "lost",
  },
  measured: [
    ...stationClaims,
    "solar_watts",
    "runtime_sec",
    "charge_limit_percent",
    "discharge_limit_percent",
    "ac_out_on",
    ...packClaims,
  ],
  inferred: {
    charging: "more comes in than goes out",
    ...(voltsOf(model) === null ? {} : { capacity_wh: "full charge × nominal volts" }),
  },
  seen: {
    "DELTA 2": { grid: ["present"], missing: [] },
    "DELTA 2 Max": { grid: ["present"], missing: ["runtime_sec"] },
    "RIVER 2 Max": { grid: ["present", "lost"], missing: ["modules.soh", "runtime_sec"] },
  },
  setUp: ["ac-timeout", "output-memory", "discharge-limit"],
});

/** Returns the family's rules for a model; the nominal volts differ. */
export const delta2 = (model: Model | null): FamilyRules => ({
  soc: (device, now) => chargeOf(device, charge, "delta2", now),
  measured(device) {
    const flow = flowOf(device);
    return {
      ...emptyMeasured(),
      temp_celsius: firstOf(keyOf(device, "bms_bmsStatus.temp"), keyOf(device, "bms_bmsStatus.maxCellTemp")),
      ac_in_watts: positiveOf(device, "inv.inputWatts"),
      ac_out_watts: positiveOf(device, "inv.outputWatts"),
      in_watts: positiveOf(device, "pd.wattsInSum"),
      out_watts: positiveOf(device, "pd.wattsOutSum"),
      solar_watts: solar(device),
      charging: flow === null ? null : flow > idleWatts,
      runtime_sec: runtime(device),
      capacity_wh: packEnergy(device, "delta2", voltsOf(model)),
      discharge_limit_percent: keyOf(device, "bms_emsStatus.minDsgSoc"),
      charge_limit_percent: keyOf(device, "bms_emsStatus.maxChargeSoc"),
      modules: packsOf(device, "delta2"),
      // A model without the first switch reports 255 there.
      ac_out_on: switchOf(keyOf(device, "inv.cfgAcEnabled")) ?? switchOf(keyOf(device, "mppt.cfgAcEnabled")),
      // Only a Delta 2 Max has `inv.standbyMin`. `inv.standbyMins` of a Delta 2 is not this setting: 720 where it is 0 (captured).
      ac_standby_min: standbyOf(device, "mppt.acStandbyMins") ?? standbyOf(device, "inv.standbyMin"),
      faults: faultsOf(device, faultKeys),
    };
  },
  batteryWatts: (device) => packWatts(device, "delta2"),
  grid(device, evidence, { at }) {
    beginJudgement(evidence);
    const volts = freshInput(device, "inv.acInVol", evidence, at);
    const connected = volts === null ? null : volts > pluggedMillivolts;
    const flows = {
      acIn: keyOf(device, "inv.inputWatts"),
      out: keyOf(device, "pd.wattsOutSum"),
      solar: solar(device),
    };
    return plugEvidence(device, connected, flows, evidence, at);
  },
  mute: isMute,
  about: aboutOf(model),
});
