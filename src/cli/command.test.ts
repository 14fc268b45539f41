import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { type CommandIo, defineCommand, WrongUsage } from "./command.ts";
import { commands, main } from "./index.ts";

function process() {
  const [out, err]: [string[], string[]] = [[], []];
  const io: CommandIo = {
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
    stdin: new PassThrough(),
    cwd: "/nonexistent",
    env: {},
    isTerminal: false,
    stop: new AbortController().signal,
  };
  return { io, out, err };
}

describe("a command", () => {
  const toy = defineCommand(
    {
      name: "toy",
      summary: "a toy",
      about: "Plays.",
      words: { FILE: "what to play" },
      options: {
        loud: { about: "is heard" },
        speed: { value: "N", about: "how fast" },
        at: { value: "T", isList: true, about: "when" },
      },
      examples: ["x.txt --loud"],
      more: "Exit code 0.",
    },
    ({ values, words }, io) => {
      if (values.speed === "never") throw new WrongUsage("--speed takes a number.");
      io.out(JSON.stringify({ values, words }));
      return Promise.resolve(0);
    },
  );

  it("gets its options and words as its table declares them", async () => {
    const { io, out } = process();
    expect(await toy(["x.txt", "--at", "1", "--at", "2"], io)).toBe(0);
    expect(JSON.parse(out[0] ?? "")).toEqual({ values: { loud: false, at: ["1", "2"] }, words: ["x.txt"] });
  });

  it("shows its whole table as help, and does nothing", async () => {
    const { io, out } = process();
    expect(await toy(["--loud", "-h"], io)).toBe(0);
    expect(out).toEqual([
      `Usage: ecoflow-power toy FILE [--loud] [--speed N] [--at T]…

Plays.

  FILE       what to play
  --loud     is heard
  --speed N  how fast
  --at T     when
  --help     this text

Examples:
  ecoflow-power toy x.txt --loud

Exit code 0.`,
    ]);
  });

  it("ends 2 with one sentence on wrong usage", async () => {
    for (const args of [["--nonsense"], ["--speed", "never"], ["--speed"]]) {
      const { io, out, err } = process();
      expect(await toy(args, io)).toBe(2);
      expect(out).toEqual([]);
      expect(err).toEqual([expect.stringMatching(/ See ecoflow-power toy --help\.$/)]);
    }
  });
});

describe.each(Object.keys(commands))("ecoflow-power %s", (name) => {
  it("has the name that the list gives it, and a help with every option", async () => {
    const { io, out } = process();
    expect(await main([name, "--help"], io)).toBe(0);
    const table = (await commands[name]?.())?.table;
    expect(table?.name).toBe(name);
    expect(out[0]).toContain(`Usage: ecoflow-power ${name}`);
    for (const option of Object.keys(table?.options ?? {}))
      expect(out[0]).toMatch(new RegExp(`^  --${option}\\b`, "m"));
  });

  it("ends 2 on an option that it does not know", async () => {
    const { io, err } = process();
    expect(await main([name, "--nonsense"], io)).toBe(2);
    expect(err[0]).toContain(`See ecoflow-power ${name} --help.`);
  });
});
