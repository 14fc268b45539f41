/** Text files of the configuration: read, absent, or there and not readable. */
import { readFileSync, statSync } from "node:fs";

export type ReadFile = (path: string) => string;

export type FileText = { text: string } | { absent: true } | { unreadable: string };

/** No file of settings is larger; a larger one is another file. */
const mostBytes = 1024 * 1024;

/** Reads a regular file of at most 1 MiB: a pipe would never end, and a device neither. Throws an error whose `code` says why not. */
export function readRegular(path: string): string {
  const entry = statSync(path);
  const why = entry.isDirectory()
    ? "EISDIR"
    : !entry.isFile()
      ? "not a regular file"
      : entry.size > mostBytes
        ? "larger than 1 MiB"
        : null;
  if (why !== null) throw Object.assign(new Error(`${path}: ${why}`), { code: why });
  return readFileSync(path, "utf8");
}

/** Reads a file; only a missing file is absent; every other failure must be reported. */
export function readText(readFile: ReadFile, path: string): FileText {
  try {
    return { text: readFile(path) };
  } catch (error) {
    const code = (error as { code?: unknown } | null)?.code;
    if (code === "ENOENT" || code === "ENOTDIR") return { absent: true };
    return { unreadable: typeof code === "string" ? code : "it cannot be read" };
  }
}

/** `path` seen from `folder`; an absolute one stays. */
export function inFolder(folder: string, path: string): string {
  if (/^(?:[/\\]|[A-Za-z]:[/\\])/.test(path)) return path;
  return `${folder.replace(/[/\\]+$/, "")}/${path.replace(/^\.\//, "")}`;
}

/** The folder of a file: what stands before its last slash. */
export function folderOf(path: string): string {
  const slash = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"));
  return slash < 0 ? "." : path.slice(0, slash) || "/";
}

/** The folder above. */
export function parentOf(folder: string): string | null {
  const bare = folder.replace(/[/\\]+$/, "");
  return bare === "" ? null : folderOf(bare);
}
