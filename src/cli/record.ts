/** `ecoflow-power record`: raw frames from the broker into a file, with their times and what a person marks meanwhile. */
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import type { Config } from "../config/config.ts";
import { duration, toSeconds } from "../config/units.ts";
import { type Entry, openRecording, type RecordingFile } from "../io/recording.ts";
import { type CommandIo, defineCommand, type Given, WrongUsage } from "./command.ts";
import { configOption, configured } from "./configured.ts";
import { listen } from "./listen.ts";
import { brokerFor } from "./reach.ts";
import { type Ending, endingWith } from "./waiting.ts";

const options = {
  sn: { value: "S", about: "only this station; all stations unless given" },
  for: { value: "D", about: "records for this long: 90s, 10m, 2h" },
  config: configOption,
  mark: {
    value: "TEXT",
    about: "writes one mark with the present time into FILE and ends, while another record goes on",
  },
} as const;

export const recordCommand = defineCommand(
  {
    name: "record",
    summary: "raw frames from the broker into a file, with their times",
    usage: ["FILE [--sn S] [--for 10m] [--config FILE]", "FILE --mark TEXT"],
    about:
      "Writes the raw frames that come in on <base>/<serial>/data into FILE, one JSON object a line:\n{at (epoch ms), sn, topic, hex}. An existing recording goes on where it ended. Ends on Ctrl-C, or after --for.",
    words: { FILE: "the recording" },
    options,
    examples: ["outage.jsonl --for 10m", "outage.jsonl --mark lost"],
    more: "On a terminal, every line you type is a mark: lost, present, or what happened. The file holds serial numbers: before you hand it on, run ecoflow-power report FILE --frames OUT.",
  },
  async (given, io) => {
    const wanted = understood(given);
    const path = resolve(io.cwd, wanted.file);
    if (wanted.mark !== null) return markOnly(path, wanted.mark, io);
    const config = configured(given.values.config, io);
    if (config === null) return 1;
    const file = openRecording(path);
    try {
      return await record(wanted, file, config, io);
    } finally {
      file.close();
    }
  },
);

interface Wanted {
  file: string;
  serial: string | null;
  forSec: number | null;
  mark: string | null;
}

/** What is wanted; throws `WrongUsage` when it cannot be understood. */
function understood({ values, words }: Given<typeof options>): Wanted {
  const [file, more] = words;
  if (file === undefined || more !== undefined) throw new WrongUsage("record wants one FILE.");
  if (values.sn !== undefined && /[/+#]/.test(values.sn))
    throw new WrongUsage("--sn takes one serial number.");
  const forSec = values.for === undefined ? null : toSeconds(values.for);
  if (forSec !== null && !(typeof forSec === "number" && forSec > 0))
    throw new WrongUsage("--for takes a duration such as 90s, 10m or 2h.");
  const mark = values.mark === undefined ? null : values.mark.trim();
  if (mark === "") throw new WrongUsage("--mark takes a text.");
  return { file, serial: values.sn ?? null, forSec, mark };
}

function markOnly(path: string, mark: string, io: CommandIo): number {
  const file = openRecording(path);
  try {
    file.add({ at: Date.now(), kind: "mark", mark });
  } finally {
    file.close();
  }
  io.out(`marked: ${mark}`);
  return 0;
}

async function record(wanted: Wanted, file: RecordingFile, config: Config, io: CommandIo): Promise<number> {
  const recorder = new Recorder(file, io, wanted.forSec);
  const marks = recorder.takeMarks();
  const broker = brokerFor(config, "record");
  try {
    await listen({
      broker,
      base: config.base,
      serial: wanted.serial,
      stop: recorder.stop,
      heard: (entry) => recorder.take(entry),
      ready: () => {
        io.out(`Recording ${wanted.serial ?? "all stations"} at ${broker.url} into ${wanted.file} …`);
        if (marks) io.out("Each line you type is a mark: lost, present, or what happened. Ctrl-C ends.");
      },
    });
  } finally {
    recorder.end();
  }
  if (recorder.failure !== null) {
    io.err(`${wanted.file} cannot be written: ${recorder.failure}`);
    return 1;
  }
  io.out(recorder.summary(wanted.file));
  return recorder.frames > 0 ? 0 : 1;
}

/** Progress is told so often on a terminal, milliseconds. */
const progressMs = 10_000;

class Recorder {
  frames = 0;
  failure: string | null = null;
  readonly stop: AbortSignal;
  readonly #ending: Ending;
  readonly #file: RecordingFile;
  readonly #io: CommandIo;
  readonly #stations = new Set<string>();
  readonly #from = Date.now();
  readonly #endings: (() => void)[] = [];
  #marks = 0;

  constructor(file: RecordingFile, io: CommandIo, forSec: number | null) {
    this.#file = file;
    this.#io = io;
    this.#ending = endingWith([io.stop], forSec);
    this.stop = this.#ending.signal;
    if (!io.isTerminal) return;
    const progress = setInterval(() => io.out(this.#count()), progressMs);
    this.#endings.push(() => clearInterval(progress));
  }

  /** Lines typed at a terminal are marks; false where there is none. */
  takeMarks(): boolean {
    if (this.#io.stdin.isTTY !== true) return false;
    const lines = createInterface({ input: this.#io.stdin });
    lines.on("line", (line) => {
      const mark = line.trim();
      if (mark === "") return;
      this.take({ at: Date.now(), kind: "mark", mark });
      this.#io.out(`marked: ${mark}`);
    });
    this.#endings.push(() => lines.close());
    return true;
  }

  take(entry: Entry) {
    if (this.failure !== null) return;
    try {
      this.#file.add(entry);
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error);
      this.#ending.end();
      return;
    }
    if (entry.kind === "gap") this.#io.err(`${entry.gap}; asking again until it is back`);
    if (entry.kind === "mark") this.#marks += 1;
    if (entry.kind !== "frame") return;
    this.frames += 1;
    this.#stations.add(entry.sn);
  }

  end() {
    for (const ending of this.#endings) ending();
  }

  #count() {
    const stations = `${this.#stations.size} station${this.#stations.size === 1 ? "" : "s"}`;
    const marks = this.#marks === 0 ? "" : `, ${this.#marks} mark${this.#marks === 1 ? "" : "s"}`;
    const passed = duration(Math.round((Date.now() - this.#from) / 1_000));
    return `${this.frames} frame${this.frames === 1 ? "" : "s"} of ${stations}${marks} in ${passed}`;
  }

  summary(file: string) {
    if (this.frames > 0) return `${this.#count()}, in ${file}`;
    return `No frame came in ${this.#count().split(" in ")[1]}. Raw frames come on <base>/<serial>/data, from a source of the server or a bridge of the broker.`;
  }
}
