/** Delta Pro Ultra: protobuf 2/x, and the same messages as JSON; its AC rule is inferred (ecoflow-protocol.md 5.1, 3.8). */
import type { GridEvidence } from "../../filter/grid.ts";
import type { Instant, Module } from "../../reading.ts";
import { type Device, type Numbers, timeAt } from "../device.ts";
import {
  appParaHeartbeatReport,
  appShowHeartbeatReport,
  backendRecordHeartbeatReport,
  bmsSlaves,
  bpInfo,
  bpInfoReport,
  slaveNumbers,
} from "../fields/delta-pro-ultra.ts";
import { slotOf } from "../fields/table.ts";
import { packClaims, stationClaims } from "./about.ts";
import { stillThere } from "./battery.ts";
import type { Evidence } from "./evidence.ts";
import {
  beginJudgement,
  directEvidence,
  type FamilyRules,
  freshNumber,
  freshSign,
  newestSoc,
  secondsOf,
  sumOf,
  tell,
} from "./family.ts";
import { emptyMeasured } from "./quota-station.ts";

const shown = (name: string) => slotOf(appShowHeartbeatReport, name);
const backend = (name: string) => slotOf(backendRecordHeartbeatReport, name);
const pack = (name: string) => slotOf(bpInfo, name);

const setting = (name: string) => slotOf(appParaHeartbeatReport, name);
const settings = {
  chargeLimit: setting("chg_max_soc"),
  dischargeLimit: setting("dsg_min_soc"),
  standby: setting("ac_standby_mins"),
};
const set = (device: Device, slot: number) => tell(device.others.get(appParaHeartbeatReport), slot);

const app = (device: Device, slot: number) => tell(device.others.get(appShowHeartbeatReport), slot);
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
const sockets = ["l1_1", "l1_2", "l2_1", "l2_2", "tt", "l14"].map((name) => shown(`out_ac_${name}_pwr`));
const acOuts = [...sockets, shown("out_ac_5p8_pwr")];
const b = { freq: backend("ac_in_freq"), volts: backend("in_ac_c20_vol"), out: backend("bms_output_watts") };
const p = {
  soc: pack("bp_soc"),
  energy: pack("bp_energy"),
  temp: pack("bp_temp"),
  power: pack("bp_pwr"),
  error: pack("bp_err_code"),
};
/** The same packs as an HTTP answer names them; beside the packs' own report it adds their health and cycles. */
const slaves = slaveNumbers.map((num) => {
  const slot = (name: string) => slotOf(bmsSlaves, `${num}.${name}`);
  return {
    num,
    soc: slot("soc"),
    temp: slot("temp"),
    soh: slot("soh"),
    cycles: slot("cycles"),
    inWatts: slot("input_watts"),
    outWatts: slot("output_watts"),
  };
});
const idleWatts = 5;
const mainsVolts = 50;

const solar = (device: Device) => sumOf(app(device, s.lowPv), app(device, s.highPv));

/** A pack by the number it calls itself by. */
type BigPack = readonly [num: number, numbers: Numbers];

const packsOf = ({ bigPacks }: Device): readonly BigPack[] =>
  stillThere([...bigPacks], ([, numbers]) => timeAt(numbers, p.soc));

/** Packs by their own report. */
const reportedPacks = (packs: readonly BigPack[]): Module[] =>
  packs.map(([num, numbers]) => {
    const watts = tell(numbers, p.power);
    return {
      num,
      soc: tell(numbers, p.soc),
      temp_celsius: tell(numbers, p.temp),
      soh: null,
      cycles: null,
      in_watts: watts === null ? null : Math.max(0, watts),
      out_watts: watts === null ? null : Math.max(0, -watts),
    };
  });

/** Packs by an HTTP answer. */
function namedPacks({ others }: Device): Module[] {
  const numbers = others.get(bmsSlaves);
  if (numbers === undefined) return [];
  const told = slaves.filter(({ soc }) => tell(numbers, soc) !== null);
  return stillThere(told, ({ soc }) => timeAt(numbers, soc)).map(({ num, ...slots }) => ({
    num,
    soc: tell(numbers, slots.soc),
    temp_celsius: tell(numbers, slots.temp),
    soh: tell(numbers, slots.soh) || null,
    cycles: tell(numbers, slots.cycles),
    in_watts: tell(numbers, slots.inWatts),
    out_watts: tell(numbers, slots.outWatts),
  }));
}

/** Their own report says which packs there are; an HTTP answer stands in for it, and beside it tells their health and cycles. */
function modulesOf(device: Device, packs: readonly BigPack[]): Module[] | null {
  const named = namedPacks(device);
  if (packs.length === 0) return named.length === 0 ? null : named;
  const list = reportedPacks(packs).map((module) => {
    const same = named.find(({ num }) => num === module.num);
    return { ...module, soh: same?.soh ?? null, cycles: same?.cycles ?? null };
  });
  return list.sort((one, other) => one.num - other.num);
}

