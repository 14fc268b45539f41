/** Reads a scene from a file's content; every mistake is one sentence. */
import { z } from "zod";
import { modelOf } from "../../core/decode/models.ts";
import { type CloudAct, type CloudMoment, type CloudScene, quietScene } from "./scene.ts";

const percent = z.number().min(0).max(100);
const watts = z.number().min(0).max(100_000);
const sec = z.number().min(0).max(10_000_000);
const account = z.enum(["open", "app"]);
const station = z.string();

const stationSetup = z.strictObject({
  serial: z.string().regex(/^[A-Z0-9]{16}$/, "must be 16 capital letters and digits"),
  name: z.string().min(1),
  socPercent: percent,
  loadWatts: watts,
  solarWatts: watts.exactOptional(),
  capacityWh: z.number().positive().exactOptional(),
  dischargeLimitPercent: percent.exactOptional(),
  chargeLimitPercent: percent.exactOptional(),
  chargeWatts: watts.exactOptional(),
  isShared: z.boolean().exactOptional(),
});

const act = z.discriminatedUnion("do", [
  z.strictObject({ do: z.literal("grid"), station, up: z.boolean() }),
  z.strictObject({ do: z.literal("load"), station, watts }),
  z.strictObject({ do: z.literal("solar"), station, watts }),
  z.strictObject({
    do: z.literal("link"),
    station,
    link: z.enum(["live", "frozen", "repeating", "offline"]),
  }),
  z.strictObject({ do: z.literal("withdraw"), station, isServed: z.boolean() }),
  z.strictObject({ do: z.literal("silence"), station: station.exactOptional() }),
  z.strictObject({ do: z.literal("rival"), account, sec }),
  z.strictObject({ do: z.literal("busy"), sec }),
  z.strictObject({ do: z.literal("throttle"), quotaSec: sec, certificationSec: sec }),
  z.strictObject({ do: z.literal("maintenance"), sec }),
  z.strictObject({
    do: z.literal("answer"),
    path: z.string().startsWith("/"),
    code: z.string(),
    message: z.string().exactOptional(),
    times: z.int().positive(),
  }),
  z.strictObject({ do: z.literal("hang"), sec }),
  z.strictObject({ do: z.literal("expire"), account }),
  z.strictObject({ do: z.literal("restart"), sec }),
  z.strictObject({ do: z.literal("unreachable"), sec }),
  z.strictObject({ do: z.literal("region"), region: z.enum(["right", "refuses", "mute"]) }),
  z.strictObject({ do: z.literal("clock"), offsetSec: z.number() }),
  z.strictObject({
    do: z.literal("certificate"),
    fault: z.enum(["none", "expired", "wrong-name", "foreign"]),
  }),
]);

const file = z.strictObject({
  stations: z
    .array(stationSetup)
    .min(1)
    .default([...quietScene.stations]),
  timeline: z.array(z.looseObject({ at: sec })).default([]),
});

/** The lines whose messages the emulation can make. */
const spoken: ReadonlySet<string> = new Set(["river3", "delta3", "deltapro3", "delta2", "deltapro"]);

/** Returns the scene of a parsed file (JSON or YAML), or what is wrong with it and where. Stations may be called by name. */
export function readScene(value: unknown): CloudScene | { problem: string } {
  const parsed = file.safeParse(value ?? {});
  if (!parsed.success) return { problem: sentenceOf(parsed.error, []) };
  const { stations, timeline } = parsed.data;
  for (const [index, { serial }] of stations.entries()) {
    const problem = whyNoStation(serial) ?? whyTwice(stations, index);
    if (problem !== null) return { problem: `stations[${index}].serial: ${problem}.` };
  }
  const moments: CloudMoment[] = [];
  for (const [index, { at, ...rest }] of timeline.entries()) {
    const read = act.safeParse(rest);
    if (!read.success) return { problem: sentenceOf(read.error, ["timeline", index]) };
    const named = withSerial(read.data, stations);
    if (named === null) {
      const known = stations.map(({ name, serial }) => `${name} (${serial})`).join(", ");
      return { problem: `timeline[${index}].station: no such station; the stations are ${known}.` };
    }
    moments.push({ at, act: named });
  }
  return { stations, timeline: moments };
}

function whyNoStation(serial: string): string | null {
  const model = modelOf(serial);
  if (model === null) return `${serial.slice(0, 4)} begins the serial of no known model (docs/stations.md)`;
  return spoken.has(model.family) ? null : `the emulation cannot speak like a ${model.name}`;
}

function whyTwice(stations: CloudScene["stations"], index: number): string | null {
  const { serial } = stations[index] ?? { serial: "" };
  return stations.findIndex((other) => other.serial === serial) < index ? `${serial} is there twice` : null;
}

/** Null for a station that the scene does not have. */
function withSerial(read: CloudAct, stations: CloudScene["stations"]): CloudAct | null {
  if (!("station" in read) || read.station === undefined) return read;
  const found = stations.find(({ name, serial }) => serial === read.station || name === read.station);
  return found === undefined ? null : { ...read, station: found.serial };
}

/** `timeline[2].sec: Invalid input: expected number, received string.` */
function sentenceOf(error: z.ZodError, above: readonly PropertyKey[]): string {
  const [issue] = error.issues;
  const path = [...above, ...(issue?.path ?? [])]
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("")
    .replace(/^\./, "");
  return `${path === "" ? "the scene" : path}: ${issue?.message ?? "is wrong"}.`;
}
