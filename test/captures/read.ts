/** The published captures beside the repository, where they are; tests skip with one line where they are not. */
import { existsSync, readFileSync } from "node:fs";

export interface Capture {
  id: string;
  device: string;
  encoding: "hex" | "base64" | "json";
  payload: unknown;
  expected: unknown;
  decoded: unknown;
  /** True for a line written by hand and not by a station. */
  synthetic?: boolean;
  note?: string;
}

const path = "../shared/captures/captures.jsonl";

/** The captures; null, with one line on the terminal, where they are absent. */
export function readCaptures(): Capture[] | null {
  if (!existsSync(path)) {
    process.stdout.write(`skipped: ${path} is not here\n`);
    return null;
  }
  return readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Capture);
}

/** Returns the bytes of a capture that is not JSON. */
export const bytesOf = ({ payload, encoding }: Capture) =>
  new Uint8Array(Buffer.from(String(payload), encoding as BufferEncoding));
