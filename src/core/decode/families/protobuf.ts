/** The protobuf line as families: River 3, Delta 3, Delta Pro 3 share tables and rule (river3.ts), STREAM shares the tables. */
import type { Measured } from "../../reading.ts";
import type { Device } from "../device.ts";
import { bmsHeartBeatReport } from "../fields/bms-heartbeat.ts";
import { cmsHeartBeatReport } from "../fields/cms-heartbeat.ts";
import { displayPropertyUpload } from "../fields/display-property.ts";
import { runtimePropertyUpload } from "../fields/runtime-property.ts";
import { indexesOf } from "../fields/table.ts";
import { valueAt } from "../numbers.ts";
import { type FamilyAbout, packClaims, stationClaims } from "./about.ts";
import { isMute } from "./evidence.ts";
import { type FamilyRules, sumOf } from "./family.ts";
import { deltaPro3Signs, judgeGrid, river3Signs, type Signs } from "./river3.ts";
import { batteryWattsOf, heartbeatSoc, measuredOf, socOf } from "./values.ts";

const display = indexesOf(displayPropertyUpload);
const ratedOutput = display("plug_in_info_ac_out_dsg_pow_max");

/** Returns the rated output that the station reports, watts; its 0 means that it does not know. */
const ratedWattsOf = (device: Device): number | null => valueAt(device.display, ratedOutput) || null;

const line = (signs: Signs, boardTells: boolean, about: FamilyAbout): FamilyRules => ({
  soc: socOf,
  measured: measuredOf,
  batteryWatts: (device) => batteryWattsOf(device, boardTells),
  grid: (device, evidence, { at, soc, holdsPassed }) =>
    judgeGrid(device, evidence, at, soc, signs, holdsPassed),
  mute: isMute,
  confirmingSoc: heartbeatSoc,
  ratedWatts: ratedWattsOf,
  about,
});

/** The signs of the line, with the limits of its rule. */
const signsInWords = ({ acInWatts, acInVolts }: Signs): FamilyAbout["signs"] => ({
  [`AC input above ${acInWatts} W (\`pow_get_ac_in\`)`]: "present",
  ...(acInVolts === null
    ? {}
    : { [`AC input above ${acInVolts} V (\`plug_in_info_ac_in_vol\`; inferred)`]: "present" }),
  "the plug is in (`plug_in_info_ac_in_flag` 1)": "present",
  "AC flows in (`flow_info_ac_in`, its low two bits 2 or 3)": "present",
  "the charger sees it (`plug_in_info_ac_charger_flag` 1), newer than the last sign of a loss": "present",
  "it charges (`cms_chg_dsg_state` 2) with less than 3 W of sun (`pow_get_pv`)": "present",
  "it discharges (`cms_chg_dsg_state` 1) into a load (`pow_out_sum_w`) with at most 1 W of AC input (`pow_get_ac_in`), for 4 s":
    "lost",
  "outage mode (`power_outages_active_flag` 1; known of DELTA 3 Max)": "lost",
});

const shared = {
  wire: "protobuf 254/21, 254/22, 32/2, 32/50 and the developer API's JSON",
  tables: [displayPropertyUpload, runtimePropertyUpload, cmsHeartBeatReport, bmsHeartBeatReport],
  measured: [
    ...stationClaims,
    "solar_watts",
    "charging",
    "runtime_sec",
    "charge_limit_percent",
    "discharge_limit_percent",
    "ac_out_on",
    "output_memory",
    ...packClaims,
  ],
  inferred: { capacity_wh: "as told, or full charge × cells × 3.2 V over all packs" },
  setUp: ["ac-timeout", "output-memory", "discharge-limit", "backup-reserve"],
} as const;

export const river3Rules = line(river3Signs, false, {
  ...shared,
  signs: signsInWords(river3Signs),
  seen: {
    "RIVER 3": { grid: ["present", "lost"], missing: [] },
    "RIVER 3 Plus": { grid: ["present"], missing: ["runtime_sec"] },
  },
});

export const delta3Rules = line(river3Signs, true, {
  ...shared,
  signs: signsInWords(river3Signs),
  seen: {
    "DELTA 3": { grid: ["present"], missing: ["ac_out_on", "runtime_sec", "solar_watts"] },
    "DELTA 3 Plus": { grid: ["lost"], missing: [] },
  },
});

const solarInputs = [display("pow_get_pv_h"), display("pow_get_pv_l")];
const acOutputs = [display("flow_info_ac_hv_out"), display("flow_info_ac_lv_out")];

/** Delta Pro 3 has two solar inputs and two AC outputs; the AC output is off only when both are off. */
function measuredOfPro3(device: Device): Measured {
  const values = measuredOf(device);
  values.solar_watts ??= sumOf(...solarInputs.map((index) => valueAt(device.display, index)));
  const outputs = acOutputs.map((index) => valueAt(device.display, index));
  const isOn = outputs.some((flow) => flow !== null && (flow & 3) >= 2);
  values.ac_out_on ??= isOn || (outputs.includes(null) ? null : false);
  return values;
}

export const deltaPro3Rules: FamilyRules = {
  ...line(deltaPro3Signs, true, {
    ...shared,
    signs: signsInWords(deltaPro3Signs),
    seen: { "DELTA Pro 3": { grid: ["present"], missing: ["capacity_wh", "runtime_sec"] } },
    setUp: [...shared.setUp, "behind-panel"],
  }),
  measured: measuredOfPro3,
};

/** STREAM sends the shared fields; no sign of the mains is known of it. */
export const streamRules: FamilyRules = {
  ...line(river3Signs, true, { ...shared, signs: {}, seen: {}, setUp: ["never-lost"] }),
  grid: () => ({ verdict: "unknown", basis: "none", carriedBy: null }),
};
