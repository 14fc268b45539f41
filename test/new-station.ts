/** A recording of a station that our tables know in part, made by our own encoder: docs/new-station.md looks for fields in it. */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { type Entry, lineOf } from "../src/io/recording.ts";
import { encodePlain } from "../src/sim/encode.ts";
import { createSimStation, type SimStation } from "../src/sim/station.ts";

export const newSerial = "R655DEMO00000042";
export const fixture = "test/fixtures/new-station.jsonl";

const topic = `bridge-ecoflow/${newSerial}/data`;
const start = Date.parse("2026-03-01T12:00:00Z");
/** Seconds from the beginning at which somebody stood at the plug, and what he marked. */
const marks: Readonly<Record<number, string>> = {
  5: "present, with load",
  60: "lost, with load",
  150: "present, again",
  240: "lost, little load",
};
const endSec = 330;

/** A message that no table has: 1 counter, 3 mains in volts, 5 AC input in tenths of a watt, 7.2 temperature, 9 serial. */
function secret(sec: number, volts: number, watts: number): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Varint).uint32(sec / 5);
  writer.tag(3, WireType.Bit32).float(volts);
  writer.tag(5, WireType.Varint).uint32(Math.round(watts * 10));
  writer.tag(7, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.Varint).uint32(2);
  writer.tag(2, WireType.Varint).int32(295 + (sec % 3));
  writer.join();
  writer.tag(9, WireType.LengthDelimited).string(newSerial);
  return encodePlain(writer.finish(), { cmdFunc: 254, cmdId: 99 });
}

/** A field that the table of its message has not: 900, 1 while the plug is in. */
function flag(on: boolean): Uint8Array {
  const pdata = new BinaryWriter().tag(900, WireType.Varint).bool(on).finish();
  return encodePlain(pdata, { cmdFunc: 254, cmdId: 21 });
}

/** What happens to the station in a second, before it speaks. */
function happen(station: SimStation, sec: number): void {
  if (sec === 60 || sec === 240) station.setGrid(false);
  if (sec === 150) station.setGrid(true);
  if (sec === 240) station.setLoad(6);
}

/** What it says in a second, what our tables do not know at its end. */
function spoken(station: SimStation, sec: number): Uint8Array[] {
  const { gridUp, acInWatts } = station.state();
  const payloads = station.advance(1);
  if (sec % 5 === 0) payloads.push(secret(sec, gridUp ? 231.5 + (sec % 4) / 10 : 0, acInWatts));
  if (sec % 60 === 0 || sec in marks) payloads.push(flag(gridUp));
  return payloads;
}

/** The recording, entry by entry: the same each time. */
export function newStation(): Entry[] {
  const station = createSimStation({ serial: newSerial, socPercent: 60, loadWatts: 41 });
  return Array.from({ length: endSec + 1 }, (_, sec): Entry[] => {
    const at = start + sec * 1_000;
    const mark = marks[sec];
    happen(station, sec);
    const frames = spoken(station, sec).map((bytes, index): Entry => {
      return { at: at + 400 + index * 10, kind: "frame", sn: newSerial, topic, bytes };
    });
    return mark === undefined ? frames : [{ at: at + 300, kind: "mark", mark }, ...frames];
  }).flat();
}

/** The file's text. */
export const newStationText = () => `${newStation().map(lineOf).join("\n")}\n`;
