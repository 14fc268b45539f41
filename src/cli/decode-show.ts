/** A decoded payload for people: every value by its name, rounded, with its unit. */
import { messageOf } from "../core/decode/index.ts";
import { numberText, unitText } from "../core/inspect/tree.ts";
import type { Decoded, DecodedFrame } from "./decode-payload.ts";

/** Returns a heading a frame, a line a field, then the reading, or why there is none. */
export function readable({ id, frames, reading, because }: Decoded): string {
  const lines: string[] = id === undefined ? [] : [id];
  for (const frame of frames) {
    lines.push(headingOf(frame), ...linesOf(frame.fields as object, unitsOf(frame)));
  }
  if (reading === null) lines.push(`no reading, because: ${because ?? "nothing in it is known"}`);
  else {
    const known = Object.entries(reading).filter(([, value]) => value !== null);
    const unknown = Object.entries(reading).filter(([, value]) => value === null);
    lines.push("reading", ...linesOf(Object.fromEntries(known), unitOfReading));
    if (unknown.length > 0) lines.push(`  unknown: ${unknown.map(([name]) => name).join(", ")}`);
  }
  return lines.join("\n");
}

const headingOf = ({ cmd_func, cmd_id, message }: DecodedFrame) =>
  cmd_func === null ? "JSON" : `${message ?? "unknown message"} (${cmd_func}/${cmd_id})`;

/** The unit of a field by its dotted name; empty where it has none. */
type UnitOf = (name: string) => string;

/** JSON carries no number of its message, so its values stay without units. */
function unitsOf({ cmd_func, cmd_id }: DecodedFrame): UnitOf {
  const table = cmd_func === null || cmd_id === null ? null : messageOf({ cmdFunc: cmd_func, cmdId: cmd_id });
  return (name) => {
    let fields = table;
    let unit = "";
    for (const level of name.split(".")) {
      const field = fields?.byName.get(level);
      unit = field?.unit ?? "";
      fields = field?.nested ?? null;
    }
    return unit;
  };
}

const endings: readonly (readonly [RegExp, string])[] = [
  [/^soc$|_percent$/, "%"],
  [/_watts$/, "W"],
  [/_sec$/, "s"],
  [/_min$/, "min"],
  [/_wh$/, "Wh"],
  [/_celsius$/, "°C"],
];

/** A reading names the unit of a value in the name. */
const unitOfReading: UnitOf = (name) => endings.find(([shape]) => shape.test(name))?.[1] ?? "";

function linesOf(values: object, unitOf: UnitOf, above = ""): string[] {
  return Object.entries(values).flatMap(([name, value]) => {
    const path = `${above}${name}`;
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return linesOf(value, unitOf, `${path}.`);
    return [`  ${path.padEnd(32)} ${valueText(name, value, unitOf(path))}`];
  });
}

function valueText(name: string, value: unknown, unit: string): string {
  if (typeof value !== "number") return typeof value === "object" ? JSON.stringify(value) : String(value);
  if (name === "sampled_at" || name === "received_at") return new Date(value).toISOString();
  return numberText(value) + unitText(value, unit);
}
