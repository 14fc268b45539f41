/** What a station's own frames have reported so far: the newest numbers of each message. */
import { bmsHeartBeatReport } from "./fields/bms-heartbeat.ts";
import { cmsHeartBeatReport } from "./fields/cms-heartbeat.ts";
import { displayPropertyUpload } from "./fields/display-property.ts";
import { runtimePropertyUpload } from "./fields/runtime-property.ts";
import type { Table } from "./fields/table.ts";
import { type Numbers, noNumbers } from "./numbers.ts";

/** A battery pack and the numbers of its own heartbeat. */
export interface Pack {
  /** 0 is the main pack. */
  readonly num: number;
  readonly numbers: Numbers;
}

/** Plain mutable data. A frame changes the numbers that it names and no others (R18). */
export interface Device {
  readonly display: Numbers;
  readonly runtime: Numbers;
  /** The heartbeat of the system over all packs. */
  readonly system: Numbers;
  /** In the order of their numbers. */
  packs: readonly Pack[];
  /** Every other message, from when it first came. Most stations send none of them. */
  others: ReadonlyMap<Table, Numbers>;
  /** Delta Pro Ultra: its packs by `bp_no`. */
  bigPacks: ReadonlyMap<number, Numbers>;
  /** The last payload contained a battery heartbeat. */
  heartbeat: boolean;
}

/** No station takes as many packs; a bound on memory for foreign bytes. */
export const mostPacks = 16;

/** Shared by all devices, because an empty map takes 330 bytes and most stations need none: 6.6 MB with 10 000 stations. */
const noOthers: ReadonlyMap<Table, Numbers> = new Map();
const noBigPacks: ReadonlyMap<number, Numbers> = new Map();

/** Makes the memory of a device that has not reported anything. */
export const createDevice = (): Device => ({
  display: noNumbers(displayPropertyUpload),
  runtime: noNumbers(runtimePropertyUpload),
  system: noNumbers(cmsHeartBeatReport),
  packs: [],
  others: noOthers,
  bigPacks: noBigPacks,
  heartbeat: false,
});

/** Returns where the numbers of a message are kept; `num` is the pack of a battery heartbeat. Null for an impossible pack. */
export function numbersOf(device: Device, table: Table, num: number): Numbers | null {
  if (table === displayPropertyUpload) return device.display;
  if (table === runtimePropertyUpload) return device.runtime;
  if (table === cmsHeartBeatReport) return device.system;
  if (table === bmsHeartBeatReport) {
    device.heartbeat = true;
    return isPackNumber(num) ? (packOf(device, num) ?? addPack(device, num)).numbers : null;
  }
  const known = device.others.get(table);
  if (known !== undefined) return known;
  const numbers = noNumbers(table);
  device.others = new Map(device.others).set(table, numbers);
  return numbers;
}

/** Returns the numbers of a Delta Pro Ultra's pack; null for an impossible pack. */
export function bigPackOf(device: Device, num: number, table: Table): Numbers | null {
  if (!isPackNumber(num)) return null;
  const known = device.bigPacks.get(num);
  if (known !== undefined) return known;
  const numbers = noNumbers(table);
  device.bigPacks = new Map(device.bigPacks).set(num, numbers);
  return numbers;
}

const isPackNumber = (num: number) => num >= 0 && num < mostPacks;

/** Adds a pack, in the order of the numbers. */
function addPack(device: Device, num: number): Pack {
  const pack = { num, numbers: noNumbers(bmsHeartBeatReport) };
  device.packs = [...device.packs, pack].sort((one, other) => one.num - other.num);
  return pack;
}

/** Returns the pack `num`, undefined until it reported. */
export const packOf = (device: Device, num: number): Pack | undefined =>
  device.packs.find((pack) => pack.num === num);
