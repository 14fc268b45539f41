/** The list of commands: a command stands here when it works, not before. */
import { nearest } from "../config/suggest.ts";
import type { Command, CommandIo } from "./command.ts";
import { versionText } from "./version.ts";

/** By name; each is loaded only when it is needed. */
export const commands: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import("./run.ts")).runCommand,
  demo: async () => (await import("./demo.ts")).demoCommand,
  import: async () => (await import("./import.ts")).importCommand,
  check: async () => (await import("./check.ts")).checkCommand,
  status: async () => (await import("./status.ts")).statusCommand,
  stations: async () => (await import("./stations.ts")).stationsCommand,
  "mqtt-login": async () => (await import("./mqtt-login.ts")).mqttLoginCommand,
  simulate: async () => (await import("./simulate.ts")).simulateCommand,
  send: async () => (await import("./send.ts")).sendCommand,
  decode: async () => (await import("./decode.ts")).decodeCommand,
  record: async () => (await import("./record.ts")).recordCommand,
  replay: async () => (await import("./replay.ts")).replayCommand,
  inspect: async () => (await import("./inspect.ts")).inspectCommand,
  report: async () => (await import("./report.ts")).reportCommand,
  sign: async () => (await import("./sign.ts")).signCommand,
  map: async () => (await import("./map.ts")).mapCommand,
  "emulate-cloud": async () => (await import("./emulate-cloud.ts")).emulateCloudCommand,
};

/** Other names of commands. */
const aliases: Readonly<Record<string, string>> = { devices: "stations" };

/** Runs the command that `args` name and returns its exit code. */
export async function main(args: string[], io: CommandIo): Promise<number> {
  const [name, ...rest] = args;
  if (name === "--version" || name === "-V") return say(io, versionText());
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    io.out(await helpText());
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(aliases, name) ? (aliases[name] ?? name) : name;
  const load = Object.hasOwn(commands, command) ? commands[command] : undefined;
  if (!load) {
    const near = nearest(name, Object.keys(commands));
    const remedy = near === null ? "" : ` Did you mean ${near}?`;
    io.err(
      `ecoflow-power has no command "${name}".${remedy} Its commands: ${Object.keys(commands).join(", ")}.`,
    );
    return 2;
  }
  try {
    return await (await load())(rest, io);
  } catch (error) {
    io.err(`ecoflow-power ${name}: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
}

function say(io: CommandIo, text: string): number {
  io.out(text);
  return 0;
}

async function helpText(): Promise<string> {
  const all = await Promise.all(Object.values(commands).map((load) => load()));
  const lines = all.map(({ table }) => `  ${table.name.padEnd(14)} ${table.summary}`);
  return ["Usage: ecoflow-power <command> [options]", "", ...lines, "", "Every command has --help."].join(
    "\n",
  );
}
