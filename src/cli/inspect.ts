/** `ecoflow-power inspect`: looks for what a station says and our tables do not know yet. */
import { toSeconds } from "../config/units.ts";
import { Search } from "../core/inspect/find.ts";
import { changesBetween, isOneSided, Moments, type Saying, sayingOf } from "../core/inspect/moments.ts";
import { partsOf } from "../core/inspect/part.ts";
import { Survey } from "../core/inspect/survey.ts";
import { treeLines } from "../core/inspect/tree.ts";
import { type CommandIo, defineCommand, type Given, jsonOption, WrongUsage } from "./command.ts";
import { configOption } from "./configured.ts";
import { payloadOf } from "./decode-lines.ts";
import { Heartbeat } from "./inspect/heartbeat.ts";
import {
  fromBroker,
  fromFiles,
  isFile,
  type Material,
  type RawHeard,
  type Strangers,
  takenApart,
} from "./inspect/material.ts";
import { momentOf, sinceText } from "./inspect/moment.ts";
import { candidateLine, changeLines, heartbeatLines, newLines } from "./inspect/show.ts";
import { printing } from "./printable.ts";

const options = {
  live: { about: "from the broker instead of a FILE, for a minute" },
  for: { value: "D", about: "with --live: listens for this long, 90s or 10m" },
  config: { ...configOption, about: "with --live: the YAML file; otherwise as for run" },
  at: {
    value: "T",
    isList: true,
    about: "a moment: +90s from the beginning, an ISO time, epoch milliseconds, or the text of a mark",
  },
  tolerance: {
    value: "X",
    about: "how far a value may be off; half of the last digit typed unless given",
  },
  within: { value: "D", about: "how far from --at a value may have come; 10s unless given" },
  all: { about: "diff: also the values that only one of the two has" },
  sn: { value: "S", about: "only this station" },
  json: jsonOption,
} as const;

interface Wanted {
  what: keyof typeof tools;
  words: readonly string[];
  at: readonly string[];
  live: boolean;
  forSec: number;
  withinSec: number;
  tolerance: number | null;
  serial: string | null;
  config: string | undefined;
  json: boolean;
  all: boolean;
}

type Tool = (wanted: Wanted, io: CommandIo) => Promise<number>;
const tools = { tree, new: findNew, diff, find, heartbeat } satisfies Record<string, Tool>;

export const inspectCommand = defineCommand(
  {
    name: "inspect",
    summary: "look for what an unknown station says: tree, new, diff, find, heartbeat",
    usage: [
      "tree PAYLOAD|FILE [--at T]      every value of a payload at its place",
      "new FILE…                       messages and fields that no table of ours has",
      "diff FILE --at T --at T         what changed between two moments",
      "diff PAYLOAD PAYLOAD            what is different in two payloads",
      "find FILE VALUE [--tolerance X] [--at T [--within 10s]]\n                                                         which field carries a value, also in other scales",
      "heartbeat FILE…                 which message comes how often, and what wakes a station",
    ],
    about:
      "Without --at, tree shows the newest payload of each kind. What nothing names has the number of its field, and types with a question mark are guesses.",
    words: {
      FILE: "a recording (ecoflow-power record), or a file that decode reads",
      PAYLOAD: "hex, base64 or JSON",
    },
    options,
    examples: ["new outage.jsonl", "diff outage.jsonl --at lost --at present"],
  },
  (given, io) => {
    const wanted = understood(given);
    return tools[wanted.what](wanted, printing(io));
  },
);

/** What is wanted; throws `WrongUsage` when it cannot be understood. */
function understood({ values, words: [what = "", ...words] }: Given<typeof options>): Wanted {
  if (!Object.hasOwn(tools, what)) throw new WrongUsage(`inspect knows ${Object.keys(tools).join(", ")}.`);
  const [forSec, withinSec] = [toSeconds(values.for ?? "60s"), toSeconds(values.within ?? "10s")];
  const tolerance = values.tolerance === undefined ? null : Number(values.tolerance);
  if (typeof forSec !== "number" || typeof withinSec !== "number")
    throw new WrongUsage("--for and --within take a duration such as 90s or 10m.");
  if (tolerance !== null && !(tolerance >= 0)) throw new WrongUsage("--tolerance takes a number from 0.");
  const { at, live, json, all, sn: serial = null, config } = values;
  return {
    what: what as Wanted["what"],
    words,
    at,
    live,
    forSec,
    withinSec,
    tolerance,
    serial,
    config,
    json,
    all,
  };
}

