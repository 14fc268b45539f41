/** `ecoflow-power status`: one screen about stations, machines and the server, and whether all of it protects. */
import type { Config } from "../config/config.ts";
import { lookAtFolder } from "../io/folder.ts";
import { type CommandIo, defineCommand, jsonOption } from "./command.ts";
import { configOption, configured } from "./configured.ts";
import { printable } from "./printable.ts";
import { brokerFor } from "./reach.ts";
import { Ear, leaseSec } from "./status/ear.ts";
import { type Report, reportOf } from "./status/report.ts";
import { statusLines } from "./status/show.ts";
import { sleep } from "./waiting.ts";

export const statusCommand = defineCommand(
  {
    name: "status",
    summary: "one screen: stations, machines, alarms, and whether all of it protects",
    about: `Reads at the broker what the server and the agents publish, for ${leaseSec} s at most, and sends nothing. Ends with "Protected." or with what is missing.`,
    options: {
      watch: {
        about: "show it again every 2 s, until Ctrl-C; without a terminal only when something changed",
      },
      config: configOption,
      json: jsonOption,
    },
    examples: ["", "--watch"],
    more: "Exit code: 0 protected, 1 something is missing, 2 wrong usage.",
  },
  async ({ values }, io) => {
    const config = configured(values.config, io);
    if (config === null) return 1;
    return values.watch ? watch(config, values.json, io) : once(config, values.json, io);
  },
);

async function once(config: Config, json: boolean, io: CommandIo): Promise<number> {
  const { ear, look } = eyes(config, io);
  try {
    const report = await look();
    io.out(json ? JSON.stringify(report, null, 2) : screen(report));
    return report.protected ? 0 : 1;
  } finally {
    await ear.close();
  }
}

/** Seconds between two looks. */
const againSec = 2;

async function watch(config: Config, json: boolean, io: CommandIo): Promise<number> {
  const { ear, look } = eyes(config, io);
  let code = 1;
  let before = "";
  try {
    while (!io.stop.aborted) {
      const report = await look();
      code = report.protected ? 0 : 1;
      const now = gist(report);
      if (json && now !== before) io.out(JSON.stringify(report));
      // Home, and erase what is below: the screen does not flicker.
      else if (io.isTerminal && !json) io.out(`\u001b[H\u001b[J${screen(report)}`);
      else if (now !== before) io.out(`${new Date().toLocaleTimeString()}\n${screen(report)}\n`);
      before = now;
      await sleep(againSec, io.stop);
    }
  } finally {
    await ear.close();
  }
  return code;
}

function eyes(config: Config, io: CommandIo) {
  const broker = brokerFor(config, "status");
  const ear = new Ear(config, broker, io.stop);
  const look = async () => {
    await ear.listen();
    return reportOf(config, ear, broker.url, lookAtFolder(config.stateDir), Date.now());
  };
  return { ear, look };
}

/** Foreign texts must not steer the terminal. */
const screen = (report: Report) => printable(statusLines(report).join("\n"));

/** What makes a report worth another line: not the ages and the countdowns. */
function gist({ missing, stations, machines, server, broker }: Report): string {
  return JSON.stringify([
    missing.map((text) => text.replace(/\d+ s\b/g, "")),
    stations.map(({ id, soc, grid, by }) => [id, soc, grid, by]),
    machines.map(({ id, armed, state, threshold }) => [id, armed, state, threshold]),
    server?.instance,
    broker.problem,
  ]);
}
