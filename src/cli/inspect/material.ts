/** Where `inspect` and `report` get what they look at: recordings, files of captures, or the broker. */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Heard } from "../../core/inspect/leaf.ts";
import { partsOf } from "../../core/inspect/part.ts";
import { type Entry, readRecording } from "../../io/recording.ts";
import { encodePlain } from "../../sim/encode.ts";
import type { CommandIo } from "../command.ts";
import { configured } from "../configured.ts";
import { payloadOf } from "../decode-lines.ts";
import { listen } from "../listen.ts";
import { brokerFor } from "../reach.ts";
import { endingWith } from "../waiting.ts";
import type { Timeline } from "./moment.ts";

/** A payload as it came, before it is taken apart. */
export type RawHeard = Extract<Entry, { kind: "frame" }>;

/** Bytes that are no message, counted by why. */
export type Strangers = Map<string, number>;

export interface Material extends Timeline {
  /** Calls `take` with each payload in order of arrival. */
  each(take: (frame: RawHeard) => void): Promise<void>;
}

/** Whether a word names a file that is there. */
export async function isFile(word: string, io: CommandIo): Promise<boolean> {
  const found = await stat(resolve(io.cwd, word)).catch(() => null);
  return found?.isFile() ?? false;
}

/** The payloads of files, one file after the other; `serial` selects one station. Unreadable lines are reported. */
export async function fromFiles(
  files: readonly string[],
  serial: string | null,
  io: CommandIo,
): Promise<Material> {
  const marks: { at: number; mark: string }[] = [];
  let first: number | null = null;
  for await (const entry of entriesOf(files, serial, io, true)) {
    first ??= entry.at;
    if (entry.kind === "mark") marks.push(entry);
  }
  return {
    first,
    marks,
    async each(take) {
      for await (const entry of entriesOf(files, serial, io, false)) if (entry.kind === "frame") take(entry);
    },
  };
}

async function* entriesOf(
  files: readonly string[],
  serial: string | null,
  io: CommandIo,
  tell: boolean,
): AsyncIterable<Entry> {
  for (const file of files) {
    const captured: Entry[] = [];
    const other = (line: number, why: string, text: string) => {
      const frame = captureOf(text, line);
      if (frame !== null) captured.push(frame);
      else if (tell) io.err(`${file}, line ${line} is left out: ${why}`);
    };
    for await (const entry of readRecording(resolve(io.cwd, file), other)) {
      if (entry.kind !== "frame" || serial === null || entry.sn === serial) yield entry;
    }
    for (const entry of captured) yield entry;
  }
}

/** A line as `decode` reads it: bare hex or base64, or one object of a captures file. Its number stands in for its time. */
function captureOf(text: string, line: number): Entry | null {
  const read = payloadOf(text.trim(), null);
  if (typeof read === "string") return null;
  const { json, bytes, command, device = "capture" } = read.payload;
  if (json !== undefined && "at" in (json as object)) return null;
  const whole = json === undefined ? bytes : new TextEncoder().encode(JSON.stringify(json));
  const enveloped =
    command === undefined || !("unknown" in partsOf(whole)) ? whole : encodePlain(whole, command);
  return { at: read.wall ?? line, kind: "frame", sn: device, topic: "", bytes: enveloped };
}

/** Listens at the configured broker; `each` ends after `forSec`, or on Ctrl-C. Null after its mistakes were printed, without a configuration. */
export function fromBroker(
  wanted: { serial: string | null; forSec: number; config: string | undefined },
  io: CommandIo,
): Material | null {
  const config = configured(wanted.config, io);
  if (config === null) return null;
  const broker = brokerFor(config, "inspect");
  const seen = new Set<string>();
  return {
    first: Date.now(),
    marks: [],
    each: (take) =>
      listen({
        broker,
        base: config.base,
        serial: wanted.serial,
        stop: endingWith([io.stop], wanted.forSec).signal,
        heard: (entry) => {
          if (entry.kind === "gap") io.err(entry.gap);
          if (entry.kind !== "frame") return;
          take(entry);
          if (!seen.has(entry.sn)) io.err(`${entry.sn} speaks.`);
          seen.add(entry.sn);
        },
        ready: () => io.err(`Listening at ${broker.url} for ${wanted.forSec} s, or until Ctrl-C …`),
      }),
  };
}

/** Takes payloads apart on their way to `take`; what is no message is counted. */
export function takenApart(take: (heard: Heard) => void, strangers: Strangers): (frame: RawHeard) => void {
  return ({ at, sn, bytes }) => {
    const parts = partsOf(bytes);
    if (!("unknown" in parts)) take({ at, sn, parts });
    else strangers.set(parts.unknown, (strangers.get(parts.unknown) ?? 0) + 1);
  };
}
