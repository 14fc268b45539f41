/** The story fits a terminal of 80 columns and needs none. */
import { describe, expect, it } from "vitest";
import { wrapped } from "./help.ts";
import { clockText, Story } from "./story.ts";

function told(isTerminal: boolean, speakers: string[] = []) {
  const said: string[] = [];
  let sec = 0;
  const story = new Story({ out: (text) => void said.push(text), isTerminal }, () => sec, speakers);
  return {
    story,
    said,
    at: (to: number) => {
      sec = to;
    },
  };
}

const long = "soc 54 % <= 54 %, on battery 60 s >= 60 s, ".repeat(8);

describe("a story", () => {
  it("wraps at 80 columns under the speaker's first word", () => {
    const { story, said, at } = told(false);
    at(272);
    story.say("server", long);
    const lines = said[0]!.split("\n");
    expect(lines.length).toBeGreaterThan(3);
    expect(lines[0]).toMatch(/^ 04:32 {2}server {2}soc 54/);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
    for (const line of lines.slice(1)) expect(line).toMatch(/^ {16}\S/);
  });

  it("keeps long names in one column", () => {
    const { story, said } = told(false, ["a-machine-of-mine"]);
    story.say("a-machine-of-mine", long);
    story.say("pc", "is here");
    expect(said[1]?.indexOf("is here")).toBe(said[0]?.indexOf("soc 54"));
    for (const line of said.join("\n").split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  it("writes no control characters where no terminal is", () => {
    const { story, said, at } = told(false);
    story.say("pc", "is here", "machine");
    story.write("done", "good");
    story.progress("1");
    at(40);
    story.progress("2");
    story.progress("3");
    expect(said.join("")).not.toContain("\x1b");
    expect(said.at(-1)).toBe(" 00:40  2");
    expect(said).toHaveLength(3);
  });

  it("prints progress after two quiet seconds of another clock, however slow the story is", () => {
    const said: string[] = [];
    let real = 100;
    const quiet = { sec: 2, now: () => real };
    const story = new Story({ out: (text) => void said.push(text), isTerminal: false }, () => 7, [], quiet);
    story.progress("1");
    real = 102;
    story.progress("2");
    real = 103.9;
    story.progress("3");
    expect(said).toEqual([" 00:07  2"]);
  });

  it("replaces the line of progress on a terminal", () => {
    const { story, said } = told(true);
    story.progress("1");
    story.progress("2");
    story.write("done");
    const wipe = "\x1b[1A\r\x1b[2K";
    expect(said.map((text) => text.startsWith(wipe))).toEqual([false, true, true]);
  });

  it("wraps long text without a time, and leaves tables alone", () => {
    const { story, said } = told(false);
    story.write(`${"word ".repeat(30)}\n  a   table`);
    const lines = said[0]!.split("\n");
    expect(lines).toHaveLength(3);
    expect(lines.at(-1)).toBe("  a   table");
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  });

  it("keeps a word that is too long whole", () => {
    expect(wrapped("a bbbbbbbbbb c", 5)).toEqual(["a", "bbbbbbbbbb", "c"]);
    expect(clockText(3_725)).toBe("62:05");
  });
});
