/** What the JSON stations have in common: charge, packs, sums, minutes left, faults (ecoflow-protocol.md 5.1). */
import type { Instant, Measured, Module } from "../../reading.ts";
import { type Device, type Numbers, timeAt } from "../device.ts";
import { packPrefixes, quota } from "../fields/quota.ts";
import { slotOf } from "../fields/table.ts";
import { firstOf, newestSoc, overallSoc, secondsOf, sumOf, type Told, tell } from "./family.ts";

/** A number of the JSON keys by its key; null until it was told. Throws on a key that the table has not. */
export function keyReader(): (device: Device, key: string) => number | null {
  const slots = new Map<string, number>();
  return (device, key) => {
    const numbers = device.others.get(quota);
    if (numbers === undefined) return null;
    let slot = slots.get(key);
    if (slot === undefined) {
      slot = slotOf(quota, key);
      slots.set(key, slot);
    }
    return tell(numbers, slot);
  };
}

export const keyOf = keyReader();

/** Watts and settings that are never below 0: what is, is broken and was not told. */
export function positiveOf(device: Device, key: string): number | null {
  const value = keyOf(device, key);
  return value === null || value < 0 ? null : value;
}

/** Minutes without load until the AC output goes off, 0 = never; a River mini's 65535 is not told (tolwi/hassio-ecoflow-cloud#501). */
export function standbyOf(device: Device, key: string): number | null {
  const minutes = positiveOf(device, key);
  return minutes === 65_535 ? null : minutes;
}

/** The JSON numbers themselves, for freshness and times. */
export const quotaOf = (device: Device): Numbers | null => device.others.get(quota) ?? null;

/** Slots of a state of charge, in the order of trust. */
export type ChargeSlots = readonly number[];

/** The slots of these keys. */
export const chargeSlots = (...keys: string[]): ChargeSlots => keys.map((key) => slotOf(quota, key));

/** What was told last. A 0 is as often a float that the firmware leaves so: a sister told with it or later goes first. */
function newestCharge(device: Device, slots: ChargeSlots): Told | null {
  const numbers = quotaOf(device);
  const isZero = (slot: number) => tell(numbers, slot) === 0;
  const ordered = [...slots.filter((slot) => !isZero(slot)), ...slots.filter(isZero)];
  return newestSoc(ordered.map((slot) => [numbers, slot] as const));
}

/** An idle station of several packs tells its charge anew when it changed by a tenth of a percent: that may take so long. */
const halfHourMs = 1_800_000;

/**
 * The state of charge over all packs. The main pack's word stands in where that is not renewed, but with extra packs it may say
 * more than there is (captured: 90 % of 84.6 %): then only after half an hour.
 */
export function chargeOf(
  device: Device,
  { all, main }: { all: ChargeSlots; main: ChargeSlots },
  generation: keyof typeof packPrefixes,
  now: Instant,
): Told | null {
  const overall = newestCharge(device, all);
  const told = overallSoc(overall, () => newestCharge(device, main), now);
  if (overall === null || told === null || now - overall.at > halfHourMs) return told;
  return told.value > overall.value && hasExtraPack(device, generation) ? overall : told;
}

const hasExtraPack = (device: Device, generation: keyof typeof packPrefixes) =>
  packPrefixes[generation].slice(1).some((prefix) => (keyOf(device, `${prefix}.soc`) ?? 0) > 0);

const percent = (value: number | null) => (value === null ? null : Math.min(100, Math.max(0, value)));

/** Each pack that told anything; null when none did. */
export function packsOf(device: Device, generation: keyof typeof packPrefixes): Module[] | null {
  const modules: Module[] = [];
  for (const [index, prefix] of packPrefixes[generation].entries()) {
    const told = (field: string) => keyOf(device, `${prefix}.${field}`);
    const float = told("f32ShowSoc");
    const soc = float === 0 ? (told("soc") ?? float) : (float ?? told("soc"));
    // Some stations write zeros for a pack that is not there.
    if (soc === null || (index > 0 && told("vol") === 0)) continue;
    modules.push({
      // Some extra packs say 0 for their number (Delta Pro), so the prefix decides: `bmsSlave2` is 2, `bms_slave` the only one.
      num: Number(/\d$/.exec(prefix)?.[0] ?? Math.min(index, 1)),
      soc: percent(soc),
      temp_celsius: firstOf(told("temp"), told("maxCellTemp")),
      soh: told("soh") || null,
      cycles: told("cycles"),
      in_watts: positiveOf(device, `${prefix}.inputWatts`),
      out_watts: positiveOf(device, `${prefix}.outputWatts`),
    });
  }
  return modules.length === 0 ? null : modules;
}

