/** `npm run captures [FILE]`: decodes captures of real stations and says per family what is right, wrong and unknown. */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { modelInText } from "../core/decode/models.ts";
import { payloadOf } from "./decode-lines.ts";
import { type Decoded, Decoder } from "./decode-payload.ts";

/** One line of a captures file. */
export interface CaptureLine {
  id: string;
  device: string;
  encoding: string;
  decoded?: unknown;
  expected?: unknown;
}

/** What somebody who read the protocol page says of a capture, written by hand. */
export interface Verdict {
  id: string;
  grid: "present" | "lost" | "unknown";
  soc: number | null;
  ac_in_watts: number | null;
  out_watts: number | null;
  /** The section of docs/protocol.md that explains it. */
  line: string;
}

/** What one family's captures came to. */
export interface Row {
  family: string;
  captures: number;
  frames: number;
  /** Frames whose message has a table. */
  decoded: number;
  equal: number;
  different: string[];
  gridRight: number;
  gridWrong: string[];
  gridUnknown: number;
}

/** Messages that say nothing about a station: the only ones that may give no reading. */
const silentReasons =
  /^(?:a request|a reply without data|no header with data|an error body|credentials|presence|the alternator charger)/;

/** Decodes every line by itself and compares it with what its publisher decoded and with its verdict. */
export function surveyCaptures(lines: readonly string[], verdicts: readonly Verdict[]): Row[] {
  const byId = new Map(verdicts.map((verdict) => [verdict.id, verdict]));
  const decoder = new Decoder(null, false);
  const rows = new Map<string, Row>();
  for (const line of lines) {
    const capture = JSON.parse(line) as CaptureLine;
    const read = payloadOf(line, null);
    const family =
      modelInText(capture.device)?.name ?? (capture.device === "-" ? "no station" : capture.device);
    const row = rows.get(family) ?? emptyRow(family);
    rows.set(family, row);
    row.captures++;
    if (typeof read === "string") row.different.push(`${capture.id}: ${read}`);
    else weigh(row, capture, decoder.decode(read.payload, 0), byId.get(capture.id));
  }
  return [...rows.values()].sort((one, other) => one.family.localeCompare(other.family));
}

const emptyRow = (family: string): Row => ({
  family,
  captures: 0,
  frames: 0,
  decoded: 0,
  equal: 0,
  different: [],
  gridRight: 0,
  gridWrong: [],
  gridUnknown: 0,
});

function weigh(row: Row, capture: CaptureLine, ours: Decoded, verdict: Verdict | undefined): void {
  row.frames += ours.frames.length;
  row.decoded += ours.frames.filter(({ message, cmd_func }) => message !== null || cmd_func === null).length;
  for (const [index, frame] of ours.frames.entries()) {
    const told = toldFields(capture, index);
    if (frame.message !== null && told !== null)
      compare(row, frame.fields, told, `${capture.id} ${frame.message}`);
  }
  weighExpected(row, capture, ours);
  if (verdict === undefined) weighUnjudged(row, capture, ours);
  else weighVerdict(row, verdict, ours);
}

/** What the owner read in the app, within 2. */
function weighExpected(row: Row, { id, expected }: CaptureLine, { reading }: Decoded): void {
  const names = { soc: "soc", ac_in_w: "ac_in_watts", out_w: "out_watts" } as const;
  for (const [told, own] of Object.entries(names)) {
    const value = (expected as Record<string, unknown> | null | undefined)?.[told];
    if (typeof value !== "number") continue;
    const ours = reading?.[own] ?? null;
    if (ours !== null && Math.abs(ours - value) <= 2) row.equal++;
    else row.different.push(`${id} ${own}: ${ours}, in the app ${value}`);
  }
}