/** The files of `words`, or the broker; null after the mistake was printed when there is neither. */
async function materialOf(
  { live, serial, forSec, config }: Wanted,
  words: readonly string[],
  io: CommandIo,
): Promise<Material | null> {
  if (live) return fromBroker({ serial, forSec, config }, io);
  if (words.length === 0) {
    io.err("inspect wants a FILE, or --live. See ecoflow-power inspect --help.");
    return null;
  }
  for (const word of words) {
    if (await isFile(word, io)) continue;
    io.err(`There is no file ${word}.`);
    return null;
  }
  return fromFiles(words, serial, io);
}

/** A moment of `--at`, or null after the mistake was printed. */
function moment(text: string, material: Material, io: CommandIo): number | null {
  const at = momentOf(text, material);
  if (typeof at === "number") return at;
  io.err(at);
  return null;
}

/** Reports payloads that could not be parsed; returns `code`. */
function ended(code: number, strangers: Strangers, io: CommandIo): number {
  for (const [why, count] of strangers) io.err(`${count} payload${count === 1 ? "" : "s"} left out: ${why}`);
  return code;
}

/** A path is not taken for the base64 that it may be as well: no payload of a station begins so. */
const pathShape = /^(\.{0,2}|~)\//;

/** The bytes of a payload as it was typed, or null after the mistake was printed. */
function payloadIn(word: string, io: CommandIo): Uint8Array | null {
  const read = pathShape.test(word) ? null : payloadOf(word.trim(), null);
  if (read === null) {
    io.err(`There is no file ${word}.`);
    return null;
  }
  const noPayload = (text: string) => {
    io.err(`${word.slice(0, 40)} is no file, and no payload: ${text}`);
    return null;
  };
  if (typeof read === "string") return noPayload(read);
  const { json, bytes } = read.payload;
  const whole = json === undefined ? bytes : new TextEncoder().encode(JSON.stringify(json));
  const parts = partsOf(whole);
  return "unknown" in parts ? noPayload(parts.unknown) : whole;
}

async function tree(wanted: Wanted, io: CommandIo): Promise<number> {
  const [word] = wanted.words;
  if (!wanted.live && word !== undefined && !(await isFile(word, io))) {
    const bytes = payloadIn(word, io);
    return bytes === null ? 1 : showPayload(bytes, wanted, io);
  }
  const material = await materialOf(wanted, wanted.words, io);
  if (material === null) return 1;
  const at = wanted.at[0] === undefined ? null : moment(wanted.at[0], material, io);
  if (at === null && wanted.at.length > 0) return 1;
  const newest = new Map<string, RawHeard>();
  await material.each((frame) => {
    if (wanted.live) showFrame(frame, material, io);
    if (at !== null && frame.at > at) return;
    newest.set(at === null ? `${frame.sn} ${kindsOf(frame.bytes)}` : "", frame);
  });
  if (!wanted.live) for (const frame of newest.values()) showFrame(frame, material, io);
  if (newest.size === 0) io.err("There was no payload.");
  return newest.size === 0 ? 1 : 0;
}

function showPayload(bytes: Uint8Array, { json }: Wanted, io: CommandIo): number {
  io.out(json ? JSON.stringify(partsOf(bytes)) : treeLines(bytes).join("\n"));
  return 0;
}

function showFrame({ sn, at, bytes }: RawHeard, { first }: Material, io: CommandIo): void {
  io.out([`${sn} at ${sinceText(at, first)}`, ...treeLines(bytes)].join("\n"));
}

function kindsOf(bytes: Uint8Array): string {
  const parts = partsOf(bytes);
  return "unknown" in parts ? parts.unknown : parts.map(({ kind, src }) => `${kind} ${src}`).join();
}

