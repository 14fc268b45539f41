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
  /** Every other message, from when it first came. */
  readonly others: Map<Table, Numbers>;
  /** Delta Pro Ultra: its packs by `bp_no`. */
  readonly bigPacks: Map<number, Numbers>;
  /** The last payload contained a battery heartbeat. */
  heartbeat: boolean;
}

/** No station takes as many packs; a bound on memory for foreign bytes. */
export const mostPacks = 16;

/** Makes the memory of a device that has not reported anything. */
export const createDevice = (): Device => ({
  display: noNumbers(displayPropertyUpload),
  runtime: noNumbers(runtimePropertyUpload),
  system: noNumbers(cmsHeartBeatReport),
  packs: [],
  others: new Map(),
  bigPacks: new Map(),
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
  return entryOf(device.others, table, table);
}

/** Returns the numbers of a Delta Pro Ultra's pack; null for an impossible pack. */
export const bigPackOf = ({ bigPacks }: Device, num: number, table: Table): Numbers | null =>
  isPackNumber(num) ? entryOf(bigPacks, num, table) : null;

const isPackNumber = (num: number) => num >= 0 && num < mostPacks;

function entryOf<K>(map: Map<K, Numbers>, key: K, table: Table): Numbers {
  const numbers = map.get(key) ?? noNumbers(table);
  map.set(key, numbers);
  return numbers;
}

/** Adds a pack, in the order of the numbers. */
function addPack(device: Device, num: number): Pack {
  const pack = { num, numbers: noNumbers(bmsHeartBeatReport) };
  device.packs = [...device.packs, pack].sort((one, other) => one.num - other.num);
  return pack;
}

/** Returns the pack `num`, undefined until it reported. */
export const packOf = (device: Device, num: number): Pack | undefined =>
  device.packs.find((pack) => pack.num === num);
