/** Paths into the configuration, and values written at them. */
import { isSection, type Section } from "./yaml.ts";

/** Keys and indexes from the top of the configuration to a value. */
export type Path = readonly PropertyKey[];

/** Writes a value that came from the variable `name`. */
export type Put = (path: Path, value: unknown, name: string) => void;

/** A text that is equal for equal paths. */
export const keyOf = (path: Path): string => JSON.stringify(path.map(String));

/** The keys of a path and of each section around it, innermost first. */
export const prefixes = (path: Path): string[] =>
  path.map((_, index) => keyOf(path.slice(0, path.length - index)));

/** Writes a value into nested sections and creates them where needed; false where another value is in the way. */
export function place(raw: Section, path: Path, value: unknown): boolean {
  let section = raw;
  for (const step of path.slice(0, -1).map(String)) {
    section[step] ??= {};
    const inner = section[step];
    if (!isSection(inner)) return false;
    section = inner;
  }
  section[String(path.at(-1))] = value;
  return true;
}
