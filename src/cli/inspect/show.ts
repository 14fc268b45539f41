/** What `inspect` found, as lines for people. */
import type { Candidate } from "../../core/inspect/find.ts";
import type { Change } from "../../core/inspect/moments.ts";
import { type FieldCount, type KindCount, mostDifferent } from "../../core/inspect/survey.ts";
import { numberText, unitText } from "../../core/inspect/tree.ts";
import { sinceText } from "./moment.ts";

const times = (count: number) => (count === 1 ? "once" : `${count} times`);
const shown = (value: number | string) => (typeof value === "number" ? numberText(value) : value);
const seconds = (ms: number) => `${numberText(Math.round(ms / 100) / 10)} s`;

/** `254/21 DisplayPropertyUpload, from board 2: 30 times, every 2 s (2 s to 4 s)`. */
export function kindLine({ kind, message, src, count, period, because }: KindCount): string {
  const name = message === null ? "" : ` ${message}`;
  const board = src === null ? "" : `, from board ${src}`;
  const rhythm =
    period === null
      ? ""
      : `, every ${seconds(period.middle)} (${seconds(period.shortest)} to ${seconds(period.longest)})`;
  return `${kind}${name}${board}: ${times(count)}${rhythm}${because === null ? "" : `; ${because}`}`;
}

/** `999   float?   3.1 … 4.5   4 different   30 times`. */
export function fieldLine(field: FieldCount): string {
  const { path, name, unit, types, different, count } = field;
  const many = different >= mostDifferent ? `${mostDifferent} or more` : String(different);
  const range = [rangeOf(field), unit === "bits" ? "" : unit].filter((word) => word !== "").join(" ");
  const variety = `${many} different value${different === 1 ? "" : "s"}, ${times(count)}`;
  return `${path.padEnd(10)} ${(name ?? "?").padEnd(34)} ${types.join(" or ").padEnd(8)} ${range.padEnd(20)} ${variety}`;
}

/** Texts show their length alone. */
function rangeOf({ least, most, leastInt, mostInt, shortest, longest }: FieldCount): string {
  const between = (from: number, to: number) =>
    from === to ? numberText(from) : `${numberText(from)} to ${numberText(to)}`;
  const parts: string[] = [];
  if (least !== null && most !== null) parts.push(between(least, most));
  if (leastInt !== null && mostInt !== null && (leastInt !== 0 || mostInt !== 0))
    parts.push(`or ${between(leastInt, mostInt)}`);
  if (shortest !== null && longest !== null) parts.push(`${between(shortest, longest)} long`);
  return parts.join(", ");
}

/** What our tables do not know, then how much they do. */
export function newLines(kinds: readonly KindCount[]): string[] {
  const strange = kinds.filter(
    ({ message, because, kind }) => message === null && because === null && !kind.startsWith("JSON"),
  );
  const known = kinds.filter((kind) => !strange.includes(kind) && kind.because === null);
  const lines: string[] = [];
  if (strange.length > 0) lines.push("Messages that no table has:");
  for (const kind of strange) {
    lines.push(`  ${kindLine(kind)}`, ...kind.fields.map((field) => `    ${fieldLine(field)}`));
  }
  const withNew = known.filter(({ fields }) => fields.some(({ name }) => name === null));
  if (withNew.length > 0) lines.push("Fields that the table of their message has not:");
  for (const kind of withNew) {
    const fields = kind.fields.filter(({ name }) => name === null);
    lines.push(`  ${kindLine(kind)}`, ...fields.map((field) => `    ${fieldLine(field)}`));
  }
  const named = known.flatMap(({ fields }) => fields).filter(({ name }) => name !== null).length;
  lines.push(`Known: ${known.length} kinds of message, ${named} fields.`);
  return lines;
}

/** One line a change; a message's heading where it begins. `oneSided`: how many values only one of the two has, which are left out. */
export function changeLines(changes: readonly Change[], oneSided = 0): string[] {
  const left = oneSidedLine(oneSided);
  if (changes.length === 0) return ["Nothing changed.", ...left];
  let before = "";
  const lines = changes.flatMap(({ sn, kind, src, message, path, name, unit, ...values }) => {
    const heading = `${[kind, message ?? ""].join(" ").trim()}${src === null ? "" : `, from board ${src}`}${sn === "" ? "" : `, ${sn}`}`;
    const [was, is] = [values.before, values.after].map((value) =>
      value === null ? "nothing" : shown(value),
    );
    const measured = unitText(values.after ?? values.before, unit);
    const line = `  ${path.padEnd(10)} ${(name ?? "?").padEnd(34)} ${was} → ${is}${measured}`;
    const isNew = heading !== before;
    before = heading;
    return isNew ? [heading, line] : [line];
  });
  return [...lines, ...left];
}

function oneSidedLine(count: number): string[] {
  if (count === 0) return [];
  const [values, were] = count === 1 ? ["value", "was"] : ["values", "were"];
  return [`${count} ${values} ${were} reported at one of the two alone; --all shows them.`];
}

/** One line a candidate, the best first. */
export function candidateLine(candidate: Candidate, first: number | null): string {
  const { kind, message, path, name, unit, scale, hits, count, least, most } = candidate;
  const sign = scale < 0 ? "with the other sign, " : "";
  const scaled = Math.abs(scale) === 1 ? "as it is" : `times ${Math.abs(scale)}`;
  const where = `${kind} ${message ?? "?"}`;
  const range = `${numberText(least)} to ${numberText(most)}${unit === "" ? "" : ` ${unit}`}`;
  return `${where.padEnd(28)} ${path.padEnd(8)} ${(name ?? "?").padEnd(30)} ${sign}${scaled}: ${hits} of ${count}, first at ${sinceText(candidate.first, first)}, all from ${range}`;
}

/** The rhythm of each station, what it says about it itself, and what woke it. */
export function heartbeatLines(
  kinds: readonly KindCount[],
  silences: ReadonlyMap<string, number>,
  wakes: readonly Wake[],
  first: number | null,
): string[] {
  const lines: string[] = [];
  for (const [sn, silence] of silences) {
    lines.push(`${sn}: longest silence ${seconds(silence)}`);
    for (const kind of kinds.filter((one) => one.sn === sn))
      lines.push(`  ${kindLine(kind)}`, ...periods(kind));
  }
  if (wakes.length === 0) lines.push("No wake-up packet came on this topic.");
  for (const { sn, at, kind, answers } of wakes.slice(0, 50)) {
    const answer = answers.length === 0 ? "nothing within 5 s" : answers.join(", ");
    lines.push(`wake-up packet (${kind}) of ${sn} at ${sinceText(at, first)}, and then ${answer}`);
  }
  return lines;
}

/** Something that asked a station to speak, and the kinds of message that came within 5 s. */
export interface Wake {
  sn: string;
  at: number;
  kind: string;
  answers: string[];
}

/** What the station itself says of its periods (docs/protocol.md). */
function periods({ fields }: KindCount): string[] {
  return fields
    .filter(({ name, least }) => name?.endsWith("upload_period") && least !== null)
    .map(({ name, least }) => `    it says ${name}: ${numberText((least ?? 0) / 1_000)} s`);
}
