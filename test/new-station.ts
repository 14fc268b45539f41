/** Makes a recording, with our own encoder, of a station that our tables know in part; docs/new-station.md finds fields in it. */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { type Entry, lineOf } from "../src/io/recording.ts";
import { encodeFrame, encodePlain, type Fields, type MessageName } from "../src/sim/encode.ts";

export const newSerial = "R655DEMO00000042";
export const fixture = "test/fixtures/new-station.jsonl";

const topic = `bridge-ecoflow/${newSerial}/data`;
const start = Date.parse("2026-03-01T12:00:00Z");
/** Seconds from the beginning at which a person changed the plug, and the mark. */
const marks: Readonly<Record<number, string>> = {
  5: "present, with load",
  60: "lost, with load",
  150: "present, again",
  240: "lost, little load",
};
const endSec = 330;
const chargeWatts = 300;

/** The true state in one second. */
function truthOf(sec: number) {
  const gridUp = sec < 60 || (sec >= 150 && sec < 240);
  const loadWatts = sec < 240 ? 41 : 6;
  const acInWatts = gridUp ? loadWatts + chargeWatts : 0;
  const batteryWatts = gridUp ? -chargeWatts : loadWatts + 8;
  return { gridUp, loadWatts, acInWatts, batteryWatts, soc: 60 + sec / 100 };
}

type Truth = ReturnType<typeof truthOf>;

function displayOf({ gridUp, loadWatts, acInWatts, soc }: Truth): Record<string, number | boolean> {
  return {
    pow_in_sum_w: acInWatts,
    pow_out_sum_w: loadWatts,
    pow_get_ac_in: acInWatts,
    plug_in_info_ac_charger_flag: gridUp,
    bms_max_cell_temp: 31,
    cms_batt_soc: Math.round(soc * 2) / 2,
    cms_dsg_rem_time: gridUp ? 5_939 : 180,
    cms_chg_dsg_state: gridUp ? 2 : 1,
    pow_get_pv: 0,
  };
}

/** Returns everything each two minutes, else what changed. */
function display(sec: number): Uint8Array[] {
  const [now, before] = [displayOf(truthOf(sec)), displayOf(truthOf(sec - 2))];
  const fields = Object.entries(now).filter(([name, value]) => sec % 120 === 0 || before[name] !== value);
  return fields.length === 0 ? [] : [masked("DisplayPropertyUpload", Object.fromEntries(fields), 2, sec)];
}

function battery(sec: number): Uint8Array {
  const { batteryWatts, soc } = truthOf(sec);
  const [into, out] = [Math.max(0, -batteryWatts), Math.max(0, batteryWatts)];
  const fields = { num: 0, soc: Math.round(soc), temp: 31, cycles: 12, input_watts: into, output_watts: out };
  return masked("BMSHeartBeatReport", { ...fields, chg_dsg_state: batteryWatts < 0 ? 2 : 1 }, 7, sec);
}

/** Its voltage, and the upload periods that it reports. */
function runtime(sec: number): Uint8Array {
  const periods = {
    display_property_full_upload_period: 120_000,
    runtime_property_full_upload_period: 300_000,
  };
  return masked("RuntimePropertyUpload", { plug_in_info_ac_out_vol: 230, ...periods }, 2, sec);
}

/** River 3 masks everything (captured). */
const masked = (message: MessageName, fields: Fields, src: number, sec: number) =>
  encodeFrame(message, fields, { src, seq: 21_738_000 + sec, masked: true, productId: 17_665 });

/** A message in no table: 1 counter, 3 mains in volts, 5 AC input in tenths of a watt, 7.2 temperature, 9 serial. */
function secret(sec: number): Uint8Array {
  const { gridUp, acInWatts } = truthOf(sec);
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Varint).uint32(sec / 5);
  writer.tag(3, WireType.Bit32).float(gridUp ? 231.5 + (sec % 4) / 10 : 0);
  writer.tag(5, WireType.Varint).uint32(acInWatts * 10);
  writer.tag(7, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.Varint).uint32(2);
  writer.tag(2, WireType.Varint).int32(295 + (sec % 3));
  writer.join();
  writer.tag(9, WireType.LengthDelimited).string(newSerial);
  return encodePlain(writer.finish(), { cmdFunc: 254, cmdId: 99 });
}

/** A field that is not in the table of its message: 900, 1 while the plug is in. */
function flag(sec: number): Uint8Array {
  const pdata = new BinaryWriter().tag(900, WireType.Varint).bool(truthOf(sec).gridUp).finish();
  return encodePlain(pdata, { cmdFunc: 254, cmdId: 21 });
}

/** Returns the payloads of a second; those unknown to our tables come last. */
function spoken(sec: number): Uint8Array[] {
  return [
    ...(sec % 2 === 0 ? display(sec) : []),
    ...(sec % 300 === 0 ? [runtime(sec)] : []),
    ...(sec % 15 === 0 ? [battery(sec)] : []),
    ...(sec % 5 === 0 ? [secret(sec)] : []),
    ...(sec % 60 === 0 || sec in marks ? [flag(sec)] : []),
  ];
}

/** Returns the entries of the recording, the same each time. */
export function newStation(): Entry[] {
  return Array.from({ length: endSec + 1 }, (_, sec): Entry[] => {
    const at = start + sec * 1_000;
    const mark = marks[sec];
    const frames = spoken(sec).map((bytes, index): Entry => {
      return { at: at + 400 + index * 10, kind: "frame", sn: newSerial, topic, bytes };
    });
    return mark === undefined ? frames : [{ at: at + 300, kind: "mark", mark }, ...frames];
  }).flat();
}

/** Returns the text of the file. */
export const newStationText = () => `${newStation().map(lineOf).join("\n")}\n`;
