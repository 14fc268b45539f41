/** What a station's own frames have said so far: every number with the instant of the last frame that named it. */
import type { Instant } from "../reading.ts";
import { bmsHeartBeatReport } from "./fields/bms-heartbeat.ts";
import { displayPropertyUpload } from "./fields/display-property.ts";
import { sealTables, type Table } from "./fields/table.ts";

/**
 * The numbers of a message, each followed by the instant of the last frame that named it (ms since boot): NaN = never reported.
 * A delta changes what it names and nothing else (R18). A plain array: of thousands of stations each number is one miss of the
 * processor's cache less than in typed arrays of their own (measured).
 */
export type Numbers = number[];

/** The number in a slot (`slotOf`); NaN = never reported. */
export const valueAt = (numbers: Numbers, slot: number) => numbers[slot] as number;

/** When the number in a slot was last named, ms since boot; NaN = never. */
export const timeAt = (numbers: Numbers, slot: number): Instant => numbers[slot + 1] as number;

/** Keeps a number that was named at `at`. */
export function keepNumber(numbers: Numbers, slot: number, value: number, at: Instant): void {
  numbers[slot] = value;
  numbers[slot + 1] = at;
}

/** One battery pack's own heartbeat. */
export interface Pack {
  readonly num: number;
  readonly numbers: Numbers;
}

export interface Device {
  /** Of Display, Runtime and the system's heartbeat, which share their slots. */
  readonly board: Numbers;
  /** As first heard; told apart, never overwritten by each other. */
  packs: readonly Pack[];
  /** Every other message that the device spoke, made when it first does. */
  others: ReadonlyMap<Table, Numbers>;
  /** Delta Pro Ultra: its packs by `bp_no`. */
  bigPacks: ReadonlyMap<number, Numbers>;
  /** The last payload carried a battery heartbeat. */
  heartbeat: boolean;
}

/** More packs than any station takes. */
export const mostPacks = 16;

/** Numbers of which none was told yet. */
export const makeMemory = (table: Table): Numbers => new Array<number>(table.slots.taken).fill(Number.NaN);

// Shared by all stations and replaced when something comes: most never have any.
const noPacks: readonly Pack[] = [];
const noOthers: Device["others"] = new Map();
const noBigPacks: Device["bigPacks"] = new Map();

/** A device that said nothing yet. */
export function createDevice(): Device {
  sealTables();
  return {
    board: makeMemory(displayPropertyUpload),
    packs: noPacks,
    others: noOthers,
    bigPacks: noBigPacks,
    heartbeat: false,
  };
}

/** Where the numbers of a message belong; `num` tells the packs of a battery heartbeat apart. Null for a pack that cannot be. */
export function targetOf(device: Device, table: Table, num: number): Numbers | null {
  if (table.slots === displayPropertyUpload.slots) return device.board;
  if (table === bmsHeartBeatReport) {
    device.heartbeat = true;
    return heartbeatOf(device, num);
  }
  return othersOf(device, table);
}

function othersOf(device: Device, table: Table): Numbers {
  let numbers = device.others.get(table);
  if (numbers === undefined) {
    numbers = makeMemory(table);
    device.others = new Map(device.others).set(table, numbers);
  }
  return numbers;
}

function heartbeatOf(device: Device, num: number): Numbers | null {
  if (!(num >= 0 && num < mostPacks)) return null;
  const heard = packOf(device, num);
  if (heard !== undefined) return heard;
  const numbers = makeMemory(bmsHeartBeatReport);
  // Not by a spread, which leaves room for 16 more.
  device.packs = device.packs.concat({ num, numbers });
  return numbers;
}

/** The numbers of the pack `num`, once it was heard. A loop: a station has one or two. */
export function packOf(device: Device, num: number): Numbers | undefined {
  for (const pack of device.packs) if (pack.num === num) return pack.numbers;
  return undefined;
}