/** What its frequency and voltage say of the AC input; null where they are not told, or in part. */
function inputOf(device: Device, evidence: Evidence, at: Instant): "mains" | "empty" | null {
  const told = (slot: number) =>
    freshSign(device.others.get(backendRecordHeartbeatReport), slot, evidence, at);
  const frequency = told(b.freq);
  const volts = told(b.volts);
  if ((frequency ?? 0) > 0 || (volts ?? 0) > mainsVolts) return "mains";
  return frequency === null || volts === null ? null : "empty";
}

/** Nothing known of the mains; what the battery gives all the same, the hard floor needs (S2). */
const unknownInput = (drain: number): GridEvidence => ({
  verdict: "unknown",
  basis: "none",
  carriedBy: drain >= idleWatts ? "battery" : null,
});

/** The voltage and frequency of the AC input were told after its watts. */
function isNewerThanWatts({ others }: Device): boolean {
  const inner = others.get(backendRecordHeartbeatReport);
  const outer = others.get(appShowHeartbeatReport);
  if (inner === undefined || outer === undefined) return false;
  const told: Instant = Math.min(timeAt(inner, b.freq), timeAt(inner, b.volts));
  return told > timeAt(outer, s.c20);
}

/**
 * Nothing at the AC input. A unit behind a Smart Home Panel is fed through its power I/O port and never has anything there: that
 * is no loss, unless its own sockets live on it (our reading; ecoflow-protocol.md 5.1 has no capture with the mains on).
 */
const emptyInput = (lost: GridEvidence, isLoss: boolean): GridEvidence =>
  isLoss ? lost : { verdict: "keep", basis: "last-known", carriedBy: lost.carriedBy };

export const deltaProUltra: FamilyRules = {
  soc: (device) => newestSoc([[device.others.get(appShowHeartbeatReport), s.soc]]),
  measured(device) {
    const flow = sumOf(
      app(device, s.inSum),
      app(device, s.outSum) === null ? null : -(app(device, s.outSum) ?? 0),
    );
    const known = app(device, s.inSum) !== null && app(device, s.outSum) !== null && flow !== null;
    const packs = packsOf(device);
    const energies = packs.map(([, numbers]) => tell(numbers, p.energy) || null);
    const modules = modulesOf(device, packs);
    const temps = (modules ?? []).map((pack) => pack.temp_celsius).filter((t) => t !== null);
    const error = app(device, s.error);
    return {
      ...emptyMeasured(),
      temp_celsius: temps.length === 0 ? null : Math.max(...temps),
      ac_in_watts: sumOf(app(device, s.c20), app(device, s.io)),
      ac_out_watts: sumOf(...acOuts.map((slot) => app(device, slot))),
      in_watts: app(device, s.inSum),
      out_watts: app(device, s.outSum),
      solar_watts: solar(device),
      charging: known ? flow > idleWatts : null,
      runtime_sec: known && flow < -idleWatts ? secondsOf(app(device, s.remain) || null) : null,
      charge_limit_percent: set(device, settings.chargeLimit),
      discharge_limit_percent: set(device, settings.dischargeLimit),
      ac_standby_min: set(device, settings.standby),
      capacity_wh: energies.includes(null) ? null : sumOf(...energies),
      modules,
      faults: error === null ? null : error === 0 ? [] : [`sys_err_code ${error}`],
    };
  },
  batteryWatts: (device) => tell(device.others.get(backendRecordHeartbeatReport), b.out),
  grid(device, evidence, { at }) {
    beginJudgement(evidence);
    const numbers = device.others.get(appShowHeartbeatReport);
    const told = (slot: number) => freshNumber(numbers, slot, evidence, at);
    const fed = (slot: number) => freshSign(numbers, slot, evidence, at);
    const flows = { acIn: sumOf(fed(s.c20), fed(s.io)), out: told(s.outSum), solar: solar(device) };
    const input = inputOf(device, evidence, at);
    const watts = (fed(s.c20) ?? 0) > 0 && !(input === "empty" && isNewerThanWatts(device));
    evidence.proven ||= watts || input === "mains";
    if (watts || (fed(s.io) ?? 0) > 0) return directEvidence(true, "ac-input-watts", flows);
    if (input === "mains") return directEvidence(true, "flow", flows);
    // No watts is no loss; only the frequency and the voltage of the input say that nothing is there.
    if (input === null) return unknownInput((flows.out ?? 0) - (told(s.inSum) ?? Number.NaN));
    const load = sumOf(...sockets.map(told)) ?? 0;
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
    setUp: ["ac-timeout", "output-memory", "discharge-limit"],
  },
};