async function findNew(wanted: Wanted, io: CommandIo): Promise<number> {
  const material = await materialOf(wanted, wanted.words, io);
  if (material === null) return 1;
  const [survey, strangers]: [Survey, Strangers] = [new Survey(false), new Map()];
  await material.each(takenApart((heard) => survey.take(heard), strangers));
  const kinds = survey.kinds();
  io.out(wanted.json ? JSON.stringify(kinds) : newLines(kinds).join("\n"));
  return ended(kinds.length === 0 ? 1 : 0, strangers, io);
}

async function diff(wanted: Wanted, io: CommandIo): Promise<number> {
  const [one, other] = wanted.words;
  const show = (before: Saying, after: Saying) => {
    const found = changesBetween(before, after);
    const changes = wanted.all ? found : found.filter((change) => !isOneSided(change));
    const lines = () => changeLines(changes, found.length - changes.length);
    io.out(wanted.json ? JSON.stringify(changes) : lines().join("\n"));
  };
  if (!wanted.live && wanted.at.length === 0 && one !== undefined && other !== undefined) {
    const payloads = [payloadIn(one, io), payloadIn(other, io)];
    const [before, after] = payloads.map((bytes) => (bytes === null ? { unknown: "" } : partsOf(bytes)));
    if (before === undefined || after === undefined || "unknown" in before || "unknown" in after) return 1;
    show(sayingOf(before), sayingOf(after));
    return 0;
  }
  if (wanted.at.length !== 2) {
    throw new WrongUsage("inspect diff wants two moments, --at T --at T, or two payloads.");
  }
  const material = await materialOf(wanted, wanted.words, io);
  if (material === null) return 1;
  const moments = wanted.at.map((text) => moment(text, material, io)).filter((at) => at !== null);
  if (moments.length < 2) return 1;
  const strangers: Strangers = new Map();
  const kept = new Moments(moments.toSorted((left, right) => left - right));
  await material.each(takenApart((heard) => kept.take(heard), strangers));
  const [before, after] = kept.copies();
  if (before !== undefined && after !== undefined) show(before, after);
  return ended(0, strangers, io);
}

async function find(wanted: Wanted, io: CommandIo): Promise<number> {
  const files = wanted.live ? [] : wanted.words.slice(0, -1);
  const text = wanted.words.at(-1)?.replace(",", ".") ?? "";
  const value = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value)) {
    throw new WrongUsage("inspect find wants a FILE and a VALUE, a number as a person read it.");
  }
  const material = await materialOf(wanted, files, io);
  if (material === null) return 1;
  const at = wanted.at[0] === undefined ? null : moment(wanted.at[0], material, io);
  if (at === null && wanted.at.length > 0) return 1;
  const digits = text.split(".")[1]?.length ?? 0;
  const search = new Search(value, wanted.tolerance ?? 0.5 * 10 ** -digits);
  const strangers: Strangers = new Map();
  const look = takenApart((heard) => search.take(heard), strangers);
  await material.each((frame) => {
    if (at === null || Math.abs(frame.at - at) <= wanted.withinSec * 1_000) look(frame);
  });
  const found = search.candidates();
  if (wanted.json) io.out(JSON.stringify(found));
  else if (found.length === 0) io.out(`No field carried ${text}, times 1, 10, 100 or 1000.`);
  else io.out(found.map((candidate) => candidateLine(candidate, material.first)).join("\n"));
  return ended(found.length === 0 ? 1 : 0, strangers, io);
}

async function heartbeat(wanted: Wanted, io: CommandIo): Promise<number> {
  const material = await materialOf(wanted, wanted.words, io);
  if (material === null) return 1;
  const [beat, strangers]: [Heartbeat, Strangers] = [new Heartbeat(), new Map()];
  await material.each(takenApart((heard) => beat.take(heard), strangers));
  const kinds = beat.survey.kinds();
  if (wanted.json)
    io.out(JSON.stringify({ kinds, silences: Object.fromEntries(beat.silences), wakes: beat.wakes }));
  else io.out(heartbeatLines(kinds, beat.silences, beat.wakes, material.first).join("\n"));
  return ended(kinds.length === 0 ? 1 : 0, strangers, io);
}
