/** Delta Pro Ultra: protobuf 2/x, and the same messages as JSON; its signs of the mains are inferred (docs/protocol.md). */
import type { GridEvidence } from "../../filter/grid.ts";
import type { Instant, Module } from "../../reading.ts";
import { emptyMeasured } from "../../reading.ts";
import type { Device } from "../device.ts";
import {
  appParaHeartbeatReport,
  appShowHeartbeatReport,
  backendRecordHeartbeatReport,
  bmsSlaves,
  bpInfo,
  bpInfoReport,
  slaveNumbers,
} from "../fields/delta-pro-ultra.ts";
import { indexesOf } from "../fields/table.ts";
import { type Numbers, timeAt, valueAt } from "../numbers.ts";
import { packClaims, stationClaims } from "./about.ts";
import { stillThere } from "./battery.ts";
import type { Evidence } from "./evidence.ts";
import {
  beginJudgement,
  directEvidence,
  type FamilyRules,
  freshNumber,
  freshSign,
  isAtLeast,
  newestSoc,
  secondsOf,
  sumOf,
} from "./family.ts";
import { balance } from "./quota-station.ts";

const shown = indexesOf(appShowHeartbeatReport);
const backend = indexesOf(backendRecordHeartbeatReport);
const setting = indexesOf(appParaHeartbeatReport);
const pack = indexesOf(bpInfo);
const slave = indexesOf(bmsSlaves);

const s = {
  soc: shown("soc"),
  remain: shown("remain_time"),
  error: shown("sys_err_code"),
  inSum: shown("watts_in_sum"),
  outSum: shown("watts_out_sum"),
  io: shown("in_ac_5p8_pwr"),
  c20: shown("in_ac_c20_pwr"),
  lowPv: shown("in_lv_mppt_pwr"),
  highPv: shown("in_hv_mppt_pwr"),
};
const sockets = (["l1_1", "l1_2", "l2_1", "l2_2", "tt", "l14"] as const).map((name) =>
  shown(`out_ac_${name}_pwr`),
);
const acOuts = [...sockets, shown("out_ac_5p8_pwr")];
const b = { freq: backend("ac_in_freq"), volts: backend("in_ac_c20_vol"), out: backend("bms_output_watts") };
const settings = {
  chargeLimit: setting("chg_max_soc"),
  dischargeLimit: setting("dsg_min_soc"),
  standby: setting("ac_standby_mins"),
};
const p = {
  soc: pack("bp_soc"),
  energy: pack("bp_energy"),
  temp: pack("bp_temp"),
  power: pack("bp_pwr"),
};
/** Below this many watts a load or a flow is the station's own. */
const idleWatts = 5;
const mainsVolts = 50;

const app = ({ others }: Device) => others.get(appShowHeartbeatReport);
const inner = ({ others }: Device) => others.get(backendRecordHeartbeatReport);

const solarOf = (device: Device) => sumOf(valueAt(app(device), s.lowPv), valueAt(app(device), s.highPv));

/** A pack by its `bp_no`. */
type BigPack = readonly [num: number, numbers: Numbers];

const packsOf = ({ bigPacks }: Device): readonly BigPack[] =>
  stillThere([...bigPacks], ([, numbers]) => timeAt(numbers, p.soc));

/** A pack by its own report. */
function reportedPack([num, numbers]: BigPack): Module {
  const watts = valueAt(numbers, p.power);
  return {
    num,
    soc: valueAt(numbers, p.soc),
    temp_celsius: valueAt(numbers, p.temp),
    soh: null,
    cycles: null,
    in_watts: watts === null ? null : Math.max(0, watts),
    out_watts: watts === null ? null : Math.max(0, -watts),
  };
}

/** The packs by an HTTP answer. */
function httpPacks({ others }: Device): Module[] {
  const numbers = others.get(bmsSlaves);
  type Name = "soc" | "temp" | "soh" | "cycles" | "input_watts" | "output_watts";
  const of = (num: number, name: Name) => valueAt(numbers, slave(`${num}.${name}`));
  const known = slaveNumbers.filter((num) => of(num, "soc") !== null);
  return stillThere(known, (num) => timeAt(numbers, slave(`${num}.soc`))).map((num) => ({
    num,
    soc: of(num, "soc"),
    temp_celsius: of(num, "temp"),
    soh: of(num, "soh") || null,
    cycles: of(num, "cycles"),
    in_watts: of(num, "input_watts"),
    out_watts: of(num, "output_watts"),
  }));
}

/** The packs' own report decides which packs there are. An HTTP answer stands in for it, and adds health and cycles to it. */
function modulesOf(device: Device, packs: readonly BigPack[]): Module[] | null {
  const ofHttp = httpPacks(device);
  if (packs.length === 0) return ofHttp.length === 0 ? null : ofHttp;
  const list = packs.map(reportedPack).map((module) => {
    const same = ofHttp.find(({ num }) => num === module.num);
    return { ...module, soh: same?.soh ?? null, cycles: same?.cycles ?? null };
  });
  return list.sort((one, other) => one.num - other.num);
}

/** Returns what the frequency and voltage show of the AC input; null if they are unknown, or one of them. */
function inputOf(device: Device, evidence: Evidence, at: Instant): "mains" | "empty" | null {
  const frequency = freshSign(inner(device), b.freq, evidence, at);
  const volts = freshSign(inner(device), b.volts, evidence, at);
  if ((frequency ?? 0) > 0 || (volts ?? 0) > mainsVolts) return "mains";
  return frequency === null || volts === null ? null : "empty";
}

