/** A folder as this process sees it: whether it can be written, who owns it, and how much space is left. */
import { accessSync, constants, mkdirSync, type Stats, statfsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** Below this much space the next writes of the state may fail. */
const leastFreeBytes = 50_000_000;

export interface Folder {
  /** The path, or the nearest folder above it that exists. */
  path: string;
  /** Also true where the system refuses to look. */
  exists: boolean;
  /** A file, where a folder should be. */
  isFile: boolean;
  /** Entries can be made in it, or the folder itself can be made. */
  isWritable: boolean;
  /** User id of the owner, and of this process; null where the system has none. */
  owner: number | null;
  self: number | null;
  /** Bytes that this user may still write; null where the system does not say. */
  freeBytes: number | null;
}

/** Looks at a folder, and at the nearest one above it where it does not exist. Never throws. */
export function lookAtFolder(wanted: string): Folder {
  const folder = resolve(wanted);
  const self = process.getuid?.() ?? null;
  for (let path = folder; ; path = dirname(path)) {
    const found = statOf(path);
    if (found === "absent" && path !== dirname(path)) continue;
    const known = typeof found === "string" ? null : found;
    return {
      path,
      exists: path === folder && found !== "absent",
      isFile: known?.isDirectory() === false,
      isWritable: known !== null && mayWrite(path),
      owner: self === null ? null : (known?.uid ?? null),
      self,
      freeBytes: freeIn(path),
    };
  }
}

/**
 * Makes a folder and those above it that are missing, for this user alone; throws the system's error. (The recursive mkdir
 * of Node never ends where the system answers "no such file" to each attempt, as /proc does.)
 */
export function makeFolder(wanted: string): void {
  const missing: string[] = [];
  for (let path = resolve(wanted); statOf(path) === "absent" && path !== dirname(path); path = dirname(path))
    missing.unshift(path);
  for (const path of missing) mkdirSync(path, { mode: 0o700 });
}

/** Returns a sentence about a folder with too little space for the state; null where there is enough, or it is not known. */
export function spaceProblem(name: string, freeBytes: number | null): string | null {
  if (freeBytes === null || freeBytes >= leastFreeBytes) return null;
  return `${name} has ${Math.floor(freeBytes / 1e6)} MB left: soon the state cannot be written; make space.`;
}

/** `closed`: the system refuses to look, for example into another user's folder. */
function statOf(path: string): Stats | "absent" | "closed" {
  try {
    return statSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" || code === "ENOTDIR" ? "absent" : "closed";
  }
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function freeIn(path: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch {
    return null;
  }
}
