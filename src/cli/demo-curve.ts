/** The charge of the stations over a scene, drawn for a terminal. */
import { clockText } from "./story.ts";

export interface Line {
  /** One character that draws it. */
  mark: string;
  /** In the legend. */
  name: string;
  /** Percent, one value a second. */
  values: readonly number[];
}

export interface CurveOptions {
  /** Later lines are drawn over earlier ones. */
  lines: readonly Line[];
  /** Below the curve: whether the mains was present, and a machine running. */
  bars: readonly Bar[];
}

export interface Bar {
  name: string;
  /** One value a second. */
  values: readonly boolean[];
}

const columns = 68;
const rows = 9;
const margin = "        ";

/** Returns the lines of text, 76 columns wide; none for a scene without a second. */
export function curve({ lines, bars }: CurveOptions): string[] {
  const seconds = Math.max(0, ...lines.map(({ values }) => values.length));
  if (seconds === 0) return [];
  const secondOf = (column: number) => Math.min(seconds - 1, Math.floor((column * seconds) / columns));
  const [low, step] = scaleOf(lines.flatMap(({ values }) => values));
  const grid = Array.from({ length: rows }, () => Array<string>(columns).fill(" "));
  for (const { mark, values } of lines) {
    for (let column = 0; column < columns; column++) {
      const value = values[secondOf(column)];
      const row = value === undefined ? undefined : grid[rows - 1 - Math.round((value - low) / step)];
      if (row) row[column] = mark;
    }
  }
  const labelled = grid.map((row, index) => {
    const label = `${Math.round(low + (rows - 1 - index) * step)} %`.padStart(6);
    return `${label}  ${row.join("")}`.trimEnd();
  });
  const barred = bars.map(({ name, values }) => {
    const bar = Array.from({ length: columns }, (_, column) => (values[secondOf(column)] ? "=" : " "));
    return `${name.padStart(6)}  ${bar.join("")}`.trimEnd();
  });
  return [...labelled, ...barred, axis(seconds), legend(lines)];
}

/** Returns the lowest value of the scale and its step, so that all values fit: steps of 1, 2, 5 or 10 percent. */
function scaleOf(values: readonly number[]): [low: number, step: number] {
  const [least, most] = values.reduce(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [100, 0],
  );
  for (const step of [1, 2, 5, 10]) {
    const low = Math.floor(least / step) * step;
    if (low + (rows - 1) * step >= most) return [low, step];
  }
  return [0, 100 / (rows - 1)];
}

function axis(seconds: number): string {
  const marks = [0, 0.25, 0.5, 0.75, 1].map((part) => clockText(part * seconds));
  const width = (columns - marks.length * 5) / (marks.length - 1);
  return margin + marks.join(" ".repeat(width)).trimEnd();
}

const legend = (lines: readonly Line[]) =>
  `${margin}${lines.map(({ mark, name }) => `${mark} ${name}`).join("   ")}   = present, running`;
