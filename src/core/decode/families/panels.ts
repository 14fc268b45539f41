/** Smart Home Panels 2 and 3: the panel sees the grid itself (ecoflow-protocol.md 3.8, 5.1). Panel 1 has no rule. */
import type { Instant } from "../../reading.ts";
import type { Device, Numbers } from "../device.ts";
import { displayPropertyUpload } from "../fields/display-property.ts";
import { quota } from "../fields/quota.ts";
import { protoPushAndSet, protoTime } from "../fields/smart-home-panel2.ts";
import { slotOf } from "../fields/table.ts";
import {
  beginJudgement,
  directEvidence,
  type FamilyRules,
  freshNumber,
  newestSoc,
  secondsOf,
  tell,
} from "./family.ts";
import { emptyMeasured, keyOf, quotaOf } from "./quota-station.ts";

const push = (name: string) => slotOf(protoPushAndSet, name);
const time = (name: string) => slotOf(protoTime, name);
const p2 = {
  full: push("backup_incre_info.backup_full_cap"),
  soc: push("backup_incre_info.backup_bat_per"),
  sta: push("master_incre_info.grid_sta"),
  gridWatt: time("watt_info.grid_watt"),
  loads: time("watt_info.all_hall_watt"),
  backupTime: time("backup_info.backup_discharge_time"),
};
const pushed = (device: Device, slot: number) => tell(device.others.get(protoPushAndSet), slot);
const timed = (device: Device, slot: number) => tell(device.others.get(protoTime), slot);
/** When a number was last told; before everything where it never was. */
const timeOf = (numbers: Numbers | null | undefined, slot: number): Instant => {
  const time = numbers?.[slot + 1];
  return time === undefined || Number.isNaN(time) ? Number.NEGATIVE_INFINITY : time;
};
/** So much from the grid is the grid; 0 between bursts of charging is normal. */
const gridWatts = 3;

export const panel2: FamilyRules = {
  soc: (device) => newestSoc([[device.others.get(protoPushAndSet), p2.soc]]),
  measured: (device) => ({
    ...emptyMeasured(),
    ac_in_watts: timed(device, p2.gridWatt),
    out_watts: timed(device, p2.loads),
    capacity_wh: pushed(device, p2.full) || null,
    runtime_sec: (pushed(device, p2.sta) ?? 1) !== 1 ? secondsOf(timed(device, p2.backupTime) || null) : null,
  }),
  batteryWatts: () => null,
  grid(device, evidence, { at }) {
    beginJudgement(evidence);
    const state = freshNumber(device.others.get(protoPushAndSet), p2.sta, evidence, at);
    const watts = freshNumber(device.others.get(protoTime), p2.gridWatt, evidence, at);
    const flows = { acIn: watts, out: timed(device, p2.loads), solar: null };
    const stateAt = timeOf(device.others.get(protoPushAndSet), p2.sta);
    const flowing = watts !== null && watts > gridWatts;
    const newer = timeOf(device.others.get(protoTime), p2.gridWatt) > stateAt;
    if (flowing && (state === null || newer)) return directEvidence(true, "ac-input-watts", flows);
    return directEvidence(state === null ? null : state === 1, "flow", flows);
  },
  about: {
    wire: "protobuf 12/1, 12/32 and the developer API's JSON",
    tables: [protoTime, protoPushAndSet],
    signs: {
      "the panel sees it (`master_incre_info.grid_sta` 1)": "present",
      "more than 3 W from the grid (`watt_info.grid_watt`; inferred), where that is newer": "present",
      "no grid, or its voltage or frequency out of range (`master_incre_info.grid_sta` 0 or 2)": "lost",
    },
    measured: ["soc", "ac_in_watts", "out_watts", "capacity_wh", "runtime_sec"],
    inferred: {},
    seen: { "Smart Home Panel 2": { grid: ["present"], missing: ["runtime_sec"] } },
    setUp: ["discharge-limit"],
  },
};

