/** `ecoflow-power decode`: raw payloads to named fields and readings, for people or as JSON lines. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileBounds, jsonOrNull } from "../core/bounded-json.ts";
import { type CommandIo, defineCommand, type Given, WrongUsage } from "./command.ts";
import { type Encoding, payloadOf } from "./decode-lines.ts";
import { Decoder } from "./decode-payload.ts";
import { readable } from "./decode-show.ts";
import { wholePayloads } from "./decode-whole.ts";

const options = {
  hex: { about: "the payload is hex; found out by itself unless given" },
  base64: { about: "the payload is base64" },
  json: { about: "the payload is JSON" },
  file: {
    value: "F",
    about: "a file with one payload a line, or one JSON object a line: {id?, device?, encoding, payload}",
  },
  sn: { value: "S", about: "the station's serial number (its first four characters tell the family)" },
  "json-lines": {
    about: "one JSON object a payload: {id?, frames: [{cmd_func, cmd_id, message, fields}], reading}",
  },
  follow: {
    about:
      "carry a station's state from line to line, with the real hold times; otherwise each payload is decoded alone",
  },
} as const;

interface Wanted {
  encoding: Encoding | null;
  file: string | null;
  serial: string | null;
  jsonLines: boolean;
  follow: boolean;
  payload: string | null;
}

/** What decode needs of the process; the command line hands in the whole of it. */
export type DecodeIo = Pick<CommandIo, "stdin" | "out" | "err"> & Partial<Pick<CommandIo, "cwd">>;

export const decodeCommand = defineCommand(
  {
    name: "decode",
    summary: "show what a station's raw payload says",
    usage: ["[--hex|--base64|--json|--file F] [--sn S] [--json-lines] [--follow] [PAYLOAD|-]"],
    about: "Shows what raw payloads of a station say: every field by its name, and the reading.",
    words: { "[PAYLOAD]": "one payload as text; - or nothing: standard input, one payload a line" },
    options,
    examples: ["--sn R631EXAMPLE00001 --file frames.txt"],
    more: "Exit code 0 when every payload was read, 1 when one was not, 2 on wrong usage.",
  },
  (given, io: DecodeIo) => decodeAll(understood(given), io),
);

/** Returns the exit code: 0 every payload was read, 1 one was not. */
async function decodeAll(wanted: Wanted, io: DecodeIo): Promise<number> {
  const decoder = new Decoder(wanted.serial, wanted.follow);
  let failures = 0;
  let seen = 0;
  try {
    for await (const line of wholePayloads(linesOf(wanted, io))) {
      if (line.trim() === "") continue;
      seen += 1;
      if (!show(line, decoder, wanted, io)) failures += 1;
    }
  } catch (error) {
    io.err(whyUnreadable(wanted.file ?? "standard input", error));
    return 1;
  }
  if (seen === 0) io.err("There was no payload to decode. See ecoflow-power decode --help.");
  return failures > 0 || seen === 0 ? 1 : 0;
}

function whyUnreadable(file: string, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "ENOTDIR") return `There is no file ${file}.`;
  if (code === "EISDIR") return `${file} is a folder: name a file in it.`;
  if (code === "EACCES" || code === "EPERM") return `${file} may not be read by this user.`;
  return `${file} cannot be read: ${message}`;
}

/** What is wanted; throws `WrongUsage` when it cannot be understood. */
function understood({ values, words }: Given<typeof options>): Wanted {
  const encodings = (["hex", "base64", "json"] as const).filter((name) => values[name]);
  if (encodings.length > 1)
    throw new WrongUsage(`--${encodings.join(" and --")} exclude each other: choose one.`);
  // Hex that was copied with its spaces is one payload.
  const isSpacedHex = words.every((part) => /^[0-9a-f]+$/i.test(part) && part.length % 2 === 0);
  if (words.length > 1 && !isSpacedHex)
    throw new WrongUsage("decode takes one PAYLOAD; several go into a file or standard input.");
  if (values.file !== undefined && words.length > 0)
    throw new WrongUsage("--file and a PAYLOAD exclude each other: choose one.");
  const payload = words.length > 0 ? words.join("") : "-";
  return {
    encoding: encodings[0] ?? null,
    file: values.file ?? null,
    serial: values.sn ?? null,
    jsonLines: values["json-lines"],
    follow: values.follow,
    payload: payload === "-" ? null : payload,
  };
}

async function* linesOf(wanted: Wanted, io: DecodeIo): AsyncIterable<string> {
  if (wanted.payload !== null) yield wanted.payload;
  else if (wanted.file !== null) {
    const path = resolve(io.cwd ?? ".", wanted.file);
    yield* (await readFile(path, "utf8")).split("\n");
  } else yield* createInterface({ input: io.stdin, crlfDelay: Number.POSITIVE_INFINITY });
}

/** What a payload on the command line must be. */
const wholeOnes = ". Give one whole payload as hex or base64, as it came on <base>/<serial>/data.";

/** Shows one line; false when it could not be read. */
function show(line: string, decoder: Decoder, wanted: Wanted, io: DecodeIo): boolean {
  const payload = payloadOf(line.trim(), wanted.encoding);
  if (typeof payload === "string") {
    io.err(payload);
    if (wanted.jsonLines) io.out(JSON.stringify({ ...idOf(line), frames: [], reading: null }));
    return false;
  }
  const { failed, because, ...decoded } = decoder.decode(payload.payload, payload.wall ?? Date.now());
  if (wanted.jsonLines) io.out(JSON.stringify(decoded));
  else io.out(readable({ ...decoded, failed, ...(because === undefined ? {} : { because }) }));
  if (failed)
    io.err(`${payload.payload.id ?? "payload"}: ${because}${wanted.payload === null ? "" : wholeOnes}`);
  return !failed;
}

/** The id of a captures line that could not be read. */
function idOf(line: string): { id?: string } {
  const id = (jsonOrNull(line, fileBounds) as { id?: unknown } | null)?.id;
  return typeof id === "string" ? { id } : {};
}
