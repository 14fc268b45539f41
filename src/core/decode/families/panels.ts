/** Smart Home Panels: the panel sees the grid itself (docs/protocol.md). */
import { emptyMeasured } from "../../reading.ts";
import type { Device } from "../device.ts";
import { displayPropertyUpload } from "../fields/display-property.ts";
import { quota } from "../fields/quota.ts";
import { protoPushAndSet, protoTime } from "../fields/smart-home-panel2.ts";
import { indexesOf } from "../fields/table.ts";
import { timeAt, valueAt } from "../numbers.ts";
import {
  beginJudgement,
  directEvidence,
  type FamilyRules,
  freshSign,
  newestSoc,
  secondsOf,
} from "./family.ts";
import { indexOf, keyOf, newestCharge, quotaOf } from "./quota-station.ts";

const push = indexesOf(protoPushAndSet);
const time = indexesOf(protoTime);
const p2 = {
  full: push("backup_incre_info.backup_full_cap"),
  soc: push("backup_incre_info.backup_bat_per"),
  sta: push("master_incre_info.grid_sta"),
  gridWatt: time("watt_info.grid_watt"),
  loads: time("watt_info.all_hall_watt"),
  backupTime: time("backup_info.backup_discharge_time"),
};
const pushed = (device: Device, index: number) => valueAt(device.others.get(protoPushAndSet), index);
const timed = (device: Device, index: number) => valueAt(device.others.get(protoTime), index);
/**
 * More watts than this from the grid are the grid; 0 between bursts of charging is normal. Watts lag behind the panel's own state of
 * the grid, so they count only where that state is unknown or too old.
 */
const gridWatts = 3;

/**
 * Returns `watts` from the grid, once they came. A later sum of the circuits without them means 0: protobuf leaves zeros out
 * (rabits/ha-ef-ble shp2.py reads them so).
 */
function gridWattsOf(device: Device, watts: number | null): number | null {
  const numbers = device.others.get(protoTime);
  const isOld = timeAt(numbers, p2.loads) > timeAt(numbers, p2.gridWatt);
  return watts !== null && isOld ? 0 : watts;
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
    setUp: ["discharge-limit", "feeds"],
  },
};

const display = indexesOf(displayPropertyUpload);
const channels = [1, 2, 3].map((n) => `panel_backup_ch${n}_Info.ch_sta`);
const p3 = {
  soc: display("cms_batt_soc"),
  chargeLimit: display("cms_max_chg_soc"),
  dischargeLimit: display("cms_min_dsg_soc"),
  state: display("cms_chg_dsg_state"),
  remain: display("cms_dsg_rem_time"),
};

export const panel3: FamilyRules = {
  soc: (device) => newestSoc([[device.display, p3.soc]]),
  measured(device) {
    const state = valueAt(device.display, p3.state);
    return {
      ...emptyMeasured(),
      ac_in_watts: keyOf(device, "shp_grid_pwr"),
      out_watts: keyOf(device, "shp_load_pwr"),
      charging: state === null ? null : state === 2,
      runtime_sec: state === 1 ? secondsOf(valueAt(device.display, p3.remain) || null) : null,
      charge_limit_percent: valueAt(device.display, p3.chargeLimit),
      discharge_limit_percent: valueAt(device.display, p3.dischargeLimit),
    };
  },
  batteryWatts: () => null,
  grid(device, evidence, { at }) {
    beginJudgement(evidence);
    const numbers = quotaOf(device);
    const states = channels
      .map((key) => freshSign(numbers, indexOf(key), evidence, at, 1))
      .filter((state) => state === 1 || state === 2);
    const watts = freshSign(numbers, indexOf("shp_grid_pwr"), evidence, at);
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
    setUp: ["discharge-limit", "feeds"],
  },
};

/** Nominal volts of a Delta Pro's pack, the only kind behind this panel. */
const packVolts = 48;

/**
 * Returns the energy of the stations behind the panel, Wh. Public field lists give the unit Wh, but an owner's two Delta Pro with an
 * extra pack each report 304000, 76 Ah a pack (rustyy/ecoflow-api shpProperties.ts): as Wh it would be twenty times too much.
 */
function energyBehind(device: Device): number | null {
  const milliampHours = keyOf(device, "heartbeat.backupFullCap") || null;
  return milliampHours === null ? null : Math.round((milliampHours / 1000) * packVolts);
}

/** What an owner's panel reports of the grid; any other value is unknown. */
const gridStates: ReadonlyMap<number, boolean> = new Map([
  [0, false],
  [1, true],
]);

export const panel1: FamilyRules = {
  soc: (device) => newestCharge(device, ["heartbeat.backupBatPer"]),
  measured: (device) => ({
    ...emptyMeasured(),
    capacity_wh: energyBehind(device),
  }),
  batteryWatts: () => null,
  grid(device, evidence, { at }) {
    beginJudgement(evidence);
    const state = freshSign(quotaOf(device), indexOf("heartbeat.gridSta"), evidence, at, 1);
    // The panel reports no watts that are understood, so what carries the load in an outage is not known.
    const isThere = state === null ? null : (gridStates.get(state) ?? null);
    return directEvidence(isThere, "flow", { acIn: null, out: null, solar: null });
  },
  about: {
    wire: "JSON of the app",
    tables: [quota],
    signs: {
      "the panel sees it (`heartbeat.gridSta` 1; inferred)": "present",
      "the panel sees none (`heartbeat.gridSta` 0; inferred)": "lost",
    },
    measured: ["soc"],
    inferred: { capacity_wh: "full charge × 48 V, all stations behind it" },
    seen: { "Smart Home Panel": { grid: [], missing: ["soc", "capacity_wh"] } },
    setUp: ["discharge-limit", "feeds"],
  },
};
