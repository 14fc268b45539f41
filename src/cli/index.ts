/** The table of commands: a command stands here when it works, not before. */
import type { Command, CommandIo } from "./command.ts";
import { versionText } from "./version.ts";

interface Entry {
  name: string;
  about: string;
  load: () => Promise<Command>;
}

const commands: readonly Entry[] = [
  {
    name: "run",
    about: "start the server: stations in, decisions, commands out",
    load: async () => (await import("./run.ts")).runCommand,
  },
  {
    name: "demo",
    about: "play one outage with an emulated station and emulated machines, told in the terminal",
    load: async () => (await import("./demo.ts")).demoCommand,
  },
  {
    name: "check",
    about: "validate the configuration and show every mistake at once",
    load: async () => {
      const [{ checkCommand }, { probeBroker }] = await Promise.all([
        import("./check.ts"),
        import("./probe.ts"),
      ]);
      return (args, io) => checkCommand(args, io, probeBroker);
    },
  },
  {
    name: "simulate",
    about: "publish a scenario's states to the broker, for a rehearsal with a station that does not exist",
    load: async () => (await import("./simulate.ts")).simulateCommand,
  },
  {
    name: "send",
    about: "one command to an agent by hand, and what it answers",
    load: async () => (await import("./send.ts")).sendCommand,
  },
  {
    name: "decode",
    about: "show what a station's raw payload says",
    load: async () => (await import("./decode.ts")).decodeCommand,
  },
  {
    name: "record",
    about: "raw frames from the broker into a file, with their times",
    load: async () => (await import("./record.ts")).recordCommand,
  },
  {
    name: "replay",
    about: "a recording's frames to the broker again, with the pauses they had",
    load: async () => (await import("./replay.ts")).replayCommand,
  },
  {
    name: "inspect",
    about: "look for what an unknown station says: tree, new, diff, find, heartbeat",
    load: async () => (await import("./inspect.ts")).inspectCommand,
  },
  {
    name: "report",
    about:
      "what a station sends, without its owner's data, for an issue; our verdicts against marked moments",
    load: async () => (await import("./report.ts")).reportCommand,
  },
  {
    name: "sign",
    about: "a request to EcoFlow's developer interface, signed, as a line for curl",
    load: async () => (await import("./sign.ts")).signCommand,
  },
  {
    name: "map",
    about: "the rooms in the order of the flow, with the topics that each reads and writes",
    load: async () => (await import("./map.ts")).mapCommand,
  },
];

/** Runs the command that `args` name and answers its exit code. */
export async function main(args: string[], io: CommandIo): Promise<number> {
  const [name, ...rest] = args;
  if (name === "--version" || name === "-V") return say(io, versionText());
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    io.out(helpText());
    return name === undefined ? 2 : 0;
  }
  const entry = commands.find((command) => command.name === name);
  if (!entry) {
    io.err(
      `ecoflow-power has no command "${name}". Its commands: ${commands.map((c) => c.name).join(", ")}.`,
    );
    return 2;
  }
  try {
    return await (await entry.load())(rest, io);
  } catch (error) {
    io.err(`ecoflow-power ${name}: ${error instanceof Error ? error.message : String(error)}`);
    // An option that a command does not know is wrong usage, whichever command it was.
    return (error as NodeJS.ErrnoException).code?.startsWith("ERR_PARSE_ARGS") ? 2 : 1;
  }
}

function say(io: CommandIo, text: string): number {
  io.out(text);
  return 0;
}

function helpText(): string {
  const lines = commands.map(({ name, about }) => `  ${name.padEnd(10)} ${about}`);
  return ["Usage: ecoflow-power <command> [options]", "", ...lines, "", "Every command has --help."].join(
    "\n",
  );
}
