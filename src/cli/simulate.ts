/** `ecoflow-power simulate`: publishes the readings of a station that does not exist, and shows what the server makes of them. */
import { type Config, stationIds } from "../config/config.ts";
import { nearest } from "../config/suggest.ts";
import { list } from "../config/units.ts";
import { makeTopics } from "../contract/topics.ts";
import { type Clock, systemClock } from "../io/clock.ts";
import { type ScenarioName, scenarioNames, scenarioOf } from "../sim/scenario.ts";
import { serialOf } from "../site.ts";
import { type CommandIo, defineCommand, WrongUsage } from "./command.ts";
import { configOption, configured } from "./configured.ts";
import { brokerFor } from "./reach.ts";
import { accountObjections, allowed, objections, type Played, realOption } from "./simulate-guard.ts";
import { Player } from "./simulate-player.ts";
import { pause } from "./waiting.ts";

const names = Object.keys(scenarioNames) as ScenarioName[];
const defaultStation = "SimulatedDevice";
/** How long to listen whether the station exists. */
const listenSec = 5;

export const simulateCommand = defineCommand(
  {
    name: "simulate",
    summary: "publish a scenario's states to the broker, for a rehearsal with a station that does not exist",
    about:
      "Publishes a scenario's readings to the configured broker, as a station would that does not exist, and shows what the server does. The station must stand in the configuration (DEVICE_TO_AGENTS_JSON or stations:), without a serial number. Refused for a station that any source serves, that belongs to the account, or whose machines have armed agents: with --real it is done all the same, after you typed the station's name.",
    words: { SCENARIO: names.join(", ") },
    options: {
      station: { value: "S", about: `${defaultStation} unless given` },
      config: configOption,
      real: realOption,
    },
    examples: [`${names[0]} --station ${defaultStation}`],
    more: `Exit code 0 only when every machine was commanded, and its agent acknowledged it.\n\nScenarios:\n${names.map((name) => `  ${name.padEnd(11)} ${scenarioNames[name]}`).join("\n")}`,
  },
  async ({ values, words }, io) => {
    const name = names.find((known) => known === words[0]);
    if (!name || words.length > 1) throw new WrongUsage(`${scenarioProblem(words)}: ${names.join(", ")}.`);
    const { station = defaultStation, real } = values;
    const config = configured(values.config, io);
    return config === null ? 1 : simulate(config, { name, station, real }, io, systemClock());
  },
);

function scenarioProblem(words: readonly string[]): string {
  const [word] = words;
  const wanted = "simulate wants one scenario";
  if (word === undefined || words.length > 1) return wanted;
  const near = nearest(word, names);
  return `"${word}" is no scenario${near === null ? "" : ` (did you mean ${near}?)`}: ${wanted}`;
}

export interface Wanted {
  name: ScenarioName;
  station: string;
  real: boolean;
}

/** Plays a scenario against the broker of `config`, in seconds of `clock`; returns the exit code. */
export async function simulate(config: Config, wanted: Wanted, io: CommandIo, clock: Clock): Promise<number> {
  const played = playedStation(config, wanted.station);
  if (typeof played === "string") {
    io.err(played);
    return 1;
  }
  const topics = makeTopics(config.base, "unused");
  const broker = brokerFor(config, "simulate");
  io.out(`Listening for ${listenSec} s at ${broker.url} whether ${played.id} exists …`);
  const reasons = [
    ...accountObjections(config, played.words),
    ...(await objections(played, topics, broker, () => pause(clock, listenSec, io.stop))),
  ];
  if (io.stop.aborted || !(await allowed(reasons, played, wanted.real, io))) return 1;
  const machines = played.machines.filter((machine) => dependsOn(config, machine));
  const socPercent = Math.min(
    ...machines.map((machine) => config.machines[machine]?.shutdownAt.socPercent ?? 10),
  );
  const { wakeAfterSec } = config.policy;
  const scenario = scenarioOf(wanted.name, { ...config.policy, socPercent });
  const keyOf = (machine: string) => config.machines[machine]?.key ?? null;
  const player = new Player({ io, topics, played, machines, keyOf, wakeAfterSec, clock, real: wanted.real });
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
    const near = nearest(station, ids.keys());
    const known = near === null ? `It has ${list([...ids.keys()])}` : `Did you mean --station ${near}`;
    const remedy = `To rehearse with a station that does not exist, map it to a machine, for example DEVICE_TO_AGENTS_JSON={"${station}":["test-agent"]}, for run and for simulate`;
    return `The configuration knows no station "${station}". ${known}${near === null ? "." : "?"} ${remedy}.`;
  }
  const machines = Object.entries(config.machines)
    .filter(([, machine]) => machine.stations.includes(id))
    .map(([name]) => name);
  if (!machines.some((machine) => dependsOn(config, machine))) {
    return `No machine goes down with ${id} alone: nothing would come of it.`;
  }
  const words = new Set([...ids].filter(([, target]) => target === id).map(([word]) => word));
  return { id, words, serial: serialOf(id, known), machines };
}

/** Whether losing one of its stations is enough for this machine to go. */
function dependsOn(config: Config, name: string): boolean {
  const machine = config.machines[name];
  return machine !== undefined && machine.stations.length - 1 < machine.minSupplies;
}
