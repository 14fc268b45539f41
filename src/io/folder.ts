/** A folder as this process sees it: whether it can be written, who owns it, and how much space is left. */
import { accessSync, constants, statfsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** Below this much space the next writes of the state may fail. */
export const leastFreeBytes = 50_000_000;

export interface Folder {
  /** The path, or the nearest folder above it that exists. */
  path: string;
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

/** Looks at a folder, and at the nearest one above it where it does not exist yet. Never throws. */
export function lookAtFolder(wanted: string): Folder {
  let path = resolve(wanted);
  for (;;) {
    const found = statSync(path, { throwIfNoEntry: false, bigint: false });
    if (found !== undefined) {
      const exists = path === resolve(wanted);
      const isFile = !found.isDirectory();
      const self = process.getuid?.() ?? null;
      const owner = self === null ? null : found.uid;
      return { path, exists, isFile, isWritable: mayWrite(path), owner, self, freeBytes: freeIn(path) };
    }
    const above = dirname(path);
    if (above === path) {
      return {
        path,
        exists: false,
        isFile: false,
        isWritable: false,
        owner: null,
        self: null,
        freeBytes: null,
      };
    }
    path = above;
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