const p3 = {
  grid: slotOf(quota, "shp_grid_pwr"),
  channels: [1, 2, 3].map((n) => slotOf(quota, `panel_backup_ch${n}_Info.ch_sta`)),
  soc: slotOf(displayPropertyUpload, "cms_batt_soc"),
  chargeLimit: slotOf(displayPropertyUpload, "cms_max_chg_soc"),
  dischargeLimit: slotOf(displayPropertyUpload, "cms_min_dsg_soc"),
  state: slotOf(displayPropertyUpload, "cms_chg_dsg_state"),
  remain: slotOf(displayPropertyUpload, "cms_dsg_rem_time"),
};

export const panel3: FamilyRules = {
  soc: (device) => newestSoc([[device.board, p3.soc]]),
  measured(device) {
    const state = tell(device.board, p3.state);
    return {
      ...emptyMeasured(),
      ac_in_watts: keyOf(device, "shp_grid_pwr"),
      out_watts: keyOf(device, "shp_load_pwr"),
      charging: state === null ? null : state === 2,
      runtime_sec: state === 1 ? secondsOf(tell(device.board, p3.remain) || null) : null,
      charge_limit_percent: tell(device.board, p3.chargeLimit),
      discharge_limit_percent: tell(device.board, p3.dischargeLimit),
    };
  },
  batteryWatts: () => null,
  grid(device, evidence, { at }) {
    beginJudgement(evidence);
    const told = (slot: number) => freshNumber(quotaOf(device), slot, evidence, at);
    const states = p3.channels.map(told).filter((state) => state === 1 || state === 2);
    const watts = told(p3.grid);
    const flows = { acIn: watts, out: keyOf(device, "shp_load_pwr"), solar: null };
    const statesAt = Math.max(...p3.channels.map((slot) => timeOf(quotaOf(device), slot)));
    const flowing = watts !== null && watts > gridWatts;
    const newer = timeOf(quotaOf(device), p3.grid) > statesAt;
    if (flowing && (states.length === 0 || newer)) return directEvidence(true, "ac-input-watts", flows);
    return directEvidence(states.length === 0 ? null : states.includes(1), "flow", flows);
  },
  about: {
    wire: "the developer API's JSON",
    tables: [quota, displayPropertyUpload],
    signs: {
      "a backup channel sees it (`panel_backup_ch1_Info.ch_sta` 1, or of channel 2 or 3)": "present",
      "more than 3 W from the grid (`shp_grid_pwr`; inferred), where that is newer": "present",
      "no backup channel that tells sees it (`panel_backup_ch1_Info.ch_sta` 2)": "lost",
    },
    measured: [
      "soc",
      "ac_in_watts",
      "out_watts",
      "charging",
      "runtime_sec",
      "charge_limit_percent",
      "discharge_limit_percent",
    ],
    inferred: {},
    seen: { "Smart Home Panel 3": { grid: ["present"], missing: ["runtime_sec"] } },
    setUp: ["discharge-limit"],
  },
};

const p1 = slotOf(quota, "heartbeat.backupBatPer");

/** Smart Home Panel 1: no rule is known, so its grid stays unknown. */
export const panel1: FamilyRules = {
  soc: (device) => newestSoc([[quotaOf(device), p1]]),
  measured: (device) => ({
    ...emptyMeasured(),
    capacity_wh: keyOf(device, "heartbeat.backupFullCap") || null,
  }),
  batteryWatts: () => null,
  grid: () => ({ verdict: "unknown", basis: "none", carriedBy: null }),
  about: {
    wire: "JSON of the app",
    tables: [quota],
    signs: {},
    measured: ["soc", "capacity_wh"],
    inferred: {},
    seen: { "Smart Home Panel": { grid: [], missing: ["soc", "capacity_wh"] } },
    setUp: ["never-lost", "behind"],
  },
};
