/** Smart Home Panels 2 and 3: the panel sees the grid itself (ecoflow-protocol.md 3.8, 5.1). Panel 1 has no rule. */
import { type Device, type Numbers, timeAt } from "../device.ts";
import { displayPropertyUpload } from "../fields/display-property.ts";
import { quota } from "../fields/quota.ts";
import { protoPushAndSet, protoTime } from "../fields/smart-home-panel2.ts";
import { slotOf } from "../fields/table.ts";
import {
  beginJudgement,
  directEvidence,
  type FamilyRules,
  freshSign,
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
/**
 * So much from the grid is the grid; 0 between bursts of charging is normal. The page gives watts no say beside the panel's own
 * word (ecoflow-protocol.md 5.1), and they lag behind it: they count where there is no such word, or none that proves anything.
 */
const gridWatts = 3;

/** When a number was told; NaN = never. */
const timeOf = (numbers: Numbers | undefined, slot: number) =>
  numbers === undefined ? Number.NaN : timeAt(numbers, slot);

/**
 * Watts from the grid, once they were told. A later sum of the circuits without them means 0: protobuf leaves zeros out
 * (rabits/ha-ef-ble shp2.py reads them so).
 */
function gridWattsOf(device: Device, told: number | null): number | null {
  const numbers = device.others.get(protoTime);
  return timeOf(numbers, p2.loads) > timeOf(numbers, p2.gridWatt) ? told && 0 : told;
}

export const panel2: FamilyRules = {
  soc: (device) => newestSoc([[device.others.get(protoPushAndSet), p2.soc]]),
  measured: (device) => ({
    ...emptyMeasured(),
    ac_in_watts: gridWattsOf(device, timed(device, p2.gridWatt)),
    out_watts: timed(device, p2.loads),
    capacity_wh: pushed(device, p2.full) || null,
    runtime_sec: (pushed(device, p2.sta) ?? 1) !== 1 ? secondsOf(timed(device, p2.backupTime) || null) : null,
  }),
  batteryWatts: () => null,
  grid(device, evidence, { at }) {
    beginJudgement(evidence);
    const state = freshSign(device.others.get(protoPushAndSet), p2.sta, evidence, at, 1);
    const watts = gridWattsOf(device, freshSign(device.others.get(protoTime), p2.gridWatt, evidence, at));
    const flows = { acIn: watts, out: timed(device, p2.loads), solar: null };
    if (state !== null) return directEvidence(state === 1, "flow", flows);
    return directEvidence((watts ?? 0) > gridWatts || null, "ac-input-watts", flows);
  },
  about: {
    wire: "protobuf 12/1, 12/32 and the developer API's JSON",
    tables: [protoTime, protoPushAndSet],
    signs: {
      "the panel sees it (`master_incre_info.grid_sta` 1)": "present",
      "more than 3 W from the grid (`watt_info.grid_watt`; inferred), where the panel told nothing of it in the last 330 s":
        "present",
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
    const numbers = quotaOf(device);
    const told = (slot: number) => freshSign(numbers, slot, evidence, at, 1);
    const states = p3.channels.map(told).filter((state) => state === 1 || state === 2);
    const watts = freshSign(numbers, p3.grid, evidence, at);
    const flows = { acIn: watts, out: keyOf(device, "shp_load_pwr"), solar: null };
    if (states.length > 0) return directEvidence(states.includes(1), "flow", flows);
    return directEvidence((watts ?? 0) > gridWatts || null, "ac-input-watts", flows);
  },
  about: {
    wire: "the developer API's JSON",
    tables: [quota, displayPropertyUpload],
    signs: {
      "a backup channel sees it (`panel_backup_ch1_Info.ch_sta` 1, or of channel 2 or 3)": "present",
      "more than 3 W from the grid (`shp_grid_pwr`; inferred), where no channel told of it in the last 330 s":
        "present",
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
/** Nominal volts of a Delta Pro's pack, the only kind behind this panel (ecoflow-protocol.md 5.1). */
const packVolts = 48;

/**
 * Public field lists call it Wh, but an owner's two Delta Pro with an extra pack each tell 304000, 76 Ah a pack
 * (rustyy/ecoflow-api shpProperties.ts): as Wh it would stretch every projection twentyfold.
 */
function energyBehind(device: Device): number | null {
  const milliampHours = keyOf(device, "heartbeat.backupFullCap") || null;
  return milliampHours === null ? null : Math.round((milliampHours / 1000) * packVolts);
}

/** Smart Home Panel 1: no rule is known, so its grid stays unknown. */
export const panel1: FamilyRules = {
  soc: (device) => newestSoc([[quotaOf(device), p1]]),
  measured: (device) => ({
    ...emptyMeasured(),
    capacity_wh: energyBehind(device),
  }),
  batteryWatts: () => null,
  grid: () => ({ verdict: "unknown", basis: "none", carriedBy: null }),
  about: {
    wire: "JSON of the app",
    tables: [quota],
    signs: {},
    measured: ["soc"],
    inferred: { capacity_wh: "full charge × 48 V, all stations behind it" },
    seen: { "Smart Home Panel": { grid: [], missing: ["soc", "capacity_wh"] } },
    setUp: ["never-lost", "behind"],
  },
};
