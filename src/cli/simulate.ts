/** `ecoflow-power simulate`: publishes what a station that does not exist would say, and tells what the server makes of it. */
import { parseArgs } from "node:util";
import { type Config, stationIds } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import { describeProblems } from "../config/problems.ts";
import { makeTopics } from "../contract/topics.ts";
import { type Clock, systemClock } from "../io/clock.ts";
import { type ScenarioName, scenarioNames, scenarioOf } from "../sim/scenario.ts";
import type { Command, CommandIo } from "./command.ts";
import { pause } from "./pause.ts";
import { brokerFor } from "./reach.ts";
import { allowed, objections, type Played } from "./simulate-guard.ts";
import { Player } from "./simulate-player.ts";

const names = Object.keys(scenarioNames) as ScenarioName[];
const defaultStation = "SimulatedDevice";
/** So long it is listened whether the station exists. */
const listenSec = 5;

const help = `Usage: ecoflow-power simulate SCENARIO [--station S] [--config FILE] [--real]

Publishes a scenario's readings to the configured broker, as a station would that does not exist, and tells what the
server does. The station must stand in the configuration (DEVICE_TO_AGENTS_JSON or stations:), without a serial number.

${names.map((name) => `  ${name.padEnd(11)} ${scenarioNames[name]}`).join("\n")}

  --station S    ${defaultStation} unless told
  --config FILE  the YAML file; otherwise as for run
  --real         also for a station that exists or whose machines would obey; asks you to type its name`;

export interface Wanted {
  name: ScenarioName;
  station: string;
  real: boolean;
  config?: string;
}

export const simulateCommand: Command = async (args, io) => {
  const wanted = understood(args);
  if (wanted === null) {
    io.out(help);
    return 0;
  }
  if (typeof wanted === "string") {
    io.err(wanted);
    return 2;
  }
  const loaded = loadConfig({ cwd: io.cwd, env: io.env, ...(wanted.config && { file: wanted.config }) });
  if (!loaded.ok) {
    io.err(describeProblems(loaded.problems));
    return 1;
  }
  return simulate(loaded.config, wanted, io, systemClock());
};

/** What is wanted; null for help; a sentence when it cannot be understood. */
function understood(args: string[]): Wanted | string | null {
  const options = {
    station: { type: "string" },
    config: { type: "string" },
    real: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    if (values.help) return null;
    const name = names.find((known) => known === positionals[0]);
    if (!name || positionals.length > 1) return `simulate wants one scenario: ${names.join(", ")}.`;
    const { station = defaultStation, real = false, config } = values;
    return { name, station, real, ...(config !== undefined && { config }) };
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)} See ecoflow-power simulate --help.`;
  }
}

/** Plays a scenario against the broker of `config`, in seconds of `clock`; answers the exit code. */
export async function simulate(config: Config, wanted: Wanted, io: CommandIo, clock: Clock): Promise<number> {
  const played = playedStation(config, wanted.station);
  if (typeof played === "string") {
    io.err(played);
    return 1;
  }
  const topics = makeTopics(config.base, "unused");
  const broker = brokerFor(config, "simulate");
  io.out(`Listening for ${listenSec} s at ${broker.url} whether ${played.id} exists …`);
  const reasons = await objections(played, topics, broker, () => pause(clock, listenSec, io.stop));
  if (io.stop.aborted || !(await allowed(reasons, played, wanted.real, io))) return 1;
  const machines = played.machines.filter((machine) => dependsOn(config, machine));
  const socPercent = Math.min(
    ...machines.map((machine) => config.machines[machine]?.shutdownAt.socPercent ?? 10),
  );
  const { debounceSec, abortAfterSec } = config.policy;
  const scenario = scenarioOf(wanted.name, { debounceSec, abortAfterSec, socPercent });
  const player = new Player({ io, topics, played, machines, clock });
  try {
    await player.start(broker);
    return await player.play(scenario);
  } finally {
    await player.stop();
  }
}

/** The station and its machines, or a sentence. */
function playedStation(config: Config, station: string): Played | string {
  const ids = stationIds(config);
  const id = ids.get(station);
  const known = id === undefined ? undefined : config.stations[id];
  if (id === undefined || !known) {
    return `The configuration knows no station "${station}". Map it to a machine, for example DEVICE_TO_AGENTS_JSON={"${station}":["test-agent"]}, for run and for simulate.`;
  }
  const machines = Object.entries(config.machines)
    .filter(([, machine]) => machine.stations.includes(id))
    .map(([name]) => name);
  if (!machines.some((machine) => dependsOn(config, machine))) {
    return `No machine goes down with ${id} alone: nothing would come of it.`;
  }
  const words = new Set([...ids].filter(([, target]) => target === id).map(([word]) => word));
  return { id, words, serial: known.serial, machines };
}

/** Whether losing one of its stations is enough for this machine to go (rulings R13). */
function dependsOn(config: Config, name: string): boolean {
  const machine = config.machines[name];
  return machine !== undefined && machine.stations.length - 1 < machine.minSupplies;
}
