/** How people name a moment of a recording: its time, seconds from its beginning, or a mark in it. */
import { toSeconds } from "../../config/units.ts";

export interface Timeline {
  /** Of the first entry, epoch ms; null when there is none. */
  first: number | null;
  marks: readonly { at: number; mark: string }[];
}

/** Epoch ms of a moment, or a sentence: `+90s` from the beginning, a mark's text, an ISO time, epoch ms. */
export function momentOf(text: string, { first, marks }: Timeline): number | string {
  const marked = marks.filter(({ mark }) => mark === text || mark.startsWith(`${text} `));
  if (marked.length > 1) return `"${text}" is marked ${marked.length} times: name the moment by its time.`;
  if (marked[0] !== undefined) return marked[0].at;
  if (text.startsWith("+")) {
    const sec = toSeconds(text.slice(1));
    if (typeof sec !== "number") return `"${text}" is no time from the beginning: +90s, +5m.`;
    return (first ?? 0) + sec * 1_000;
  }
  if (/^\d{13}$/.test(text)) return Number(text);
  const time = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  const known = marks.length === 0 ? "" : ` Its marks: ${marks.map(({ mark }) => mark).join("; ")}.`;
  return `"${text}" is no moment: +90s from the beginning, an ISO time, epoch milliseconds, or a mark.${known}`;
}

/** `+0:00` at the first entry, `+1:02:03` an hour later; a tenth where there is one. */
export function sinceText(at: number, first: number | null): string {
  const tenths = Math.round((at - (first ?? at)) / 100);
  const [sign, all] = tenths < 0 ? ["-", -tenths] : ["+", tenths];
  const sec = Math.floor(all / 10);
  const two = (number: number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(sec / 3_600), Math.floor(sec / 60) % 60];
  const clock = hours > 0 ? `${hours}:${two(minutes)}` : String(minutes);
  return `${sign}${clock}:${two(sec % 60)}${all % 10 === 0 ? "" : `.${all % 10}`}`;
}
