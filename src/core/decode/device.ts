/** What a station's own frames have said so far: every number with the instant of the last frame that named it. */
import { bmsHeartBeatReport } from "./fields/bms-heartbeat.ts";
import { cmsHeartBeatReport } from "./fields/cms-heartbeat.ts";
import { displayPropertyUpload } from "./fields/display-property.ts";
import { runtimePropertyUpload } from "./fields/runtime-property.ts";
import { sealTables, type Table } from "./fields/table.ts";

/** The numbers of one message by slot; NaN = never reported. A delta changes what it names and nothing else (R18). */
export interface Numbers {
  readonly values: Float64Array;
  /** The instant of the last frame that named the field, ms since boot. */
  readonly times: Float64Array;
}

export interface Device {
  readonly display: Numbers;
  readonly runtime: Numbers;
  readonly cms: Numbers;
  /** By `num`; told apart, never overwritten by each other. */
  readonly packs: Map<number, Numbers>;
  /** Every other message that the device spoke, made when it first does. */
  readonly others: Map<Table, Numbers>;
  /** Delta Pro Ultra: its packs by `bp_no`. */
  readonly bigPacks: Map<number, Numbers>;
  /** The last payload carried a battery heartbeat. */
  heartbeat: boolean;
}

/** More packs than any station takes. */
export const mostPacks = 16;

/** Numbers of which none was told yet. */
export const makeMemory = (table: Table): Numbers => ({
  values: new Float64Array(table.slots).fill(Number.NaN),
  times: new Float64Array(table.slots).fill(Number.NaN),
});

/** A device that said nothing yet. */
export function createDevice(): Device {
  sealTables();
  return {
    display: makeMemory(displayPropertyUpload),
    runtime: makeMemory(runtimePropertyUpload),
    cms: makeMemory(cmsHeartBeatReport),
    packs: new Map(),
    others: new Map(),
    bigPacks: new Map(),
    heartbeat: false,
  };
}

/** Where the numbers of a message belong; `num` tells the packs of a battery heartbeat apart. Null for a pack that cannot be. */
export function targetOf(device: Device, table: Table, num: number): Numbers | null {
  if (table === displayPropertyUpload) return device.display;
  if (table === runtimePropertyUpload) return device.runtime;
  if (table === cmsHeartBeatReport) return device.cms;
  if (table === bmsHeartBeatReport) {
    device.heartbeat = true;
    return packOf(device, num);
  }
  return othersOf(device, table);
}

function othersOf(device: Device, table: Table): Numbers {
  let numbers = device.others.get(table);
  if (numbers === undefined) {
    numbers = makeMemory(table);
    device.others.set(table, numbers);
  }
  return numbers;
}

function packOf(device: Device, num: number): Numbers | null {
  if (!(num >= 0 && num < mostPacks)) return null;
  let pack = device.packs.get(num);
  if (pack === undefined) {
    pack = makeMemory(bmsHeartBeatReport);
    device.packs.set(num, pack);
  }
  return pack;
}
