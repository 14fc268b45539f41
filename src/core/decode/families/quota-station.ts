/** What the JSON stations have in common: charge, packs, sums, minutes left, faults (docs/protocol.md). */
import type { Instant, Module } from "../../reading.ts";
import type { Device } from "../device.ts";
import { packPrefixes, quota } from "../fields/quota.ts";
import { indexesOf } from "../fields/table.ts";
import { type Numbers, timeAt, valueAt } from "../numbers.ts";
import { firstOf, newestSoc, overallSoc, percent, type Sample, secondsOf, sumOf } from "./family.ts";

/** Returns the index of a JSON key; throws on a key that the table does not have. */
export const indexOf = indexesOf(quota);

/** Returns the numbers of a station's JSON; undefined until one came. */
export const quotaOf = ({ others }: Device): Numbers | undefined => others.get(quota);

/** Returns a number by its JSON key; null until it came. */
export const keyOf = (device: Device, key: string): number | null => valueAt(quotaOf(device), indexOf(key));

/** Returns when a JSON key was last named, ms since boot; −∞ until it came. */
export const keyTime = (device: Device, key: string): Instant => timeAt(quotaOf(device), indexOf(key));

/** Returns watts or a setting by its key; a negative one is broken and counts as unknown. */
export function positiveOf(device: Device, key: string): number | null {
  const value = keyOf(device, key);
  return value === null || value < 0 ? null : value;
}

/** Returns the minutes without load until the AC output goes off, 0 = never; a River mini's 65535 is unknown (tolwi/hassio-ecoflow-cloud#501). */
export function standbyOf(device: Device, key: string): number | null {
  const minutes = positiveOf(device, key);
  return minutes === 65_535 ? null : minutes;
}

/** Returns the JSON keys that came. */
export const knownKeys = (device: Device): string[] =>
  quotaOf(device) === undefined ? [] : [...quota.indexes.keys()].filter((key) => keyOf(device, key) !== null);

/** Returns the newest of these keys. A 0 is often a float that the firmware does not fill, so any other key goes first. */
export function newestCharge(device: Device, keys: readonly string[]): Sample | null {
  const isZero = (key: string) => keyOf(device, key) === 0;
  const ordered = [...keys.filter((key) => !isZero(key)), ...keys.filter(isZero)];
  return newestSoc(ordered.map((key) => [quotaOf(device), indexOf(key)] as const));
}

/** The keys of a state of charge, in the order of trust. */
export interface ChargeKeys {
  /** Over all packs. */
  readonly all: readonly string[];
  /** Of the main pack alone. */
  readonly main: readonly string[];
}

type Generation = keyof typeof packPrefixes;

/** An idle station of several packs reports its charge only when it changed by a tenth of a percent, which may take this long. */
const halfHourMs = 1_800_000;

/**
 * Returns the state of charge over all packs. The main pack's stands in where that is not renewed; with extra packs it may be too
 * high (captured: 90 % of 84.6 %), so a higher one stands in only after half an hour.
 */
export function chargeOf(
  device: Device,
  { all, main }: ChargeKeys,
  generation: Generation,
  now: Instant,
): Sample | null {
  const overall = newestCharge(device, all);
  const soc = overallSoc(overall, () => newestCharge(device, main), now);
  if (overall === null || soc === null || now - overall.at > halfHourMs) return soc;
  return soc.value > overall.value && hasExtraPack(device, generation) ? overall : soc;
}

const hasExtraPack = (device: Device, generation: Generation) =>
  packPrefixes[generation].slice(1).some((prefix) => (keyOf(device, `${prefix}.soc`) ?? 0) > 0);

/** Returns each pack that reported a state of charge; null when none did. */
export function packsOf(device: Device, generation: Generation): Module[] | null {
  const modules: Module[] = [];
  for (const [index, prefix] of packPrefixes[generation].entries()) {
    const field = (name: string) => keyOf(device, `${prefix}.${name}`);
    const float = field("f32ShowSoc");
    const soc = float === 0 ? (field("soc") ?? float) : (float ?? field("soc"));
    // Some stations write zeros for a pack that is not there.
    if (soc === null || (index > 0 && field("vol") === 0)) continue;
    modules.push({
      // Some extra packs report 0 as their number (Delta Pro), so the prefix decides: `bmsSlave2` is 2, `bms_slave` the only one.
      num: Number(/\d$/.exec(prefix)?.[0] ?? Math.min(index, 1)),
      soc: percent(soc),
      temp_celsius: firstOf(field("temp"), field("maxCellTemp")),
      soh: field("soh") || null,
      cycles: field("cycles"),
      in_watts: positiveOf(device, `${prefix}.inputWatts`),
      out_watts: positiveOf(device, `${prefix}.outputWatts`),
    });
  }
  return modules.length === 0 ? null : modules;
}

