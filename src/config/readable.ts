/** Warns of a configuration file that holds a secret and that every user of the machine can read. */
import { statSync } from "node:fs";
import { type ReadFile, readText } from "./files.ts";

/** Returns the mode of a file; null if the system has no meaningful one. */
export type ModeOf = (path: string) => number | null;

/** Shortest secret to search for, characters: a shorter one can be part of any word. */
const shortest = 4;
const othersRead = 0o004;

export const modeOf: ModeOf = (path) => {
  if (process.platform === "win32") return null;
  try {
    return statSync(path).mode;
  } catch {
    return null;
  }
};

/**
 * Returns one sentence for each such file. Files named by `<NAME>_FILE` are left out: in a container, every user can read the
 * mounted secrets, and there are no other users.
 */
export function readableByOthers(
  files: readonly string[],
  secrets: readonly string[],
  readFile: ReadFile,
  mode: ModeOf,
): string[] {
  const holdsSecret = (path: string) => {
    const found = readText(readFile, path);
    return (
      "text" in found && secrets.some((secret) => secret.length >= shortest && found.text.includes(secret))
    );
  };
  const isOpen = (path: string) => ((mode(path) ?? 0) & othersRead) !== 0;
  return files
    .filter((path) => isOpen(path) && holdsSecret(path))
    .map(
      (path) =>
        `${path} holds a password or key, and every user of this machine can read it: chmod 600 ${path}`,
    );
}