/** The mains is unknown; the hard floor still needs to know whether the battery carries the load (S2). */
const unknownInput = (drain: number | null): GridEvidence => ({
  verdict: "unknown",
  basis: "none",
  carriedBy: isAtLeast(drain, idleWatts) ? "battery" : null,
});

/** Whether the voltage and frequency of the AC input are newer than its watts. */
function isNewerThanWatts(device: Device): boolean {
  const namedAt = Math.min(timeAt(inner(device), b.freq), timeAt(inner(device), b.volts));
  return namedAt > timeAt(app(device), s.c20);
}

/**
 * Nothing at the AC input. A unit behind a Smart Home Panel is fed through its power I/O port and never has anything there: that is
 * no loss, unless its own sockets carry a load (inferred; no capture shows such a unit on the mains).
 */
const emptyInput = (lost: GridEvidence, isLoss: boolean): GridEvidence =>
  isLoss ? lost : { verdict: "keep", basis: "last-known", carriedBy: lost.carriedBy };

export const deltaProUltra: FamilyRules = {
  soc: (device) => newestSoc([[app(device), s.soc]]),
  measured(device) {
    const shown = (index: number) => valueAt(app(device), index);
    const set = (index: number) => valueAt(device.others.get(appParaHeartbeatReport), index);
    const flow = balance(shown(s.inSum), shown(s.outSum));
    const packs = packsOf(device);
    const energies = packs.map(([, numbers]) => valueAt(numbers, p.energy) || null);
    const modules = modulesOf(device, packs);
    const temps = (modules ?? []).map((pack) => pack.temp_celsius).filter((t) => t !== null);
    const error = shown(s.error);
    return {
      ...emptyMeasured(),
      temp_celsius: temps.length === 0 ? null : Math.max(...temps),
      ac_in_watts: sumOf(shown(s.c20), shown(s.io)),
      ac_out_watts: sumOf(...acOuts.map(shown)),
      in_watts: shown(s.inSum),
      out_watts: shown(s.outSum),
      solar_watts: solarOf(device),
      charging: flow === null ? null : flow > idleWatts,
      runtime_sec: flow !== null && flow < -idleWatts ? secondsOf(shown(s.remain) || null) : null,
      charge_limit_percent: set(settings.chargeLimit),
      discharge_limit_percent: set(settings.dischargeLimit),
      ac_standby_min: set(settings.standby),
      capacity_wh: energies.includes(null) ? null : sumOf(...energies),
      modules,
      faults: error === null ? null : error === 0 ? [] : [`sys_err_code ${error}`],
    };
  },
  batteryWatts: (device) => valueAt(inner(device), b.out),
  grid(device, evidence, { at }) {
    beginJudgement(evidence);
    const numbers = app(device);
    const fresh = (index: number) => freshNumber(numbers, index, evidence, at);
    const fed = (index: number) => freshSign(numbers, index, evidence, at);
    const flows = { acIn: sumOf(fed(s.c20), fed(s.io)), out: fresh(s.outSum), solar: solarOf(device) };
    const input = inputOf(device, evidence, at);
    const watts = (fed(s.c20) ?? 0) > 0 && !(input === "empty" && isNewerThanWatts(device));
    evidence.proven ||= watts || input === "mains";
    if (watts || (fed(s.io) ?? 0) > 0) return directEvidence(true, "ac-input-watts", flows);
    if (input === "mains") return directEvidence(true, "flow", flows);
    // 0 W is no loss: only the frequency and the voltage of the input show that nothing is there.
    const inSum = fresh(s.inSum);
    if (input === null) return unknownInput(inSum === null ? null : (flows.out ?? 0) - inSum);
    const load = sumOf(...sockets.map(fresh)) ?? 0;
    return emptyInput(directEvidence(false, "flow", flows), evidence.proven || load >= idleWatts);
  },
  about: {
    wire: "protobuf 2/1, 2/2, 2/3, 2/4 and the developer API's JSON",
    tables: [
      appShowHeartbeatReport,
      backendRecordHeartbeatReport,
      appParaHeartbeatReport,
      bpInfoReport,
      bmsSlaves,
    ],
    signs: {
      "watts at the AC input (`in_ac_c20_pwr`; inferred)": "present",
      "watts into the power I/O port (`in_ac_5p8_pwr`; inferred)": "present",
      "a frequency at the AC input (`ac_in_freq`; inferred)": "present",
      "voltage at the AC input above 50 V (`in_ac_c20_vol`; inferred)": "present",
      "no frequency (`ac_in_freq` 0) and at most 50 V (`in_ac_c20_vol`; inferred), once the mains was seen there or with a load at its own sockets (`out_ac_l1_1_pwr`)":
        "lost",
    },
    measured: [
      ...stationClaims,
      "solar_watts",
      "capacity_wh",
      "charge_limit_percent",
      "discharge_limit_percent",
      ...packClaims,
    ],
    inferred: {
      charging: "more comes in than goes out",
      runtime_sec: "its remaining time, while more goes out than comes in",
    },
    seen: {
      "DELTA Pro Ultra": {
        grid: [],
        missing: [
          "battery_watts",
          "charge_limit_percent",
          "discharge_limit_percent",
          "ac_standby_min",
          "runtime_sec",
          "modules.soh",
          "modules.cycles",
        ],
      },
    },
    setUp: ["ac-timeout", "output-memory", "discharge-limit", "behind-panel"],
  },
};
