/** The report of a station for an issue: the messages and fields it sends, their types and ranges, and nothing about its owner. */
import { modelOf } from "../decode/models.ts";
import { isTelling, withoutSerials } from "./redact.ts";
import { type FieldCount, type KindCount, mostDifferent } from "./survey.ts";
import { numberText } from "./tree.ts";
import { graceMs, type VerdictRow } from "./verdicts.ts";

export interface ReportFacts {
  version: string;
  serials: readonly string[];
  /** Milliseconds from the first entry to the last. */
  spanMs: number;
  payloads: number;
  kinds: readonly KindCount[];
  /** Payloads without a message, by reason. */
  strangers: ReadonlyMap<string, number>;
}

/** Returns Markdown without serials, texts of a payload, or numbers that may be an id or a place. */
export function reportText(facts: ReportFacts): string {
  const { version, serials, spanMs, payloads, kinds, strangers } = facts;
  const lines = [
    "# What a station sends",
    "",
    `Made by ecoflow-power ${version} from a recording of ${Math.round(spanMs / 1_000)} s with ${payloads} payloads. Serials, texts, ids and places are left out: of a serial the four characters that name the model, of a text its length.`,
    "",
    ...stationLines(serials),
    ...[...strangers].map(([why, count]) => `- ${count} payloads were no message: ${why}`),
    "",
    "| message | table | board | times | every |",
    "|---|---|---|---|---|",
    ...kinds.map(kindRow),
    ...kinds.flatMap(fieldTable),
  ];
  return `${withoutSerials(lines.join("\n"), serials)}\n`;
}

/** Returns one line per model. */
function stationLines(serials: readonly string[]): string[] {
  const lines = serials.map((serial) => {
    return `- station ${maskedPrefix(serial)}: ${modelOf(serial)?.name ?? "not in our list of models"}`;
  });
  return [...new Set(lines)];
}

const maskedPrefix = (serial: string) =>
  /^[A-Z0-9]{12,}$/.test(serial) ? `${serial.slice(0, 4)}…` : "(named by no serial)";
const seconds = (ms: number) => `${numberText(Math.round(ms / 100) / 10)} s`;

function kindRow({ kind, message, src, count, period, because }: KindCount): string {
  const every =
    period === null
      ? ""
      : `${seconds(period.middle)} (${seconds(period.shortest)} to ${seconds(period.longest)})`;
  return `| ${kind} | ${message ?? because ?? "**unknown**"} | ${src ?? ""} | ${count} | ${every} |`;
}

function fieldTable(kind: KindCount): string[] {
  if (kind.fields.length === 0) return [];
  const board = kind.src === null ? "" : `, board ${kind.src}`;
  return [
    "",
    `## ${kind.kind} ${kind.message ?? "unknown"}${board}`,
    "",
    "| field | name | type | values | different | times |",
    "|---|---|---|---|---|---|",
    ...kind.fields.map(fieldRow),
  ];
}

function fieldRow(field: FieldCount): string {
  const { path, name, unit, types, different, count } = field;
  const many = different >= mostDifferent ? `${mostDifferent} or more` : String(different);
  const values = `${valuesOf(field)} ${unit}`.trim();
  return `| ${path.replaceAll("|", "/")} | ${name ?? "**unknown**"} | ${types.join(" or ")} | ${values} | ${many} | ${count} |`;
}

/** Numbers beyond 32 bits and doubles may be ids and places. */
const largest = 2 ** 32;

function valuesOf({
  name,
  path,
  types,
  least,
  most,
  leastInt,
  mostInt,
  shortest,
  longest,
}: FieldCount): string {
  if (isTelling(name) || isTelling(path)) return "not shown";
  const parts: string[] = [];
  if (least !== null && most !== null) {
    const isShown = Math.abs(least) < largest && Math.abs(most) < largest && !types.includes("double?");
    parts.push(isShown ? between(least, most) : "not shown");
  }
  if (leastInt !== null && mostInt !== null && mostInt !== 0) parts.push(`or ${between(leastInt, mostInt)}`);
  if (shortest !== null && longest !== null) parts.push(`length ${between(shortest, longest)}`);
  return parts.join(", ");
}

const between = (from: number, to: number) =>
  from === to ? numberText(from) : `${numberText(from)} to ${numberText(to)}`;

/** Returns the table of the compatibility test. The text of marks is kept, with serials masked. */
export function verdictText(
  rows: readonly (VerdictRow & { sn: string })[],
  serials: readonly string[],
): string {
  const lines = [
    "# What we say about the mains, against what was marked",
    "",
    `A new word may take ${graceMs / 1_000} s. *wrong*: the opposite was said when it no longer, or never, was so. *unknown*: no word was said, which decides nothing.`,
    "",
    "| station | marked | our word | by | charge | first right after | verdict |",
    "|---|---|---|---|---|---|---|",
    ...rows.map(verdictRow),
    "",
    summaryOf(rows),
  ];
  return `${withoutSerials(lines.join("\n"), serials)}\n`;
}

function verdictRow({ sn, mark, grid, basis, soc, afterSec, verdict }: VerdictRow & { sn: string }): string {
  const after = afterSec === null ? "never" : `${numberText(afterSec)} s`;
  const charge = soc === null ? "unknown" : `${numberText(Math.round(soc * 10) / 10)} %`;
  return `| ${maskedPrefix(sn)} | ${mark.replaceAll("|", "/")} | ${grid} | ${basis} | ${charge} | ${after} | ${verdict === "right" ? "right" : `**${verdict}**`} |`;
}

function summaryOf(rows: readonly VerdictRow[]): string {
  const count = (word: VerdictRow["verdict"]) => rows.filter(({ verdict }) => verdict === word).length;
  const moments = (truth: VerdictRow["truth"]) => rows.filter((row) => row.truth === truth).length;
  const sum = `${count("right")} right, ${count("unknown")} unknown, ${count("wrong")} wrong.`;
  if (moments("lost") >= 2 && moments("present") >= 2) return sum;
  return `${sum} The test wants four moments: present and lost, each with load and with little or none.`;
}