/** A voltage below this is in volts with amperes beside it (River 2), else in millivolts with milliamperes. */
const mostVolts = 1_000;
/** No pack gives more: the figure is broken. */
const mostWatts = 60_000;

/** Returns the watts out of a pack by its current and voltage; null if they are unknown or impossible. */
function electricWatts(amp: number | null, vol: number | null): number | null {
  if (amp === null || vol === null) return null;
  const watts = (-amp * vol) / (vol < mostVolts ? 1 : 1_000_000);
  return Math.abs(watts) > mostWatts ? null : Math.max(0, watts);
}

/** Returns the watts out of all packs. `outputWatts` stays 0 on some Delta 2 while they discharge, so current × voltage counts too. */
export function packWatts(device: Device, generation: Generation): number | null {
  const watts = packPrefixes[generation].map((prefix) => {
    const electric = electricWatts(keyOf(device, `${prefix}.amp`), keyOf(device, `${prefix}.vol`));
    const own = positiveOf(device, `${prefix}.outputWatts`);
    return own === null ? electric : Math.max(own, electric ?? 0);
  });
  const sum = sumOf(...watts);
  return sum === null ? null : Math.round(sum * 10) / 10;
}

/** Returns full charge × nominal volts over all packs; null until the main pack reported, or if the model's volts are unknown. */
export function packEnergy(device: Device, generation: Generation, volts: number | null): number | null {
  if (volts === null) return null;
  const full = packPrefixes[generation].map((prefix) => keyOf(device, `${prefix}.fullCap`) || null);
  const sum = full[0] === null ? null : sumOf(...full);
  return sum === null ? null : Math.round((sum / 1000) * volts);
}

/**
 * Returns the first of these minutes that is a time, in seconds. 0 and −1 are skipped: they are as often "not known" as the last
 * minute, which the state of charge shows as well.
 */
export function runtimeOf(...minutes: (number | null)[]): number | null {
  for (const figure of minutes) {
    const seconds = secondsOf(figure);
    if (seconds !== null && seconds > 0) return seconds;
  }
  return null;
}

/**
 * Returns `pd.remainTime` as minutes to empty. Some stations write the time to full into the same field, so it counts only if it is
 * not older than the sums that show the discharge.
 */
export function remainToEmpty(device: Device): number | null {
  const remain = keyOf(device, "pd.remainTime");
  if (remain === null || remain === -1) return null;
  const began = Math.min(keyTime(device, "pd.wattsInSum"), keyTime(device, "pd.wattsOutSum"));
  return keyTime(device, "pd.remainTime") < began ? null : Math.abs(remain);
}

/** Returns the keys of error codes: of the boards, and of each pack. */
export const faultKeysOf = (generation: Generation): string[] => [
  "pd.errCode",
  "inv.errCode",
  ...packPrefixes[generation].flatMap((prefix) => [`${prefix}.errCode`, `${prefix}.bmsFault`]),
];

/** Returns the error codes that are not 0, each after its key; null until one of the keys came. */
export function faultsOf(device: Device, keys: readonly string[]): string[] | null {
  const known = keys.filter((key) => keyOf(device, key) !== null);
  if (known.length === 0) return null;
  return known.filter((key) => keyOf(device, key) !== 0).map((key) => `${key} ${keyOf(device, key)}`);
}

/** Returns true for 1 and false for 0; 255 and the like mean nothing. */
export const switchOf = (value: number | null) => (value === 0 ? false : value === 1 ? true : null);

/** Returns the flow into the battery by the sums, in watts; null if a sum is unknown. */
export function balance(inWatts: number | null, outWatts: number | null): number | null {
  return inWatts === null || outWatts === null ? null : inWatts - outWatts;
}