/** A pack in thousandths of a volt has more of them than this, one in volts (River 2) less: its current is in amperes then. */
const mostVolts = 1_000;
/** More than any pack gives: a broken figure. */
const mostWatts = 60_000;

/** Watts out of a pack by its current and voltage; null where they were not told or cannot be. */
function electricWatts(amp: number | null, vol: number | null): number | null {
  if (amp === null || vol === null) return null;
  const watts = (-amp * vol) / (vol < mostVolts ? 1 : 1_000_000);
  return Math.abs(watts) > mostWatts ? null : Math.max(0, watts);
}

/** Watts out of all packs. `outputWatts` stays 0 on some Delta 2 while they discharge, so current × voltage counts too. */
export function packWatts(device: Device, generation: keyof typeof packPrefixes): number | null {
  const watts = packPrefixes[generation].map((prefix) => {
    const electric = electricWatts(keyOf(device, `${prefix}.amp`), keyOf(device, `${prefix}.vol`));
    const own = positiveOf(device, `${prefix}.outputWatts`);
    return own === null ? electric : Math.max(own, electric ?? 0);
  });
  const sum = sumOf(...watts);
  return sum === null ? null : Math.round(sum * 10) / 10;
}

/** Full charge × nominal volts over all packs; null when no pack told it, or the model's volts are not known. */
export function packEnergy(
  device: Device,
  generation: keyof typeof packPrefixes,
  volts: number | null,
): number | null {
  if (volts === null) return null;
  const full = packPrefixes[generation].map((prefix) => keyOf(device, `${prefix}.fullCap`) || null);
  const sum = full[0] === null ? null : sumOf(...full);
  return sum === null ? null : Math.round((sum / 1000) * volts);
}

/**
 * Seconds by the first of these minutes that is a time: a parked figure leaves the word to the next, and 0 and −1 are as often
 * "not known" as the last minute, which the state of charge tells too.
 */
export function runtimeOf(...minutes: (number | null)[]): number | null {
  for (const told of minutes) {
    const seconds = secondsOf(told);
    if (seconds !== null && seconds > 0) return seconds;
  }
  return null;
}

/**
 * `pd.remainTime` as minutes to empty, for stations that write the time to full into the same field: it counts when it was told
 * no earlier than the sums by which they discharge.
 */
export function remainToEmpty(device: Device): number | null {
  const remain = keyOf(device, "pd.remainTime");
  const numbers = quotaOf(device);
  if (remain === null || numbers === null || remain === -1) return null;
  const at = (key: string) => timeAt(numbers, slotOf(quota, key));
  const began = Math.min(at("pd.wattsInSum"), at("pd.wattsOutSum"));
  return at("pd.remainTime") < began ? null : Math.abs(remain);
}

/** Keys that tell faults: of the boards, and of each pack. */
export const faultKeysOf = (generation: keyof typeof packPrefixes): string[] => [
  "pd.errCode",
  "inv.errCode",
  ...packPrefixes[generation].flatMap((prefix) => [`${prefix}.errCode`, `${prefix}.bmsFault`]),
];

/** Error codes that are not 0, by their key; null until one of the keys came. */
export function faultsOf(device: Device, keys: readonly string[]): string[] | null {
  const told = keys.filter((key) => keyOf(device, key) !== null);
  if (told.length === 0) return null;
  return told.filter((key) => keyOf(device, key) !== 0).map((key) => `${key} ${keyOf(device, key)}`);
}

/** A reading of which nothing is known, to be filled. */
export const emptyMeasured = (): Measured => ({
  soc: null,
  temp_celsius: null,
  ac_in_watts: null,
  ac_out_watts: null,
  in_watts: null,
  out_watts: null,
  solar_watts: null,
  charging: null,
  runtime_sec: null,
  capacity_wh: null,
  discharge_limit_percent: null,
  charge_limit_percent: null,
  modules: null,
  ac_out_on: null,
  ac_standby_min: null,
  output_memory: null,
  faults: null,
});

/** 1 on, 0 off; 255 and the like mean nothing. */
export const switchOf = (value: number | null) => (value === 0 ? false : value === 1 ? true : null);

/** The flow through the battery by the sums: more in than out charges. Null when a sum is missing. */
export function balance(inWatts: number | null, outWatts: number | null): number | null {
  return inWatts === null || outWatts === null ? null : inWatts - outWatts;
}
