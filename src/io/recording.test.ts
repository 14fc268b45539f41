/** The recording's file: what is appended comes back, whatever happened to its end. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type Entry, openRecording, readRecording } from "./recording.ts";

const folder = mkdtempSync(join(tmpdir(), "recording-"));
afterAll(() => rmSync(folder, { recursive: true }));

const frame: Entry = {
  at: 1_000,
  kind: "frame",
  sn: "R655TEST00000001",
  topic: "bridge-ecoflow/R655TEST00000001/data",
  bytes: new Uint8Array([10, 0, 255]),
};
const mark: Entry = { at: 2_000, kind: "mark", mark: "lost" };
const gap: Entry = { at: 3_000, kind: "gap", gap: "the broker went away" };

async function read(path: string) {
  const [entries, faults] = [[] as Entry[], [] as string[]];
  for await (const entry of readRecording(path, (line, why) => faults.push(`${line}: ${why}`)))
    entries.push(entry);
  return { entries, faults };
}

describe("a recording", () => {
  it("keeps frames, marks and gaps, also over two openings, for its owner alone", async () => {
    const path = join(folder, "whole.jsonl");
    for (const part of [
      [frame, mark],
      [gap, frame],
    ]) {
      const file = openRecording(path);
      for (const entry of part) file.add(entry);
      file.close();
    }
    expect(await read(path)).toEqual({ entries: [frame, mark, gap, frame], faults: [] });
    expect(statSync(path).mode & 0o077).toBe(0);
  });

  it("a line that a power cut tore loses itself and nothing else", async () => {
    const path = join(folder, "torn.jsonl");
    const file = openRecording(path);
    file.add(frame);
    file.close();
    appendFileSync(path, '{"at":1500,"sn":"R6');
    const again = openRecording(path);
    again.add(mark);
    again.close();
    expect(await read(path)).toEqual({ entries: [frame, mark], faults: ["2: it is not a JSON object"] });
  });

  it("touches no file that is something else", () => {
    const path = join(folder, "notes.txt");
    writeFileSync(path, "what I must not forget\n");
    expect(() => openRecording(path)).toThrow(/is no recording/);
    expect(readFileSync(path, "utf8")).toBe("what I must not forget\n");
  });

  it.each([
    ['{"sn":"a","topic":"b","hex":"00"}', /no time/],
    ['{"at":1,"topic":"b","hex":"00"}', /no sn/],
    ['{"at":1,"sn":"a","topic":"b","hex":"0"}', /hex/],
    ['{"at":1,"sn":"a/../b","topic":"b","hex":"00"}', /no serial number/],
  ])("says what is wrong with %s", async (line, sentence) => {
    const path = join(folder, "wrong.jsonl");
    writeFileSync(path, `${line}\n`);
    expect((await read(path)).faults.join()).toMatch(sentence);
  });
});
