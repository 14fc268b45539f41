/** Warns of a configuration file that holds a secret and that every user of the machine may read. */
import { statSync } from "node:fs";
import { type ReadFile, readText } from "./files.ts";

/** The mode of a file; null where it has none that means anything. */
export type ModeOf = (path: string) => number | null;

/** A shorter secret may be part of any word. */
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
 * One sentence for each file. What `<NAME>_FILE` names is left out: a container's secrets are readable for all in it,
 * and the file is nobody else's.
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
