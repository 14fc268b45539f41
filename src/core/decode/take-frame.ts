/** Takes one protobuf frame into a device's memory. */
import type { Instant } from "../reading.ts";
import { takeNamed } from "./by-name.ts";
import { type Device, numbersOf } from "./device.ts";
import type { Frame } from "./envelope.ts";
import { bmsHeartBeatReport } from "./fields/bms-heartbeat.ts";
import { bpInfoReport } from "./fields/delta-pro-ultra.ts";
import { indexesOf } from "./fields/table.ts";
import { alternatorCharger, messageOf } from "./index.ts";
import { readNamed } from "./named.ts";
import { type Found, keep } from "./numbers.ts";
import { readNumbers } from "./walk.ts";

const packNumber = indexesOf(bmsHeartBeatReport)("num");

/** Merges one frame; returns whether it had a known field. A frame that does not parse changes nothing. */
export function takeFrame(device: Device, frame: Frame, at: Instant): boolean {
  if (frame.src === alternatorCharger) return false;
  const table = messageOf(frame);
  if (table === null) return false;
  if (table === bpInfoReport) return takeNamed(device, table, readNamed(table, frame.pdata) ?? {}, at);
  const found = readNumbers(table, frame.pdata);
  if (found === null || found.known === 0) return false;
  const numbers = numbersOf(device, table, table === bmsHeartBeatReport ? packNumberIn(found) : 0);
  if (numbers === null) return false;
  keep(numbers, found, at);
  return true;
}

/** Returns the `num` of a heartbeat, the last one if it is named twice. Absent means 0, as everywhere in protobuf. */
function packNumberIn({ indexes, values }: Found): number {
  return values[indexes.lastIndexOf(packNumber)] ?? 0;
}
