/** What a station's own frames have said so far: every number with the instant of the last frame that named it. */
import type { Instant } from "../reading.ts";
import type { Frame } from "./envelope.ts";
import { bmsHeartBeatReport } from "./fields/bms-heartbeat.ts";
import { cmsHeartBeatReport } from "./fields/cms-heartbeat.ts";
import { displayPropertyUpload } from "./fields/display-property.ts";
import { runtimePropertyUpload } from "./fields/runtime-property.ts";
import { slotOf, type Table } from "./fields/table.ts";
import { alternatorCharger, messageOf } from "./index.ts";
import { makeNumbers, readNumbers } from "./numbers.ts";

/** The numbers of one message by slot; NaN = never reported. A delta changes what it names and nothing else (R18). */
export interface Numbers {
  readonly values: Float64Array;
  /** The instant of the last frame that named the field. */
  readonly times: Float64Array;
}

export interface Device {
  readonly display: Numbers;
  readonly runtime: Numbers;
  readonly cms: Numbers;
  /** By `num`; told apart, never overwritten by each other. */
  readonly packs: Map<number, Numbers>;
  /** The last payload carried a battery heartbeat. */
  heartbeat: boolean;
}

/** More packs than any station takes. */
const mostPacks = 16;
const packNumber = slotOf(bmsHeartBeatReport, "num");

const makeMemory = (table: Table): Numbers => ({
  values: new Float64Array(table.slots).fill(Number.NaN),
  times: new Float64Array(table.slots).fill(Number.NaN),
});

/** A device that said nothing yet. */
export function createDevice(): Device {
  return {
    display: makeMemory(displayPropertyUpload),
    runtime: makeMemory(runtimePropertyUpload),
    cms: makeMemory(cmsHeartBeatReport),
    packs: new Map(),
    heartbeat: false,
  };
}

const walk = makeNumbers();

/** Merges one frame; true when at least one known number came with it. A frame that does not parse changes nothing. */
export function takeFrame(device: Device, frame: Frame, at: Instant): boolean {
  if (frame.src === alternatorCharger) return false;
  const table = messageOf(frame);
  if (table === null || !readNumbers(table, frame.pdata, walk) || walk.count === 0) return false;
  const target = targetOf(device, table);
  if (target === null) return false;
  const { values, times } = target;
  for (let i = 0; i < walk.count; i++) {
    const slot = walk.slots[i] as number;
    values[slot] = walk.values[i] as number;
    times[slot] = at;
  }
  return true;
}

function targetOf(device: Device, table: Table): Numbers | null {
  if (table === displayPropertyUpload) return device.display;
  if (table === runtimePropertyUpload) return device.runtime;
  if (table === cmsHeartBeatReport) return device.cms;
  device.heartbeat = true;
  return packOf(device, packNum());
}

/** `num` of the walked heartbeat; absent means 0, as everywhere in protobuf. */
function packNum(): number {
  for (let i = 0; i < walk.count; i++) if (walk.slots[i] === packNumber) return walk.values[i] as number;
  return 0;
}

function packOf(device: Device, num: number): Numbers | null {
  if (num >= mostPacks) return null;
  let pack = device.packs.get(num);
  if (pack === undefined) {
    pack = makeMemory(bmsHeartBeatReport);
    device.packs.set(num, pack);
  }
  return pack;
}
