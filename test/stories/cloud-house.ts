/** A house with one source of EcoFlow's cloud in memory, and a station that speaks through it. */
import type { Alarms } from "../../src/contract/messages/journal.ts";
import type { SourceHealth } from "../../src/contract/messages/station.ts";
import { encodeFrame } from "../../src/sim/encode.ts";
import { House, type HouseOptions } from "../house.ts";
import { onMains } from "../told.ts";
import { ToyCloud } from "./toy-cloud.ts";

export const river = "R655EMULATED0001";
export const delta = "R331EMULATED0001";
export const riverTopic = `/app/device/property/${river}`;
export const deltaTopic = `/open/open-abc/${delta}/quota`;

let seq = 0;
/** A frame of the River 3 that differs from the one before it; without `push` it is an answer. */
export const frame = (fields: typeof onMains, soc: number, push = true) =>
  encodeFrame(
    "DisplayPropertyUpload",
    { ...fields, cms_batt_soc: soc, ac_out_freq: 50 + (seq % 2) },
    { seq: ++seq, masked: push, push },
  );

/** A Delta 2 on the developer API: each module is a message of its own. */
export const module = (typeCode: string, params: object) => ({
  id: ++seq,
  version: "1.0",
  timestamp: 1,
  typeCode,
  params,
});

/** A cloud whose account has these stations. */
export function cloudWith(...serials: string[]) {
  const cloud = new ToyCloud();
  cloud.stations = serials.map((sn) => ({ sn, deviceName: sn === river ? "Study" : "Garage", online: 1 }));
  return cloud;
}

/** A house with the source, in which `Study` is the River 3. */
export async function houseWith(cloud: ToyCloud, source: object, more: HouseOptions = {}) {
  const house = await House.open({
    sources: [source as never],
    cloud: cloud.doors,
    stations: { Study: { serial: river } },
    ...more,
  });
  return house;
}

/** The River 3 pushes each 5 s what `says` holds. */
export function streaming(house: House, cloud: ToyCloud) {
  const says = { fields: onMains, soc: 60, silent: false };
  house.each(5, () => {
    if (!says.silent) cloud.push(riverTopic, frame(says.fields, says.soc));
  });
  return says;
}

/** The newest health of a source. */
export const health = (house: House, name: string) => house.of<SourceHealth>("source", name).at(-1);

/** The alarms about sources that stand. */
export const troubles = (house: House): Alarms["alarms"] =>
  house.standing().filter(({ code }) => code === "source-trouble");
