/** A recording: raw frames of stations with their times and a person's marks, one JSON object a line. */
import { closeSync, createReadStream, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { topicName } from "../contract/topics.ts";
import { fileBounds, jsonOrNull } from "../core/bounded-json.ts";

/** One line of a recording; `at` is epoch milliseconds of this machine. */
export type Entry =
  | { at: number; kind: "frame"; sn: string; topic: string; bytes: Uint8Array }
  /** A person's mark for this moment: `lost`, `present`, or any text. */
  | { at: number; kind: "mark"; mark: string }
  /** From here on frames may be missing, and why. */
  | { at: number; kind: "gap"; gap: string };

/** Returns an entry as a line, without the line end. */
export function lineOf(entry: Entry): string {
  if (entry.kind === "mark") return JSON.stringify({ at: entry.at, mark: entry.mark });
  if (entry.kind === "gap") return JSON.stringify({ at: entry.at, gap: entry.gap });
  const { at, sn, topic, bytes } = entry;
  return JSON.stringify({ at, sn, topic, hex: Buffer.from(bytes).toString("hex") });
}

/** Parses a line; returns the entry, or a sentence about what is wrong with it. */
export function entryOf(line: string): Entry | string {
  const value = jsonOf(line);
  if (value === null) return "it is not a JSON object";
  const { at, sn, topic, hex, mark, gap } = value;
  if (typeof at !== "number" || !Number.isFinite(at)) return "it has no time: at, epoch milliseconds";
  if (typeof mark === "string") return { at, kind: "mark", mark };
  if (typeof gap === "string") return { at, kind: "gap", gap };
  if (typeof sn !== "string" || typeof topic !== "string") return "it has no sn or no topic";
  if (!topicName.test(sn)) return "its sn is no serial number: letters, digits, points and dashes";
  if (typeof hex !== "string" || !/^(?:[0-9a-f]{2})*$/i.test(hex)) return "its hex is not valid";
  return { at, kind: "frame", sn, topic, bytes: new Uint8Array(Buffer.from(hex, "hex")) };
}

function jsonOf(line: string): Record<string, unknown> | null {
  const value = jsonOrNull(line, fileBounds);
  return value !== null && typeof value === "object" ? (value as Record<string, unknown>) : null;
}

/** Called for a line that could not be read: its number from 1, why, and its text. */
export type Unreadable = (line: number, why: string, text: string) => void;

/** Yields the entries of a file in order, one line in memory at a time; an unreadable line is reported and left out. */
export async function* readRecording(path: string, unreadable: Unreadable): AsyncIterable<Entry> {
  const input = createReadStream(path);
  let number = 0;
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      number += 1;
      if (line.trim() === "") continue;
      const entry = entryOf(line);
      if (typeof entry === "string") unreadable(number, entry, line);
      else yield entry;
    }
  } finally {
    input.destroy();
  }
}

export interface RecordingFile {
  /** Appends one line in one write; throws when the disk refuses. */
  add(entry: Entry): void;
  close(): void;
}

/**
 * Opens a recording to append to it, readable by its owner only (it holds serials). A cut-off last line is closed by a
 * line end. Throws a sentence if the file is something else.
 */
export function openRecording(path: string): RecordingFile {
  const file = openSync(path, "a+", 0o600);
  try {
    const { size } = fstatSync(file);
    if (size > 0 && !looksLikeRecording(file)) {
      throw new Error(`${path} is there and is no recording: choose another name`);
    }
    if (size > 0 && lastByte(file, size) !== 10) writeSync(file, "\n");
  } catch (error) {
    closeSync(file);
    throw error;
  }
  return {
    add: (entry) => void writeSync(file, `${lineOf(entry)}\n`),
    close: () => closeSync(file),
  };
}

/** Every line of a recording begins with its time. */
function looksLikeRecording(file: number): boolean {
  const start = Buffer.alloc(6);
  return readSync(file, start, 0, start.length, 0) === start.length && start.toString() === '{"at":';
}

function lastByte(file: number, size: number): number | undefined {
  const last = Buffer.alloc(1);
  readSync(file, last, 0, 1, size - 1);
  return last[0];
}
