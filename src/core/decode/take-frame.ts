/** One protobuf frame into a device's memory. */
import type { Instant } from "../reading.ts";
import { takeNamed } from "./by-name.ts";
import { type Device, keepNumber, placeOf } from "./device.ts";
import type { Frame } from "./envelope.ts";
import { bmsHeartBeatReport } from "./fields/bms-heartbeat.ts";
import { bpInfoReport } from "./fields/delta-pro-ultra.ts";
import { slotOf } from "./fields/table.ts";
import { alternatorCharger, messageOf } from "./index.ts";
import { readNamed } from "./named.ts";
import { makeNumbers, readNumbers } from "./numbers.ts";

const packNumber = slotOf(bmsHeartBeatReport, "num");
const walk = makeNumbers();

/** Merges one frame; true when at least one known field came with it. A frame that does not parse changes nothing. */
export function takeFrame(device: Device, frame: Frame, at: Instant): boolean {
  if (frame.src === alternatorCharger) return false;
  const table = messageOf(frame);
  if (table === null) return false;
  if (table === bpInfoReport) return takeNamed(device, table, readNamed(table, frame.pdata) ?? {}, at);
  if (!readNumbers(table, frame.pdata, walk) || walk.known === 0) return false;
  const num = table === bmsHeartBeatReport ? packNum() : 0;
  const place = placeOf(device, table, num);
  if (place === null) return false;
  for (let i = 0; i < walk.count; i++) {
    keepNumber(place.numbers, place.begin + (walk.slots[i] as number), walk.values[i] as number, at);
  }
  return true;
}

/** `num` of the walked heartbeat, the last one where it stands twice; absent means 0, as everywhere in protobuf. */
function packNum(): number {
  for (let i = walk.count - 1; i >= 0; i--) if (walk.slots[i] === packNumber) return walk.values[i] as number;
  return 0;
}