/** Without a verdict only what says nothing of a station may stand. */
function weighUnjudged(row: Row, { id }: CaptureLine, { reading, because }: Decoded): void {
  if (reading === null && !silentReasons.test(because ?? ""))
    row.different.push(`${id}: no reading, because ${because}`);
  if (reading !== null && reading.grid !== "unknown")
    row.gridWrong.push(`${id}: ${reading.grid} without a verdict`);
}

function weighVerdict(row: Row, verdict: Verdict, { reading }: Decoded): void {
  const grid = reading?.grid ?? "no reading";
  if (grid !== verdict.grid)
    row.gridWrong.push(`${verdict.id}: ${grid}, not ${verdict.grid} (${verdict.line})`);
  else if (grid === "unknown") row.gridUnknown++;
  else row.gridRight++;
  for (const name of ["soc", "ac_in_watts", "out_watts"] as const) {
    const told = verdict[name];
    const own = reading?.[name] ?? null;
    // The verdict is written in two decimals.
    if (own === told || (own !== null && told !== null && Math.abs(own - told) <= 0.01)) row.equal++;
    else row.different.push(`${verdict.id} ${name}: ${own}, not ${told}`);
  }
}

/** What the publisher decoded of one frame; null where it named no fields. */
function toldFields({ decoded }: CaptureLine, index: number): unknown {
  const told = Array.isArray(decoded)
    ? (decoded[index] as { message?: unknown; fields?: unknown })
    : undefined;
  if (told !== undefined) return told.message === null ? null : (told.fields ?? null);
  return decoded !== null && typeof decoded === "object" ? decoded : null;
}

/** Floats agree within 1e-4 relative, everything else exactly. */
function compare(row: Row, ours: unknown, told: unknown, path: string): void {
  if (told !== null && typeof told === "object" && ours !== null && typeof ours === "object") {
    for (const [key, value] of Object.entries(told)) {
      compare(row, (ours as Record<string, unknown>)[key], value, `${path}.${key}`);
    }
    return;
  }
  const close =
    typeof ours === "number" &&
    typeof told === "number" &&
    Math.abs(ours - told) <= 1e-4 * Math.max(1, Math.abs(told));
  if (close || ours === told) row.equal++;
  else row.different.push(`${path}: ${String(ours)}, not ${String(told)}`);
}

/** The rows as a Markdown table. */
export function captureTable(rows: readonly Row[]): string {
  const head =
    "| model | captures | frames | decoded | values equal | different | grid right | wrong | unknown |";
  const rule = "|---|---|---|---|---|---|---|---|---|";
  const cells = rows.map((row) =>
    [
      row.family,
      row.captures,
      row.frames,
      row.decoded,
      row.equal,
      row.different.length,
      row.gridRight,
      row.gridWrong.length,
      row.gridUnknown,
    ].join(" | "),
  );
  return [head, rule, ...cells.map((cell) => `| ${cell} |`)].join("\n");
}

const defaultFile = "../shared/captures/captures.jsonl";
const verdictsFile = "test/captures/verdicts.json";

/** Prints the table and every mistake; exit code 1 when there is one. */
export function capturesCommand(args: readonly string[], out: (text: string) => void): number {
  const file = resolve(args[0] ?? defaultFile);
  if (!existsSync(file)) {
    out(`There are no captures at ${file}; name a file: npm run captures -- FILE`);
    return args[0] === undefined ? 0 : 1;
  }
  const verdicts = existsSync(verdictsFile)
    ? (JSON.parse(readFileSync(verdictsFile, "utf8")) as Verdict[])
    : [];
  const rows = surveyCaptures(readFileSync(file, "utf8").trim().split("\n"), verdicts);
  out(captureTable(rows));
  const mistakes = rows.flatMap(({ different, gridWrong }) => [...different, ...gridWrong]);
  for (const mistake of mistakes) out(mistake);
  return mistakes.length === 0 ? 0 : 1;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exitCode = capturesCommand(process.argv.slice(2), (text) => process.stdout.write(`${text}\n`));
}
