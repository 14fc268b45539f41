/** What a station's own frames have said so far: every number with the instant of the last frame that named it. */
import type { Instant } from "../reading.ts";
import { bmsHeartBeatReport } from "./fields/bms-heartbeat.ts";
import { displayPropertyUpload } from "./fields/display-property.ts";
import { sealTables, slotOf, type Table } from "./fields/table.ts";

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

/** A battery pack, by the place where the numbers of its own heartbeat begin among its device's: a slot of one is `pack + slot`. */
export type Pack = number;

export interface Device {
  /**
   * Of Display, Runtime and the system's heartbeat, which share their slots; behind them those of each pack, in the order of
   * their numbers. In one piece: a pack of its own would be five misses of the processor's cache a frame (measured).
   */
  board: Numbers;
  /** Told apart, never overwritten by each other. */
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

/** Where so many packs lie; shared by all stations. */
const places: (readonly Pack[])[] = [];
const packNumber = slotOf(bmsHeartBeatReport, "num");
/** So many packs have their place from the start: a board that has to move leaves its station's other memory (measured). */
const packsExpected = 2;

// Shared by all stations and replaced when something comes: most never have any.
const noOthers: Device["others"] = new Map();
const noBigPacks: Device["bigPacks"] = new Map();

/** A device that said nothing yet. */
export function createDevice(): Device {
  sealTables();
  const board = displayPropertyUpload.slots.taken + packsExpected * bmsHeartBeatReport.slots.taken;
  return {
    board: new Array<number>(board).fill(Number.NaN),
    packs: placesOf(0),
    others: noOthers,
    bigPacks: noBigPacks,
    heartbeat: false,
  };
}

/** Where the numbers of a message lie: slot 0 of its table is `begin`. */
export interface Place {
  numbers: Numbers;
  begin: number;
}

/** The place of the last call, kept so that none is allocated. Read before the next one. */
const place: Place = { numbers: [], begin: 0 };

/** Where the numbers of a message belong; `num` tells the packs of a battery heartbeat apart. Null for a pack that cannot be. */
export function placeOf(device: Device, table: Table, num: number): Place | null {
  place.begin = 0;
  if (table === bmsHeartBeatReport) {
    device.heartbeat = true;
    const pack = heartbeatOf(device, num);
    if (pack === null) return null;
    place.begin = pack;
  }
  const isBoard = table.slots === displayPropertyUpload.slots || table === bmsHeartBeatReport;
  place.numbers = isBoard ? device.board : othersOf(device, table);
  return place;
}

function othersOf(device: Device, table: Table): Numbers {
  let numbers = device.others.get(table);
  if (numbers === undefined) {
    numbers = makeMemory(table);
    device.others = new Map(device.others).set(table, numbers);
  }
  return numbers;
}

function heartbeatOf(device: Device, num: number): Pack | null {
  if (!(num >= 0 && num < mostPacks)) return null;
  return packOf(device, num) ?? addPack(device, num);
}

/** Begins a pack, so that the packs stay in the order of their numbers; answers where. */
function addPack(device: Device, num: number): Pack {
  const { board } = device;
  const packSize = bmsHeartBeatReport.slots.taken;
  const before = device.packs.filter((pack) => numOf(device, pack) < num).length;
  device.packs = placesOf(device.packs.length + 1);
  const pack = device.packs[before] as Pack;
  const end = (device.packs.at(-1) as Pack) + packSize;
  while (board.length < end) board.push(Number.NaN);
  board.copyWithin(pack + packSize, pack, end - packSize);
  board.fill(Number.NaN, pack, pack + packSize);
  board[pack + packNumber] = num;
  return pack;
}

function placesOf(count: number): readonly Pack[] {
  const begin = displayPropertyUpload.slots.taken;
  const packSize = bmsHeartBeatReport.slots.taken;
  places[count] ??= Array.from({ length: count }, (_, i) => begin + i * packSize);
  return places[count];
}

/** The number that a pack calls itself by: 0 is the main one. */
export const numOf = (device: Device, pack: Pack) => valueAt(device.board, pack + packNumber);

/** The pack `num`, once it was heard. A loop: a station has one or two. */
export function packOf(device: Device, num: number): Pack | undefined {
  for (const pack of device.packs) if (numOf(device, pack) === num) return pack;
  return undefined;
}
