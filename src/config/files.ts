/** Text files of the configuration: read, absent, or there and not readable. */

export type ReadFile = (path: string) => string;

export type FileText = { text: string } | { absent: true } | { unreadable: string };

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
