/** `ecoflow-power report`: what a station sends, without its owner's data, to attach to an issue. */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Heard } from "../core/inspect/leaf.ts";
import { redacted, withoutSerials } from "../core/inspect/redact.ts";
import { reportText, verdictText } from "../core/inspect/report.ts";
import { Survey } from "../core/inspect/survey.ts";
import { type VerdictRow, Verdicts } from "../core/inspect/verdicts.ts";
import { lineOf } from "../io/recording.ts";
import { type CommandIo, defineCommand, type Given, WrongUsage } from "./command.ts";
import { fromFiles, isFile, type Material, type Strangers, takenApart } from "./inspect/material.ts";
import { printing } from "./printable.ts";
import { versionText } from "./version.ts";

const options = {
  out: { value: "F", about: "writes the report into F" },
  frames: {
    value: "F",
    about: "writes the recording into F with all texts, serials and ids blotted out, every length kept",
  },
  verdicts: {
    about:
      "the compatibility test instead: what we say about the mains against the marks of the recording that begin with present or lost; exit code 1 when a verdict is wrong, or when there is no such mark",
  },
  sn: { value: "S", about: "only this station" },
  json: { about: "with --verdicts: as one JSON value, serials masked" },
} as const;

interface Wanted {
  file: string;
  out: string | null;
  frames: string | null;
  verdicts: boolean;
  serial: string | null;
  json: boolean;
}

export const reportCommand = defineCommand(
  {
    name: "report",
    summary:
      "what a station sends, without its owner's data, for an issue; our verdicts against marked moments",
    about:
      "Says what a station sends, by a recording of it: messages, fields, types and ranges. Serials are masked, also within payloads; texts show their length alone; numbers that may be ids or places are left out.",
    words: { FILE: "a recording, made by ecoflow-power record" },
    options,
    examples: ["model.jsonl --verdicts --out verdicts.md --frames frames.jsonl"],
    more: "Read the file before you hand it on.",
  },
  (given, io) => made(understood(given), printing(io)),
);

async function made(wanted: Wanted, io: CommandIo): Promise<number> {
  if (!(await isFile(wanted.file, io))) {
    io.err(
      `There is no file ${resolve(io.cwd, wanted.file)}: name a recording, made by ecoflow-power record.`,
    );
    return 1;
  }
  const material = await fromFiles([wanted.file], wanted.serial, io);
  const serials = await serialsOf(material);
  if (serials.length === 0) {
    io.err(`${wanted.file} holds no frame${wanted.serial === null ? "" : ` of ${wanted.serial}`}.`);
    return 1;
  }
  const why = await strangeness(material);
  if (why !== null) {
    io.err(
      `${wanted.file} is no recording of a station: ${why}. Make one with ecoflow-power record, or name one with a payload in each line.`,
    );
    return 1;
  }
  if (wanted.frames !== null) await writeFrames(material, serials, wanted.frames, io);
  const { text, code } = await (wanted.verdicts ? verdicts : report)(material, serials, wanted);
  if (wanted.out === null) io.out(text.trimEnd());
  else write(wanted.out, text, io);
  if (code !== 0 && wanted.out !== null)
    io.err("A verdict is wrong, or no moment was marked: see the report.");
  return code;
}

/** What is wanted; throws `WrongUsage` when it cannot be understood. */
function understood({ values, words }: Given<typeof options>): Wanted {
  const [file, more] = words;
  if (file === undefined || more !== undefined) throw new WrongUsage("report wants one FILE.");
  const { out = null, frames = null, verdicts, sn: serial = null, json } = values;
  if (json && !verdicts) throw new WrongUsage("--json belongs to --verdicts.");
  if (out === file || frames === file || (out !== null && out === frames))
    throw new WrongUsage("FILE, --out and --frames must be different files.");
  return { file, out, frames, verdicts, serial, json };
}

async function serialsOf(material: Material): Promise<string[]> {
  const serials = new Set<string>();
  await material.each(({ sn }) => serials.add(sn));
  return [...serials];
}

/** Returns why no payload of the file is a message of a station; null where one is. */
async function strangeness(material: Material): Promise<string | null> {
  const strangers: Strangers = new Map();
  let known = 0;
  const look = takenApart(() => {
    known += 1;
  }, strangers);
  await material.each(look);
  const [why] = strangers.keys();
  return known > 0 ? null : `none of its payloads can be read (${why ?? "there is none"})`;
}

interface Made {
  text: string;
  code: number;
}

async function report(material: Material, serials: readonly string[]): Promise<Made> {
  const [survey, strangers]: [Survey, Strangers] = [new Survey(false), new Map()];
  const look = takenApart((heard: Heard) => survey.take(heard), strangers);
  let [payloads, last] = [0, material.first ?? 0];
  await material.each((frame) => {
    payloads += 1;
    last = Math.max(last, frame.at);
    look(frame);
  });
  const spanMs = last - (material.first ?? last);
  const kinds = survey.kinds();
  const text = reportText({ version: versionText(), serials, spanMs, payloads, kinds, strangers });
  return { text, code: 0 };
}

async function verdicts(material: Material, serials: readonly string[], { json }: Wanted): Promise<Made> {
  const judges = new Map(serials.map((serial) => [serial, new Verdicts(serial)]));
  let end = material.first ?? 0;
  await material.each(({ at, sn, bytes }) => {
    end = Math.max(end, at);
    judges.get(sn)?.take(at, bytes);
  });
  const rows: (VerdictRow & { sn: string })[] = [...judges].flatMap(([sn, judge]) =>
    judge.rows(material.marks, end).map((row) => ({ sn, ...row })),
  );
  const code = rows.length === 0 || rows.some(({ verdict }) => verdict === "wrong") ? 1 : 0;
  return { text: json ? withoutSerials(JSON.stringify(rows), serials) : verdictText(rows, serials), code };
}

/** The recording without its owner's data; payloads that cannot be read cannot be cleaned, and are left out. */
async function writeFrames(
  material: Material,
  serials: readonly string[],
  file: string,
  io: CommandIo,
): Promise<void> {
  const lines = material.marks.map(({ at, mark }) => ({
    at,
    line: lineOf({ at, kind: "mark", mark: withoutSerials(mark, serials) }),
  }));
  let left = 0;
  await material.each(({ at, sn, bytes }) => {
    const clean = redacted(bytes, serials);
    if (clean === null) left += 1;
    const masked = maskedSerial(sn, serials.indexOf(sn) + 1);
    const topic = `bridge-ecoflow/${masked}/data`;
    if (clean !== null)
      lines.push({ at, line: lineOf({ at, kind: "frame", sn: masked, topic, bytes: clean }) });
  });
  lines.sort((one, other) => one.at - other.at);
  write(file, `${lines.map(({ line }) => line).join("\n")}\n`, io);
  if (left > 0) io.err(`${left} payloads could not be read, and are not in ${file}.`);
}

/** The model's four characters, and which of the recording's stations it is. */
function maskedSerial(sn: string, index: number): string {
  if (!/^[A-Z0-9]{12,}$/.test(sn)) return `station-${index}`;
  const end = String(index);
  return `${sn.slice(0, 4)}${"X".repeat(sn.length - 4 - end.length)}${end}`;
}

function write(file: string, text: string, io: CommandIo): void {
  writeFileSync(resolve(io.cwd, file), text.endsWith("\n") ? text : `${text}\n`, { mode: 0o600 });
  io.out(`Written: ${file}. Read it before you hand it on.`);
}
